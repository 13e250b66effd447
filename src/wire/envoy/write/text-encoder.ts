import { CAPTURE_TRACE, type CaptureTrace } from "../capture-trace.ts";
import type { FieldSchema, MessageSchema } from "../read/document/schema.ts";
import { TRACE_WRAPPER, type TraceWrapper } from "../trace.ts";
import { compileMessages, type Write } from "./compile-messages.ts";
import { TextName, TextWriter } from "./text-writer.ts";

/**
 * A TraceWrapper in protobuf's text format, byte for byte as Envoy writes it. It is the same for both layouts of Connection.
 * The bytes are valid until the next call.
 */
export function encodeTraceText(wrapper: TraceWrapper): Uint8Array {
  writeWrapper(wrapper as never);
  return text.lend();
}

/** A Trace of the capture era in protobuf's text format. The bytes are valid until the next call. */
export function encodeCaptureText(trace: CaptureTrace): Uint8Array {
  writeCapture(trace as never);
  return text.lend();
}

const text = new TextWriter();
const compile = compileMessages(compileField);
const writeWrapper = compile(TRACE_WRAPPER);
const writeCapture = compile(CAPTURE_TRACE);

/** Defaults are left out, but for members of a oneof. */
function compileField({ name: label, type, values, trait, get }: FieldSchema): Write {
  const name = new TextName(label);
  const isShown = trait === "oneof";
  switch (type) {
    case "string":
      return (message) => {
        const value = get(message) as string | undefined;
        if (value !== undefined && (value !== "" || isShown)) text.writeString(name, value);
      };
    case "bytes":
      return (message) => {
        const value = get(message) as Uint8Array | undefined;
        if (value !== undefined && (value.length > 0 || isShown)) text.writeBytes(name, value);
      };
    case "bool":
      return (message) => {
        if (get(message) === true) text.writeLiteral(name, "true");
      };
    case "enum":
      return (message) => {
        const value = get(message) as string | undefined;
        if (value !== undefined && value !== values![0]) text.writeLiteral(name, value);
      };
    case "uint64":
      return (message) => {
        const value = get(message) as bigint | undefined;
        if (value !== undefined && (value !== 0n || isShown)) text.writeLiteral(name, `${value}`);
      };
    case "uint32":
    case "seconds":
    case "nanos":
      return (message) => {
        const value = get(message) as number | undefined;
        if (value !== undefined && (value !== 0 || isShown)) text.writeLiteral(name, `${value}`);
      };
    default:
      return trait === "repeated" ? compileList(name, type, get) : compileMessage(name, type, get);
  }
}

function compileMessage(name: TextName, type: MessageSchema, get: FieldSchema["get"]): Write {
  const write = compile(type);
  return (message) => {
    const value = get(message);
    if (value === undefined) return;
    text.openMessage(name);
    write(value as never);
    text.closeMessage();
  };
}

function compileList(name: TextName, type: MessageSchema, get: FieldSchema["get"]): Write {
  const write = compile(type);
  return (message) => {
    for (const value of get(message) as readonly never[]) {
      text.openMessage(name);
      write(value);
      text.closeMessage();
    }
  };
}
