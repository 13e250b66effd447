/** The forms that a trace can be written in: `OutputSink.Format` of Envoy's tap configuration. */
export type TraceFormat =
  | "JSON_BODY_AS_BYTES"
  | "JSON_BODY_AS_STRING"
  | "PROTO_BINARY"
  | "PROTO_BINARY_LENGTH_DELIMITED"
  | "PROTO_TEXT";

/** In the order of their numbers in the enum. */
export const TRACE_FORMATS: readonly TraceFormat[] = [
  "JSON_BODY_AS_BYTES",
  "JSON_BODY_AS_STRING",
  "PROTO_BINARY",
  "PROTO_BINARY_LENGTH_DELIMITED",
  "PROTO_TEXT",
];

/** The forms of the capture era (`FileSink.Format`). */
export type CaptureFormat = "PROTO_BINARY" | "PROTO_TEXT";

/**
 * Which numbers the addresses in `Connection` have on the wire, and which defaults JSON shows: `new` is Envoy ≥ 1.28 (local
 * 1, remote 2), `old` is 1.10 to 1.27 (local 2, remote 3).
 */
export type ConnectionLayout = "new" | "old";

/** What Envoy's `file_per_tap` sink puts after `PREFIX_ID`, with the dot. */
export function fileExtension(format: TraceFormat): string {
  switch (format) {
    case "PROTO_BINARY":
      return ".pb";
    case "PROTO_BINARY_LENGTH_DELIMITED":
      return ".pb_length_delimited";
    case "PROTO_TEXT":
      return ".pb_text";
    case "JSON_BODY_AS_BYTES":
    case "JSON_BODY_AS_STRING":
      return ".json";
  }
}
