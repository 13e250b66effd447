import type { BorrowedPayload, FlowOrigin } from "../../wire/cilium/index.ts";

/**
 * The result for an event: it was `shown`, or left out, in the ledger's words: `undecoded`, `filtered`, `not-at-this-verbosity`,
 * `without-packet`, …
 */
export type Outcome = string;

/** Where the events of a monitor go. */
export interface MonitorOutput {
  /** Borrowed until the call returns. */
  payload(payload: BorrowedPayload, origin: FlowOrigin): Outcome;
  /** An event that came as JSON, with its line. `undecoded` where it is no event. */
  json(value: unknown, line: string, origin: FlowOrigin): Outcome;
  /** Nothing more comes: what is held back is written. @param deadline see `Sink.close` */
  finish(deadline: number): Promise<void>;
}
