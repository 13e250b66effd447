import type { CaptureTrace, HttpStreamedTraceSegment, SocketStreamedTraceSegment, TraceWrapper } from "../../trace.ts";

/**
 * The fields of Envoy's trace messages, in the order of their numbers, which is that of their declaration: by this table text and
 * JSON are read (into protobuf's binary form) and written (from the messages of trace.ts). Connection has the newer layout here.
 */
export interface MessageSchema {
  /** By both of JSON's names. */
  readonly fields: ReadonlyMap<string, FieldSchema>;
  readonly inOrder: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | MessageSchema;
  /** The names of an enum's values, in the order of their numbers. */
  readonly values?: readonly string[];
  /**
   * - `repeated`: a list.
   * - `oneof`: not there is not the same as its default.
   * - `new`: came with or after Envoy 1.28, whose predecessors' JSON does not show its default.
   */
  readonly trait?: FieldTrait;
  /** Its value in the message of trace.ts; undefined where it is not set. */
  readonly get: (message: never) => unknown;
}

export type ScalarType = "uint32" | "uint64" | "seconds" | "nanos" | "bool" | "enum" | "string" | "bytes";
export type FieldTrait = "repeated" | "oneof" | "new";

/** `google.protobuf.Timestamp`, which JSON has as a string. */
export const TIMESTAMP = message("seconds=1 seconds", "nanos=2 nanos");

const ENVOY_INTERNAL_ADDRESS = message("server_listener_name=1 string oneof", "endpoint_id=2 string");
const PIPE = message("path=1 string", "mode=2 uint32");
const SOCKET_ADDRESS = message(
  ["protocol=1 enum", ["TCP", "UDP"]],
  "address=2 string",
  "port_value=3 uint32 oneof",
  "named_port=4 string oneof",
  "resolver_name=5 string",
  "ipv4_compat=6 bool",
  "network_namespace_filepath=7 string new",
);
const ADDRESS = message(
  ["socket_address=1", SOCKET_ADDRESS, ofKind("socket")],
  ["pipe=2", PIPE, ofKind("pipe")],
  ["envoy_internal_address=3", ENVOY_INTERNAL_ADDRESS, ofKind("internal")],
);
const CONNECTION = message(["local_address=1", ADDRESS], ["remote_address=2", ADDRESS]);
export const BODY = message("as_bytes=1 bytes oneof", "as_string=2 string oneof", "truncated=3 bool");
const SOCKET_EVENT = message(
  ["timestamp=1", TIMESTAMP],
  ["read=2", message(["data=1", BODY]), ofKind("read")],
  ["write=3", message(["data=1", BODY], "end_stream=2 bool"), ofKind("write")],
  ["closed=4", message(), ofKind("closed")],
  ["connection=5", CONNECTION],
  "seq_num=6 uint64 new",
);
const SOCKET_BUFFERED_TRACE = message(
  "trace_id=1 uint64",
  ["connection=2", CONNECTION],
  ["events=3 repeated", SOCKET_EVENT],
  "read_truncated=4 bool",
  "write_truncated=5 bool",
);
const SOCKET_STREAMED_TRACE_SEGMENT = message(
  "trace_id=1 uint64",
  ["connection=2", CONNECTION, ({ piece }: Segment) => (piece?.kind === "connection" ? piece.connection : undefined)],
  ["event=3", SOCKET_EVENT, ({ piece }: Segment) => (piece?.kind === "event" ? piece.event : undefined)],
  ["events=4", message(["events=1 repeated", SOCKET_EVENT]), pieceOfKind("events")],
);
const HEADER_VALUE = message("key=1 string", "value=2 string", "raw_value=3 bytes new");
const HEADER_MAP = message(["headers=1 repeated", HEADER_VALUE]);
const HTTP_MESSAGE = message(
  ["headers=1 repeated", HEADER_VALUE],
  ["body=2", BODY],
  ["trailers=3 repeated", HEADER_VALUE],
  ["headers_received_time=4", TIMESTAMP],
);
const HTTP_BUFFERED_TRACE = message(
  ["request=1", HTTP_MESSAGE],
  ["response=2", HTTP_MESSAGE],
  ["downstream_connection=3", CONNECTION],
  ["upstream_connection=4", CONNECTION],
);
const HTTP_STREAMED_TRACE_SEGMENT = message(
  "trace_id=1 uint64",
  ["request_headers=2", HEADER_MAP, pieceOfKind("request-headers")],
  ["request_body_chunk=3", BODY, chunkOfKind("request-body-chunk")],
  ["request_trailers=4", HEADER_MAP, pieceOfKind("request-trailers")],
  ["response_headers=5", HEADER_MAP, pieceOfKind("response-headers")],
  ["response_body_chunk=6", BODY, chunkOfKind("response-body-chunk")],
  ["response_trailers=7", HEADER_MAP, pieceOfKind("response-trailers")],
);
const FRACTIONAL_PERCENT = message("numerator=1 uint32", [
  "denominator=2 enum",
  ["HUNDRED", "TEN_THOUSAND", "MILLION"],
]);

export const TRACE_WRAPPER = message(
  ["http_buffered_trace=1", HTTP_BUFFERED_TRACE, traceOfKind("http-buffered")],
  ["http_streamed_trace_segment=2", HTTP_STREAMED_TRACE_SEGMENT, traceOfKind("http-streamed")],
  ["socket_buffered_trace=3", SOCKET_BUFFERED_TRACE, traceOfKind("socket-buffered")],
  ["socket_streamed_trace_segment=4", SOCKET_STREAMED_TRACE_SEGMENT, traceOfKind("socket-streamed")],
  ["configured_sample_rate=5", FRACTIONAL_PERCENT],
);

const CAPTURE_CONNECTION = message(
  "id=1 uint64",
  ["local_address=2", ADDRESS, ({ connection }: CaptureTrace) => connection?.localAddress],
  ["remote_address=3", ADDRESS, ({ connection }: CaptureTrace) => connection?.remoteAddress],
);
const CAPTURE_EVENT = message(
  ["timestamp=1", TIMESTAMP],
  ["read=2", message("data=1 bytes"), ofKind("read")],
  ["write=3", message("data=1 bytes", "end_stream=2 bool"), ofKind("write")],
);
export const CAPTURE_TRACE = message(
  [
    "connection=1",
    CAPTURE_CONNECTION,
    (trace: CaptureTrace) => (trace.connection === undefined && trace.id === undefined ? undefined : trace),
  ],
  ["events=2 repeated", CAPTURE_EVENT],
);

type Segment = SocketStreamedTraceSegment;

/** A message whose kind stands in the message around it. */
function ofKind(kind: string) {
  return (message: { readonly kind: string }) => (message.kind === kind ? message : undefined);
}

function traceOfKind(kind: TraceWrapper["trace"]["kind"]) {
  return ({ trace }: TraceWrapper) => (trace.kind === kind ? trace : undefined);
}

function pieceOfKind(kind: string) {
  return ({ piece }: Segment | HttpStreamedTraceSegment) => (piece?.kind === kind ? piece : undefined);
}

function chunkOfKind(kind: string) {
  return ({ piece }: HttpStreamedTraceSegment) =>
    piece !== undefined && piece.kind === kind && "body" in piece ? piece.body : undefined;
}

type Getter = (message: never) => unknown;
type Declared =
  | string
  | readonly [declaration: string, detail: MessageSchema | readonly string[]]
  | readonly [declaration: string, detail: MessageSchema | readonly string[], get: Getter];

/**
 * Fields as `name=number type trait`, without a type for messages, whose schema stands beside, as an enum's values do. A field's value
 * is the property of its name in lower camel case, unless it says how to get it.
 */
function message(...fields: Declared[]): MessageSchema {
  const byName = new Map<string, FieldSchema>();
  const inOrder = fields.map((field): FieldSchema => {
    const [declaration, detail, get] = typeof field === "string" ? [field] : field;
    const [, name = "", number, scalar, trait] =
      /^(\w+)=(\d+)(?: (uint32|uint64|seconds|nanos|bool|enum|string|bytes))?(?: (repeated|oneof|new))?$/.exec(
        declaration,
      ) ?? [];
    return {
      name,
      number: Number(number),
      type: scalar === undefined ? (detail as MessageSchema) : (scalar as ScalarType),
      ...(scalar === "enum" && { values: detail as readonly string[] }),
      ...(trait !== undefined && { trait: trait as FieldTrait }),
      get: get ?? propertyOf(camelCase(name)),
    };
  });
  for (const field of inOrder) {
    byName.set(field.name, field);
    byName.set(camelCase(field.name), field);
  }
  return { fields: byName, inOrder };
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function propertyOf(name: string): Getter {
  return (message) => message[name];
}
