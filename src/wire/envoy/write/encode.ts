import type { CaptureTrace } from "../capture-trace.ts";
import type { CaptureFormat, ConnectionLayout, TraceFormat } from "../format.ts";
import type { TraceWrapper } from "../trace.ts";
import { writeCaptureTrace, writeTraceWrapper } from "./binary-encoder.ts";
import { encodeTraceJson } from "./json-encoder.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { encodeCaptureText, encodeTraceText } from "./text-encoder.ts";

export interface EncodeOptions {
  /** Default `new`. */
  readonly layout?: ConnectionLayout;
  /** Whether JSON shows the defaults of scalars, and empty lists. Default `shown`, as all of Envoy's sinks but UDP do. */
  readonly defaults?: "shown" | "omitted";
}

/**
 * One trace message in the form that Envoy 1.40 writes it in (or, with `layout: "old"`, Envoy 1.10 to 1.27). A streamed
 * trace's file is one such encoding after the other, in every format but PROTO_BINARY, which has no framing.
 *
 * A body's bytes become text with JSON_BODY_AS_STRING and text becomes bytes with JSON_BODY_AS_BYTES; the other formats
 * leave them as they are.
 */
export function encodeTrace(wrapper: TraceWrapper, format: TraceFormat, options?: EncodeOptions): Uint8Array {
  return lendEncodedTrace(wrapper, format, options).slice();
}

/** As `encodeTrace`, but the bytes are the encoder's own: valid until the next trace is encoded. */
export function lendEncodedTrace(wrapper: TraceWrapper, format: TraceFormat, options: EncodeOptions = {}): Uint8Array {
  const { layout = "new", defaults = "shown" } = options;
  switch (format) {
    case "PROTO_BINARY":
      writeTraceWrapper(protobuf, wrapper, layout);
      return protobuf.lend();
    case "PROTO_BINARY_LENGTH_DELIMITED":
      writeTraceWrapper(protobuf, wrapper, layout);
      protobuf.writeVarint(protobuf.written);
      return protobuf.lend();
    case "PROTO_TEXT":
      return encodeTraceText(wrapper);
    case "JSON_BODY_AS_BYTES":
      return encodeTraceJson(wrapper, { bodies: "bytes", layout, defaults });
    case "JSON_BODY_AS_STRING":
      return encodeTraceJson(wrapper, { bodies: "string", layout, defaults });
  }
}

/**
 * A Trace of the capture era (Envoy 1.7 to 1.9), or a part of one: the encodings of its parts, one after the other, are the
 * encoding of the whole. So a capture can be written as it happens: the connection first, then event by event.
 */
export function encodeCaptureTrace(trace: CaptureTrace, format: CaptureFormat): Uint8Array {
  return lendEncodedCapture(trace, format).slice();
}

/** As `encodeCaptureTrace`, but the bytes are the encoder's own: valid until the next trace is encoded. */
export function lendEncodedCapture(trace: CaptureTrace, format: CaptureFormat): Uint8Array {
  if (format === "PROTO_TEXT") return encodeCaptureText(trace);
  writeCaptureTrace(protobuf, trace);
  return protobuf.lend();
}

const protobuf = new ProtobufWriter();
