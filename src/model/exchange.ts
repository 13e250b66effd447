import type { Connection } from "./connection.ts";
import type { Timestamp } from "./timestamp.ts";

/** One request and its response (or as much of them as was seen), or one long conversation (WebSocket, SSE, a gRPC stream). */
export interface Exchange {
  /** Unique within the run; ordered by when the exchange was first seen. */
  readonly id: number;
  readonly connection: Connection;
  /** `http/1.0`, `http/1.1`, `h2`; `tcp` for bytes that nothing was recognised in. */
  readonly protocol: string;
  /** What runs inside it, where something was recognised. */
  readonly application?: "grpc" | "websocket" | "sse";
  /** HTTP/2's stream identifier; 0 for HTTP/1, where exchanges are numbered by `index`. */
  readonly streamId: number;
  /** The position of the exchange on its connection, from 0. */
  readonly index: number;
  readonly request?: RequestMessage;
  readonly response?: ResponseMessage;
  /** 1xx responses that came before the final one. */
  readonly informational?: readonly {
    readonly status: number;
    readonly headers: readonly Header[];
    readonly time: Timestamp;
  }[];
  /** WebSocket or gRPC messages, in order, bounded. */
  readonly messages?: readonly ConversationMessage[];
  readonly grpc?: { readonly status?: number; readonly statusName?: string; readonly message?: string };
  readonly times: ExchangeTimes;
  readonly quality: Quality;
  /** What is wrong with it, in the ledger's words: `response-without-request`, `conflicting-length`, `reset:CANCEL`, … */
  readonly problems: readonly string[];
}

interface Message {
  /** In the order of the wire, pseudo-headers included (HTTP/2). Names as on the wire. */
  readonly headers: readonly Header[];
  readonly trailers: readonly Header[];
  readonly body: Body;
  /** Bytes of the head (start line and headers, or header block) on the wire. */
  readonly headBytes: number;
  /** When the first and the last byte were seen. */
  readonly started: Timestamp;
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

/** Nanosecond durations are differences of these. An absent one was not seen. */
export interface ExchangeTimes {
  /** The transport's handshake: from the first SYN or the dial to established. Only on a connection's first exchange. */
  readonly connectStart?: Timestamp;
  readonly connectEnd?: Timestamp;
  readonly tlsStart?: Timestamp;
  readonly tlsEnd?: Timestamp;
  readonly requestStart?: Timestamp;
  readonly requestEnd?: Timestamp;
  /** The first byte of the final response. */
  readonly responseStart?: Timestamp;
  readonly responseEnd?: Timestamp;
}

/**
 * How far the exchange can be trusted to be whole.
 * - `complete`: every byte of both messages was seen.
 * - `truncated`: a limit cut what is kept, or the tap cut what it recorded.
 * - `gap`: bytes in the middle were never seen.
 * - `mid-stream`: the connection was joined after it began and something the exchange depends on is unknown.
 * - `unpaired`: one of the two messages was never seen.
 * - `unfinished`: the input ended, or the connection closed, before the exchange did.
 */
export type Quality = "complete" | "truncated" | "gap" | "mid-stream" | "unpaired" | "unfinished";
