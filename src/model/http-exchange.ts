import type { ExchangeBase } from "./exchange-base.ts";
import type { Timestamp } from "./time/timestamp.ts";

/** A request of HTTP and its response, with what follows on the same stream: a WebSocket, Server-Sent Events, a gRPC call. */
export interface HttpExchange extends ExchangeBase {
  readonly kind: "http";
  /** HTTP/2's stream identifier; 0 for HTTP/1, where exchanges are numbered by `index`. */
  readonly streamId: number;
  readonly request?: RequestMessage;
  readonly response?: ResponseMessage;
  /** 1xx responses that came before the final one. */
  readonly informational?: readonly InformationalResponse[];
  /** WebSocket or gRPC messages, in order, bounded. */
  readonly messages?: readonly ConversationMessage[];
}

export interface InformationalResponse {
  readonly status: number;
  readonly headers: readonly Header[];
  readonly time: Timestamp;
}

interface Message {
  /** In the order of the wire, pseudo-headers included (HTTP/2). Names as on the wire. */
  readonly headers: readonly Header[];
  readonly trailers: readonly Header[];
  readonly body: Body;
  /** Bytes of the head (start line and headers, or header block) on the wire. */
  readonly headBytes: number;
  /** When the first and the last byte were seen. */
  readonly started?: Timestamp;
  readonly finished?: Timestamp;
}

export interface RequestMessage extends Message {
  /** Absent where a header compression table that was not seen hides it. */
  readonly method?: string;
  /** The request target as on the wire (`:path` in HTTP/2). */
  readonly target?: string;
  /** `http` or `https`. */
  readonly scheme?: string;
  /** `:authority`, or the Host header. */
  readonly authority?: string;
}

export interface ResponseMessage extends Message {
  /** Absent where a header compression table that was not seen hides it. */
  readonly status?: number;
  /** The reason phrase (HTTP/1). */
  readonly reason?: string;
}

/**
 * A header field. `name` or `value` is absent when it stands in a part of the compression table that was never seen:
 * it is unknown, which is not the same as empty.
 */
export interface Header {
  readonly name: string | undefined;
  readonly value: string | undefined;
  /** HPACK's never-indexed literal: a value the sender held for sensitive (RFC 7541 §7.1.3). */
  readonly sensitive?: boolean;
}

export interface Body {
  /** The bytes kept, transfer coding removed, content coding as on the wire; at most the limit of the analysis. */
  readonly bytes: Uint8Array;
  /** How many bytes the body had on the wire without transfer coding and framing; more than `bytes.length` when it was cut. */
  readonly size: number;
  /** Some bytes of it are not in `bytes`. */
  readonly truncated: boolean;
  /** The end of the body was seen. */
  readonly complete: boolean;
  /** The content codings that were undone for the reader's sake: `bytes` is the content then, and `size` still counts the wire. */
  readonly decodedFrom?: string;
  /** Why not all of the content came out of its coding, or nothing did: `decompression-limit`, `decode-budget`, `invalid:gzip`; or `show-budget`. */
  readonly decodingProblem?: string;
}

export interface ConversationMessage {
  readonly from: "client" | "server";
  readonly time: Timestamp;
  /** `text`, `binary`, `close`, `ping`, `pong` (RFC 6455), `message` (gRPC), `event` (SSE). */
  readonly kind: string;
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly truncated: boolean;
  readonly compressed?: boolean;
}
