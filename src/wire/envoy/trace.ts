import type { Timestamp } from "../../model/index.ts";
import { message, TIMESTAMP } from "./read/document/schema.ts";

/**
 * The content of an Envoy trace, as plain values: the messages of `envoy.data.tap.v3` (and v2alpha, which has the same fields)
 * and the `Trace` of the capture era. Names are Envoy's in lower camel case; `uint64` is a bigint, `bytes` a Uint8Array.
 *
 *     TraceWrapper ─ trace ─┬─ socket-buffered   connection, events[]                    one a connection, when it closes
 *                           ├─ socket-streamed   connection │ event │ events[]           many a connection, as it happens
 *                           ├─ http-buffered     request, response                       one a stream, when it ends
 *                           └─ http-streamed     headers │ body chunk │ trailers         many a stream, as it happens
 *
 * A field that is optional here is either a message that may be unset or a scalar that is rarely anything but its default;
 * absent and default mean the same for the scalars. Nothing in these types depends on the version of Envoy: what does (the
 * field numbers of `Connection`, which defaults JSON shows) is an option of the encoders.
 *
 * Each message has its fields beside it, by their numbers: text and JSON are read and written by these rows; the binary form, which
 * is on every tap's way, by hand (`read/binary-decoder.ts`, `write/binary-encoder.ts`).
 */
export interface TraceWrapper {
  readonly trace: SocketBufferedTrace | SocketStreamedTraceSegment | HttpBufferedTrace | HttpStreamedTraceSegment;
  /** Envoy ≥ 1.39, on the first wrapper of a trace that was sampled (`tap_enabled`). */
  readonly configuredSampleRate?: FractionalPercent;
}

export interface FractionalPercent {
  readonly numerator: number;
  readonly denominator: "HUNDRED" | "TEN_THOUSAND" | "MILLION";
}

const FRACTIONAL_PERCENT = message<FractionalPercent>(
  ["numerator=1 uint32", (percent) => percent.numerator],
  ["denominator=2 enum", (percent) => percent.denominator, ["HUNDRED", "TEN_THOUSAND", "MILLION"]],
);

export interface HeaderValue {
  readonly key: string;
  readonly value: string;
  readonly rawValue?: Uint8Array;
}

const HEADER_VALUE = message<HeaderValue>(
  ["key=1 string", (header) => header.key],
  ["value=2 string", (header) => header.value],
  ["raw_value=3 bytes new", (header) => header.rawValue],
);

/** At most one of `asBytes` and `asString` is set. An empty value that is set is not the same as an unset one. */
export interface TraceBody {
  readonly asBytes?: Uint8Array;
  readonly asString?: string;
  /** More bytes moved than are here. */
  readonly truncated: boolean;
}

export const BODY = message<TraceBody>(
  ["as_bytes=1 bytes oneof", (body) => body.asBytes],
  ["as_string=2 string oneof", (body) => body.asString],
  ["truncated=3 bool", (body) => body.truncated],
);

export interface SocketAddress {
  /** Absent is TCP. */
  readonly protocol?: "TCP" | "UDP";
  /** An IP literal, IPv6 without brackets. */
  readonly address: string;
  /** At most one of `portValue` and `namedPort` is set. */
  readonly portValue?: number;
  readonly namedPort?: string;
  readonly resolverName?: string;
  readonly ipv4Compat?: boolean;
  readonly networkNamespaceFilepath?: string;
}

const SOCKET_ADDRESS = message<SocketAddress>(
  ["protocol=1 enum", (socket) => socket.protocol, ["TCP", "UDP"]],
  ["address=2 string", (socket) => socket.address],
  ["port_value=3 uint32 oneof", (socket) => socket.portValue],
  ["named_port=4 string oneof", (socket) => socket.namedPort],
  ["resolver_name=5 string", (socket) => socket.resolverName],
  ["ipv4_compat=6 bool", (socket) => socket.ipv4Compat],
  ["network_namespace_filepath=7 string new", (socket) => socket.networkNamespaceFilepath],
);

export type TraceAddress =
  | ({ readonly kind: "socket" } & SocketAddress)
  | { readonly kind: "pipe"; readonly path: string; readonly mode?: number }
  | { readonly kind: "internal"; readonly serverListenerName?: string; readonly endpointId?: string }
  /** An `Address` that has nothing in it. */
  | { readonly kind: "none" };

const PIPE = message<TraceAddress & { readonly kind: "pipe" }>(
  ["path=1 string", (pipe) => pipe.path],
  ["mode=2 uint32", (pipe) => pipe.mode],
);
const ENVOY_INTERNAL_ADDRESS = message<TraceAddress & { readonly kind: "internal" }>(
  ["server_listener_name=1 string oneof", (internal) => internal.serverListenerName],
  ["endpoint_id=2 string", (internal) => internal.endpointId],
);
export const ADDRESS = message<TraceAddress>(
  ["socket_address=1", (address) => (address.kind === "socket" ? address : undefined), SOCKET_ADDRESS],
  ["pipe=2", (address) => (address.kind === "pipe" ? address : undefined), PIPE],
  [
    "envoy_internal_address=3",
    (address) => (address.kind === "internal" ? address : undefined),
    ENVOY_INTERNAL_ADDRESS,
  ],
);

/** From Envoy's point of view: `local` is its own side. An upstream streamed trace begins before `local` is known. */
export interface TraceConnection {
  readonly localAddress?: TraceAddress;
  readonly remoteAddress?: TraceAddress;
}

const CONNECTION = message<TraceConnection>(
  ["local_address=1", (connection) => connection.localAddress, ADDRESS],
  ["remote_address=2", (connection) => connection.remoteAddress, ADDRESS],
);

/** Envoy's `SocketEvent`: what one operation on a socket did. Read and write are seen from Envoy. */
export interface TraceEvent {
  /** Unknown (an event selector of a later Envoy) is kept as an event without one. */
  readonly kind: "read" | "write" | "closed" | "unknown";
  readonly timestamp?: Timestamp;
  /** The bytes of a read or a write; a closed event has none. */
  readonly data?: TraceBody;
  /** Write: the stream was half-closed with these bytes. */
  readonly endStream?: boolean;
  /** Envoy ≥ 1.34 with `set_connection_per_event`. */
  readonly connection?: TraceConnection;
  /** Envoy ≥ 1.37, streamed only: the number of the event's first byte, from 1, reads and writes counted together; 0 or absent is none. */
  readonly seqNum?: bigint;
}

const SOCKET_EVENT = message<TraceEvent>(
  ["timestamp=1", (event) => event.timestamp, TIMESTAMP],
  [
    "read=2",
    (event) => (event.kind === "read" ? event : undefined),
    message<TraceEvent>(["data=1", (read) => read.data, BODY]),
  ],
  [
    "write=3",
    (event) => (event.kind === "write" ? event : undefined),
    message<TraceEvent>(["data=1", (write) => write.data, BODY], ["end_stream=2 bool", (write) => write.endStream]),
  ],
  ["closed=4", (event) => (event.kind === "closed" ? event : undefined), message()],
  ["connection=5", (event) => event.connection, CONNECTION],
  ["seq_num=6 uint64 new", (event) => event.seqNum],
);

export interface SocketBufferedTrace {
  readonly kind: "socket-buffered";
  /** Envoy's id of the connection. */
  readonly traceId: bigint;
  readonly connection?: TraceConnection;
  readonly events: readonly TraceEvent[];
  /** The limit of bytes read (`max_buffered_rx_bytes`) was exceeded: later reads are missing. */
  readonly readTruncated: boolean;
  /** The same for bytes written (`max_buffered_tx_bytes`). */
  readonly writeTruncated: boolean;
}

const SOCKET_BUFFERED_TRACE = message<SocketBufferedTrace>(
  ["trace_id=1 uint64", (trace) => trace.traceId],
  ["connection=2", (trace) => trace.connection, CONNECTION],
  ["events=3 repeated", (trace) => trace.events, SOCKET_EVENT],
  ["read_truncated=4 bool", (trace) => trace.readTruncated],
  ["write_truncated=5 bool", (trace) => trace.writeTruncated],
);

export interface SocketStreamedTraceSegment {
  readonly kind: "socket-streamed";
  readonly traceId: bigint;
  /** Absent in a message that says nothing. */
  readonly piece?: SocketTracePiece;
}

export type SocketTracePiece =
  | { readonly kind: "connection"; readonly connection: TraceConnection }
  | { readonly kind: "event"; readonly event: TraceEvent }
  /** Envoy ≥ 1.35 with `min_streamed_sent_bytes`. */
  | { readonly kind: "events"; readonly events: readonly TraceEvent[] };

const SOCKET_STREAMED_TRACE_SEGMENT = message<SocketStreamedTraceSegment>(
  ["trace_id=1 uint64", (segment) => segment.traceId],
  ["connection=2", ({ piece }) => (piece?.kind === "connection" ? piece.connection : undefined), CONNECTION],
  ["event=3", ({ piece }) => (piece?.kind === "event" ? piece.event : undefined), SOCKET_EVENT],
  [
    "events=4",
    ({ piece }) => (piece?.kind === "events" ? piece : undefined),
    message<SocketTracePiece & { readonly kind: "events" }>([
      "events=1 repeated",
      (piece) => piece.events,
      SOCKET_EVENT,
    ]),
  ],
);

export interface HttpTraceMessage {
  readonly headers: readonly HeaderValue[];
  readonly body?: TraceBody;
  readonly trailers: readonly HeaderValue[];
  /** Envoy ≥ 1.28 with `record_headers_received_time`. */
  readonly headersReceivedTime?: Timestamp;
}

const HTTP_MESSAGE = message<HttpTraceMessage>(
  ["headers=1 repeated", (http) => http.headers, HEADER_VALUE],
  ["body=2", (http) => http.body, BODY],
  ["trailers=3 repeated", (http) => http.trailers, HEADER_VALUE],
  ["headers_received_time=4", (http) => http.headersReceivedTime, TIMESTAMP],
);

export interface HttpBufferedTrace {
  readonly kind: "http-buffered";
  readonly request?: HttpTraceMessage;
  readonly response?: HttpTraceMessage;
  /** Envoy ≥ 1.28 with `record_downstream_connection`. */
  readonly downstreamConnection?: TraceConnection;
  /** Envoy ≥ 1.36 with `record_upstream_connection`. */
  readonly upstreamConnection?: TraceConnection;
}

const HTTP_BUFFERED_TRACE = message<HttpBufferedTrace>(
  ["request=1", (trace) => trace.request, HTTP_MESSAGE],
  ["response=2", (trace) => trace.response, HTTP_MESSAGE],
  ["downstream_connection=3", (trace) => trace.downstreamConnection, CONNECTION],
  ["upstream_connection=4", (trace) => trace.upstreamConnection, CONNECTION],
);

export interface HttpStreamedTraceSegment {
  readonly kind: "http-streamed";
  readonly traceId: bigint;
  readonly piece?: HttpTracePiece;
}

export type HttpTracePiece =
  | {
      readonly kind: "request-headers" | "request-trailers" | "response-headers" | "response-trailers";
      readonly headers: readonly HeaderValue[];
    }
  | { readonly kind: "request-body-chunk" | "response-body-chunk"; readonly body: TraceBody };

const HEADER_MAP = message<HttpTracePiece & { readonly headers: unknown }>([
  "headers=1 repeated",
  (piece) => piece.headers,
  HEADER_VALUE,
]);
const HTTP_STREAMED_TRACE_SEGMENT = message<HttpStreamedTraceSegment>(
  ["trace_id=1 uint64", (segment) => segment.traceId],
  ["request_headers=2", headersOf("request-headers"), HEADER_MAP],
  ["request_body_chunk=3", bodyOf("request-body-chunk"), BODY],
  ["request_trailers=4", headersOf("request-trailers"), HEADER_MAP],
  ["response_headers=5", headersOf("response-headers"), HEADER_MAP],
  ["response_body_chunk=6", bodyOf("response-body-chunk"), BODY],
  ["response_trailers=7", headersOf("response-trailers"), HEADER_MAP],
);

function headersOf(kind: HttpTracePiece["kind"]) {
  return ({ piece }: HttpStreamedTraceSegment) => (piece?.kind === kind ? piece : undefined);
}

function bodyOf(kind: HttpTracePiece["kind"]) {
  return ({ piece }: HttpStreamedTraceSegment) =>
    piece !== undefined && piece.kind === kind && "body" in piece ? piece.body : undefined;
}

export const TRACE_WRAPPER = message<TraceWrapper>(
  ["http_buffered_trace=1", ({ trace }) => (trace.kind === "http-buffered" ? trace : undefined), HTTP_BUFFERED_TRACE],
  [
    "http_streamed_trace_segment=2",
    ({ trace }) => (trace.kind === "http-streamed" ? trace : undefined),
    HTTP_STREAMED_TRACE_SEGMENT,
  ],
  [
    "socket_buffered_trace=3",
    ({ trace }) => (trace.kind === "socket-buffered" ? trace : undefined),
    SOCKET_BUFFERED_TRACE,
  ],
  [
    "socket_streamed_trace_segment=4",
    ({ trace }) => (trace.kind === "socket-streamed" ? trace : undefined),
    SOCKET_STREAMED_TRACE_SEGMENT,
  ],
  ["configured_sample_rate=5", (wrapper) => wrapper.configuredSampleRate, FRACTIONAL_PERCENT],
);
