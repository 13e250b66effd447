import { CAPTURE_TRACE, type FieldSchema, type MessageSchema, TRACE_WRAPPER } from "../read/document/schema.ts";
import type { CaptureTrace, TraceWrapper } from "../trace.ts";
import { TextWriter } from "./text-writer.ts";

/**
 * A TraceWrapper in protobuf's text format, byte for byte as Envoy writes it. It is the same for both layouts of Connection.
 * The bytes are valid until the next call.
 */
export function encodeTraceText(wrapper: TraceWrapper): Uint8Array {
  writeFields(TRACE_WRAPPER, wrapper as never);
  return text.lend();
}

/** A Trace of the capture era in protobuf's text format. The bytes are valid until the next call. */
export function encodeCaptureText(trace: CaptureTrace): Uint8Array {
  writeFields(CAPTURE_TRACE, trace as never);
  return text.lend();
}

const text = new TextWriter();

function writeFields({ inOrder }: MessageSchema, message: never): void {
  for (const field of inOrder) {
    const value = field.get(message);
    if (value === undefined) continue;
    if (field.trait === "repeated") for (const element of value as readonly unknown[]) writeField(field, element);
    else writeField(field, value);
  }
}

/** Defaults are left out, but for members of a oneof. */
function writeField({ name, type, values, trait }: FieldSchema, value: unknown): void {
  switch (type) {
    case "string":
      if (value !== "" || trait === "oneof") text.writeString(name, value as string);
      break;
    case "bytes":
      if ((value as Uint8Array).length > 0 || trait === "oneof") text.writeBytes(name, value as Uint8Array);
      break;
    case "bool":
      if (value === true) text.writeLiteral(name, "true");
      break;
    case "enum":
      if (value !== values![0]) text.writeLiteral(name, value as string);
      break;
    case "uint32":
    case "uint64":
    case "seconds":
    case "nanos":
      // A bigint or a number.
      if (Number(value) !== 0 || trait === "oneof") text.writeLiteral(name, String(value));
      break;
    default:
      text.openMessage(name);
      writeFields(type, value as never);
      text.closeMessage();
  }
}
