import type { Application } from "./application.ts";
import type { Connection } from "./connection.ts";
import type { Timestamp } from "./time/timestamp.ts";

/** Common to exchanges of all kinds. The protocol's row derives the rest (operation, outcome, sizes). */
export interface ExchangeBase {
  /** Unique within the run; ordered by when the exchange was first seen. */
  readonly id: number;
  readonly connection: Connection;
  /** The protocol with its version: `http/1.0`, `http/1.1`, `h2`; `tcp`, `udp` or `tls` for bytes that nothing was recognised in. */
  readonly protocol: string;
  /** The position of the exchange on its connection, from 0. */
  readonly index: number;
  /** Applications recognised inside it: from the outside in, at most `MAX_APPLICATIONS` deep. */
  readonly application: readonly Application[];
  readonly times: ExchangeTimes;
  readonly quality: Quality;
  /** Problems in the ledger's words: `response-without-request`, `conflicting-length`, `reset:CANCEL`, … */
  readonly problems: readonly string[];
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

/** How far the exchange can be trusted to be whole: one of `QUALITIES`, whose meanings the pages are made of. */
export type Quality = (typeof QUALITIES)[number];
export const QUALITIES = ["complete", "truncated", "gap", "mid-stream", "unpaired", "unfinished"] as const;
export const QUALITY_MEANINGS: Readonly<Record<Quality, string>> = {
  complete: "every byte of both messages was seen",
  truncated: "a limit cut what is kept, or the tap cut what it recorded",
  gap: "bytes in the middle were never seen",
  "mid-stream": "the connection was joined after it began, and something that the exchange depends on is unknown",
  unpaired: "one of the two messages was never seen: also where the connection was reset before a response began",
  unfinished: "both began, and the input ended, or the connection closed, before both were over",
};
