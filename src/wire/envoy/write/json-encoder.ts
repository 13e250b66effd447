import { formatTimestamp, type Timestamp } from "../../../model/index.ts";
import type { ConnectionLayout } from "../format.ts";
import {
  BODY,
  type FieldSchema,
  type FieldTrait,
  type MessageSchema,
  type ScalarType,
  TIMESTAMP,
  TRACE_WRAPPER,
} from "../read/document/schema.ts";
import type { TraceBody, TraceWrapper } from "../trace.ts";
import { JsonWriter } from "./json-writer.ts";

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
  writeObject(undefined, TRACE_WRAPPER, wrapper);
  return json.lend();
}

const json = new JsonWriter();
const UTF8_ENCODER = new TextEncoder();
let bodies: JsonEncoding["bodies"] = "bytes";
let showsDefaults = true;
let showsNewDefaults = true;

function writeObject(name: string | undefined, schema: MessageSchema, message: unknown): void {
  json.openObject(name);
  const isBody = schema === BODY;
  if (isBody) writeContent(message as TraceBody);
  for (const field of schema.inOrder) {
    if (isBody && field.trait === "oneof") continue;
    const value = field.get(message as never);
    if (field.trait === "repeated") writeList(field, value as readonly unknown[]);
    else if (typeof field.type === "string") writeScalar(field, field.type, value);
    else if (value !== undefined) writeMessage(field.name, field.type, value);
  }
  json.closeObject();
}

function writeMessage(name: string, schema: MessageSchema, value: unknown): void {
  if (schema === TIMESTAMP) json.writeLiteral(name, `"${formatTimestamp(value as Timestamp)}"`);
  else writeObject(name, schema, value);
}

function writeList({ name, type }: FieldSchema, values: readonly unknown[]): void {
  if (values.length === 0 && !showsDefaults) return;
  json.openArray(name);
  for (const value of values) writeObject(undefined, type as MessageSchema, value);
  json.closeArray();
}

function writeScalar({ name, values, trait }: FieldSchema, type: ScalarType, value: unknown): void {
  const mayBeLeftOut = trait !== undefined || !showsDefaults;
  if (mayBeLeftOut && isDefault(type, value, values) && !showsDefaultOf(trait, value)) return;
  switch (type) {
    case "string":
      json.writeString(name, (value ?? "") as string);
      break;
    case "bytes":
      json.writeBase64(name, (value ?? NO_BYTES) as Uint8Array);
      break;
    case "bool":
      json.writeLiteral(name, value === true ? "true" : "false");
      break;
    case "enum":
      json.writeLiteral(name, `"${value ?? values![0]}"`);
      break;
    case "uint64":
      json.writeLiteral(name, `"${value ?? 0}"`);
      break;
    default:
      json.writeLiteral(name, String(value ?? 0));
  }
}

function showsDefaultOf(trait: FieldTrait | undefined, value: unknown): boolean {
  if (trait === "oneof") return value !== undefined;
  return trait === "new" ? showsNewDefaults : showsDefaults;
}

function isDefault(type: ScalarType, value: unknown, values: FieldSchema["values"]): boolean {
  if (value === undefined) return true;
  switch (type) {
    case "string":
      return value === "";
    case "bytes":
      return (value as Uint8Array).length === 0;
    case "bool":
      return value === false;
    case "enum":
      return value === values![0];
    default:
      return value === 0 || value === 0n;
  }
}

const NO_BYTES = new Uint8Array(0);

/** A body's bytes or text, whichever it was given as. */
function writeContent({ asBytes, asString }: TraceBody): void {
  const bytes = asBytes ?? (asString === undefined ? undefined : UTF8_ENCODER.encode(asString));
  if (bytes === undefined) return;
  if (bodies === "bytes") json.writeBase64("as_bytes", bytes);
  else json.writeUtf8("as_string", bytes);
}
