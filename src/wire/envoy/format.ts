/** The forms that a trace can be written in: `OutputSink.Format` of Envoy's tap configuration. */
export type TraceFormat =
  | "JSON_BODY_AS_BYTES"
  | "JSON_BODY_AS_STRING"
  | "PROTO_BINARY"
  | "PROTO_BINARY_LENGTH_DELIMITED"
  | "PROTO_TEXT";

/** The forms of the capture era (`FileSink.Format`). */
export type CaptureFormat = "PROTO_BINARY" | "PROTO_TEXT";

/**
 * Which numbers the addresses in `Connection` have on the wire, and which defaults JSON shows: `new` is Envoy ≥ 1.28 (local
 * 1, remote 2), `old` is 1.10 to 1.27 (local 2, remote 3).
 */
export type ConnectionLayout = "new" | "old";
