/**
 * Receives the parser's events for a stream of HTTP/1 messages. All positions are offsets in the stream, so that they do not depend
 * on how it was split; the one thing that comes in pieces is a body.
 *
 * For each message, in this order:
 *
 *     messageBegin (span complete)… headersComplete ( body… | (chunkHeader (body… chunkComplete | trailers chunkComplete))… ) messageComplete
 *
 * `failure` ends the stream for the parser; `violation` does not (it comes only where the parser is not strict).
 */
export interface MessageHandler {
  messageBegin(at: number): void;
  /** An element's bytes are `[start, end)`. */
  span(element: Element, start: number, end: number): void;
  /** The element is over, and the delimiter after it was consumed. */
  complete(element: Element, at: number): void;
  /** The head is over. What is returned overrides what its fields say of a body, as the request does for its response. */
  headersComplete(at: number, head: MessageHead): BodyOverride;
  /** A piece of the body is `data[start, end)`; `at` is the position of its first byte. */
  body(data: Uint8Array, start: number, end: number, at: number): void;
  /** A chunk of `size` bytes follows; 0 for the last. */
  chunkHeader(at: number, size: number): void;
  /** After a chunk's data, and after the trailer section. */
  chunkComplete(at: number): void;
  messageComplete(at: number): void;
  violation(problem: Violation, at: number): void;
  failure(code: FailureCode, reason: string, at: number): void;
}

export type Element =
  | "method"
  | "target"
  | "protocol"
  | "version"
  | "reason"
  | "fieldName"
  | "fieldValue"
  | "chunkExtensionName"
  | "chunkExtensionValue";

/**
 * - `none`: as the head says.
 * - `skip-body`: there is no body, whatever the fields say (the response to HEAD).
 * - `tunnel`: what follows is not HTTP/1 (the 2xx response to CONNECT).
 * - `doubtful`: nobody knows what was asked for: where a body may follow, the parser waits for `decideBody`.
 */
export type BodyOverride = "none" | "skip-body" | "tunnel" | "doubtful";

/** The parsed facts of a head; valid during the call. */
export interface MessageHead {
  /** Index in `METHODS`, -1 for another. Of a request. */
  readonly method: number;
  /** Only in responses. */
  readonly status: number;
  readonly major: number;
  readonly minor: number;
  /** `HEAD_FLAGS`, or-ed. */
  readonly flags: number;
  /** The Content-Length field's value; 0 without one. */
  readonly contentLength: number;
}

/** Flags for fields that the head had. The values are llhttp's. */
export const HEAD_FLAGS = {
  KEEP_ALIVE: 0x1,
  CLOSE: 0x2,
  CONNECTION_UPGRADE: 0x4,
  CHUNKED: 0x8,
  UPGRADE: 0x10,
  CONTENT_LENGTH: 0x20,
  SKIP_BODY: 0x40,
  TRAILERS: 0x80,
  TRANSFER_ENCODING: 0x200,
} as const;

/** Problems that a tolerant parser reports and tolerates, in the words of an exchange's problems. */
export type Violation =
  | "bare-lf"
  | "obsolete-folding"
  | "space-after-start-line"
  | "space-before-colon"
  | "invalid-field-name"
  | "invalid-field-value"
  | "conflicting-length"
  | "duplicate-content-length"
  | "invalid-content-length"
  | "invalid-transfer-encoding"
  | "invalid-chunk-size"
  | "invalid-chunk-extension"
  | "data-after-close"
  | "invalid:request-line"
  | "invalid:status-line"
  | "invalid:version"
  | "invalid:status";

/** llhttp's error names (without their `HPE_`), because they are what is known. */
export type FailureCode =
  | "STRICT"
  | "CR_EXPECTED"
  | "LF_EXPECTED"
  | "UNEXPECTED_CONTENT_LENGTH"
  | "UNEXPECTED_SPACE"
  | "CLOSED_CONNECTION"
  | "INVALID_METHOD"
  | "INVALID_URL"
  | "INVALID_CONSTANT"
  | "INVALID_VERSION"
  | "INVALID_HEADER_TOKEN"
  | "INVALID_CONTENT_LENGTH"
  | "INVALID_CHUNK_SIZE"
  | "INVALID_STATUS"
  | "INVALID_TRANSFER_ENCODING"
  | "PAUSED_UPGRADE"
  | "PAUSED_H2_UPGRADE";
