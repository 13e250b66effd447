import type { Timestamp } from "../../model/index.ts";

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
 */
export interface TraceWrapper {
  readonly trace: SocketBufferedTrace | SocketStreamedTraceSegment | HttpBufferedTrace | HttpStreamedTraceSegment;
  /** Envoy ≥ 1.39, on the first wrapper of a trace that was sampled (`tap_enabled`). */
  readonly configuredSampleRate?: FractionalPercent;
}

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

/** At most one of `asBytes` and `asString` is set. An empty value that is set is not the same as an unset one. */
export interface TraceBody {
  readonly asBytes?: Uint8Array;
  readonly asString?: string;
  /** More bytes moved than are here. */
  readonly truncated: boolean;
}

/** From Envoy's point of view: `local` is its own side. An upstream streamed trace begins before `local` is known. */
export interface TraceConnection {
  readonly localAddress?: TraceAddress;
  readonly remoteAddress?: TraceAddress;
}

export type TraceAddress =
  | ({ readonly kind: "socket" } & SocketAddress)
  | { readonly kind: "pipe"; readonly path: string; readonly mode?: number }
  | { readonly kind: "internal"; readonly serverListenerName?: string; readonly endpointId?: string }
  /** An `Address` that has nothing in it. */
  | { readonly kind: "none" };

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

export interface HttpBufferedTrace {
  readonly kind: "http-buffered";
  readonly request?: HttpTraceMessage;
  readonly response?: HttpTraceMessage;
  /** Envoy ≥ 1.28 with `record_downstream_connection`. */
  readonly downstreamConnection?: TraceConnection;
  /** Envoy ≥ 1.36 with `record_upstream_connection`. */
  readonly upstreamConnection?: TraceConnection;
}

export interface HttpTraceMessage {
  readonly headers: readonly HeaderValue[];
  readonly body?: TraceBody;
  readonly trailers: readonly HeaderValue[];
  /** Envoy ≥ 1.28 with `record_headers_received_time`. */
  readonly headersReceivedTime?: Timestamp;
}

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

export interface HeaderValue {
  readonly key: string;
  readonly value: string;
  readonly rawValue?: Uint8Array;
}

export interface FractionalPercent {
  readonly numerator: number;
  readonly denominator: "HUNDRED" | "TEN_THOUSAND" | "MILLION";
}

/**
 * The `Trace` of the capture transport socket (Envoy 1.7 to 1.9). Encodings of parts of it, one after the other, are the
 * encoding of the whole (binary and text alike): a capture can be written as it happens.
 */
export interface CaptureTrace {
  readonly id?: bigint;
  readonly connection?: TraceConnection;
  readonly events: readonly CaptureEvent[];
}

/** The capture era's `Event`: its data is bytes, not a body. */
export interface CaptureEvent {
  readonly kind: "read" | "write" | "unknown";
  readonly timestamp?: Timestamp;
  readonly data: Uint8Array;
  /** Write only. */
  readonly endStream?: boolean;
}
