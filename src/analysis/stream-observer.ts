import type { Header, HttpExchange, LedgerReason, Timestamp } from "../model/index.ts";

/** Which of an exchange's two messages. */
export type MessageKind = "request" | "response";

/**
 * Watches one exchange while it passes: for whom an HttpExchange at its end is too late, as the HTTP tap. Called synchronously, in
 * the order in which the pieces came; each message as `onHeaders onBody… onTrailers?`, and `onEnd` (or `onAbandoned`) last, once:
 * whatever a conversation does, nothing but `onSkipped` follows it. Informational (1xx) responses are not shown.
 */
export interface StreamObserver {
  /** @param headers as HTTP/2 has them: pseudo-headers first (those of HTTP/1 are made from its start line and Host field), names in lower case */
  onHeaders(message: MessageKind, headers: readonly Header[], time: Timestamp): void;
  /** @param data a piece of the body, transfer coding removed, not empty; borrowed */
  onBody(message: MessageKind, data: Uint8Array, time: Timestamp): void;
  onTrailers(message: MessageKind, trailers: readonly Header[], time: Timestamp): void;
  onEnd(exchange: HttpExchange): void;
  /** In place of `onEnd`: the connection ended, and the exchange was never handed on. */
  onAbandoned?(): void;
  /**
   * Bytes of a body that are not shown, at any time.
   * @param reason in the ledger's words: `head-lost`, their message's head was not understood; `after-end`, the message or the
   *   exchange had been given up
   */
  onSkipped?(size: number, reason: LedgerReason): void;
}
