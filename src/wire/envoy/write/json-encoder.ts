import { formatTimestamp, type Timestamp } from "../../../model/index.ts";
import type { ConnectionLayout } from "../format.ts";
import { type FieldSchema, type MessageSchema, type ScalarType, TIMESTAMP } from "../read/document/schema.ts";
import { BODY, TRACE_WRAPPER, type TraceBody, type TraceWrapper } from "../trace.ts";
import { compileMessages, type Write } from "./compile-messages.ts";
import { JsonWriter, jsonName } from "./json-writer.ts";

export interface JsonEncoding {
  /** `bytes`: bodies as base64 (`as_bytes`). `string`: bodies as text (`as_string`), see `writeJsonString` for what is no UTF-8. */
  readonly bodies: "bytes" | "string";
  /** `old` leaves out the defaults of fields that are `new` in the schema. */
  readonly layout: ConnectionLayout;
  /** `omitted` leaves out scalars with their default, but for members of a oneof, and empty lists. */
  readonly defaults: "shown" | "omitted";
}

/**
 * A TraceWrapper as Envoy's JSON: proto3 JSON with the names of the .proto file, defaults of scalars and empty lists shown,
 * unset messages and oneofs left out, 64-bit integers as strings, fields in the order of their declaration, a newline at the end.
 * The bytes are valid until the next call.
 */
export function encodeTraceJson(wrapper: TraceWrapper, encoding: JsonEncoding): Uint8Array {
  bodies = encoding.bodies;
  showsDefaults = encoding.defaults === "shown";
  showsNewDefaults = showsDefaults && encoding.layout === "new";
  json.openObject();
  writeWrapper(wrapper as never);
  json.closeObject();
  return json.lend();
}

const json = new JsonWriter();
const UTF8_ENCODER = new TextEncoder();
const AS_BYTES = jsonName("as_bytes");
const AS_STRING = jsonName("as_string");
let bodies: JsonEncoding["bodies"] = "bytes";
let showsDefaults = true;
let showsNewDefaults = true;

const compile = compileMessages(compileField);
const writeWrapper = compile(TRACE_WRAPPER);

function compileField(field: FieldSchema): Write {
  const { type, trait } = field;
  if (typeof type === "string") return compileScalar(field, type);
  if (type === TIMESTAMP) return compileTime(field);
  if (type === BODY) return compileBody(field);
  return trait === "repeated" ? compileList(field, type) : compileMessage(field, type);
}

function compileMessage({ name: label, get }: FieldSchema, type: MessageSchema): Write {
  const name = jsonName(label);
  const write = compile(type);
  return (message) => {
    const value = get(message);
    if (value === undefined) return;
    json.openObject(name);
    write(value as never);
    json.closeObject();
  };
}

function compileList({ name: label, get }: FieldSchema, type: MessageSchema): Write {
  const name = jsonName(label);
  const write = compile(type);
  return (message) => {
    const values = get(message) as readonly never[];
    if (values.length === 0 && !showsDefaults) return;
    json.openArray(name);
    for (const value of values) {
      json.openObject();
      write(value);
      json.closeObject();
    }
    json.closeArray();
  };
}

function compileTime({ name: label, get }: FieldSchema): Write {
  const name = jsonName(label);
  return (message) => {
    const value = get(message) as Timestamp | undefined;
    if (value !== undefined) json.writeLiteral(name, `"${formatTimestamp(value)}"`);
  };
}

/** Its bytes or text are shown in the form that is asked for, whichever it was given in. */
function compileBody({ name: label, get }: FieldSchema): Write {
  const name = jsonName(label);
  const rest = BODY.inOrder.filter(({ trait }) => trait !== "oneof").map(compileField);
  return (message) => {
    const body = get(message) as TraceBody | undefined;
    if (body === undefined) return;
    json.openObject(name);
    const bytes = body.asBytes ?? (body.asString === undefined ? undefined : UTF8_ENCODER.encode(body.asString));
    if (bytes !== undefined && bodies === "bytes") json.writeBase64(AS_BYTES, bytes);
    else if (bytes !== undefined) json.writeUtf8(AS_STRING, bytes);
    for (const write of rest) write(body as never);
    json.closeObject();
  };
}

function compileScalar({ name: label, values, trait, get }: FieldSchema, type: ScalarType): Write {
  const name = jsonName(label);
  /** Whether a value that is the default, or not there, is left out. */
  const leavesOut =
    trait === "oneof"
      ? (value: unknown) => value === undefined
      : trait === "new"
        ? () => !showsNewDefaults
        : () => !showsDefaults;
  switch (type) {
    case "string":
      return (message) => {
        const value = get(message) as string | undefined;
        if ((value === undefined || value === "") && leavesOut(value)) return;
        json.writeString(name, value ?? "");
      };
    case "bytes":
      return (message) => {
        const value = get(message) as Uint8Array | undefined;
        if ((value === undefined || value.length === 0) && leavesOut(value)) return;
        json.writeBase64(name, value ?? NO_BYTES);
      };
    case "bool":
      return (message) => {
        const value = get(message) as boolean | undefined;
        if (value !== true && leavesOut(value)) return;
        json.writeLiteral(name, value === true ? "true" : "false");
      };
    case "enum":
      return (message) => {
        const value = get(message) as string | undefined;
        if ((value === undefined || value === values![0]) && leavesOut(value)) return;
        json.writeLiteral(name, `"${value ?? values![0]}"`);
      };
    case "uint64":
      return (message) => {
        const value = get(message) as bigint | undefined;
        if ((value === undefined || value === 0n) && leavesOut(value)) return;
        json.writeLiteral(name, value === undefined ? '"0"' : `"${value}"`);
      };
    default:
      return (message) => {
        const value = get(message) as number | undefined;
        if ((value === undefined || value === 0) && leavesOut(value)) return;
        json.writeLiteral(name, value === undefined ? "0" : `${value}`);
      };
  }
}

const NO_BYTES = new Uint8Array(0);
