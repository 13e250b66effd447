import type { Exchange } from "./exchange.ts";
import type { FlowEvent } from "./flow-event.ts";
import type { LedgerReason } from "./ledger-reasons.ts";

/**
 * Where items go at the end of a pipeline: a terminal, a file, a connection. One that is slow drops and counts: it never
 * holds up what stands before it. Only one that must not lose (a file, a pipe that a command writes to) says `full`; the
 * source waits for `whenReady` then where it can pause (files, pipes), and whoever cannot pause hands nothing to such a sink.
 */
export interface Sink<Item> {
  /**
   * Takes an item, or does not. Never throws, never waits, and books what it did where it has a book. The item is borrowed:
   * whoever keeps it or parts of it beyond the call copies what is borrowed in it (a packet's bytes).
   */
  submit(item: Item): Submission;
  /** Resolves at once, or after `full` as soon as there is room again: once each time it is called. */
  whenReady(): Promise<void>;
  /** Hands on what has gathered; resolves when it has been handed on. */
  flush(): Promise<void>;
  /**
   * Nothing more comes: writes the end and hands on what is left. Further calls do nothing; what comes nevertheless is dropped as
   * `closed`, where the sink is not one of several ways into the same place.
   * @param deadline a moment of `performance.now()` after which what is left is dropped and counted; Infinity: there is none
   */
  close(deadline: number): Promise<void>;
}

/**
 * The result for an item: `taken`; `full`: taken, but the next one should wait for `whenReady`; or dropped, with the
 * reason in the ledger's words.
 */
export type Submission = "taken" | "full" | Dropped;

export interface Dropped {
  readonly dropped: LedgerReason;
}

/** For what comes after `close`. */
export const CLOSED = { dropped: "closed" } as const satisfies Dropped;

export type ExchangeSink = Sink<Exchange>;

export type FlowSink = Sink<FlowEvent>;

/** Whether the item is in the sink. */
export function isTaken(submission: Submission): submission is "taken" | "full" {
  return typeof submission === "string";
}
