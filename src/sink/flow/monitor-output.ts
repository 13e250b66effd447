import type { BorrowedPayload, FlowOrigin } from "../../wire/cilium/index.ts";

/**
 * What became of an event: it was shown, or left out, `undecoded` or for another reason: by a filter, or as the kind of output
 * has no place for it.
 */
export type Outcome = "shown" | "undecoded" | "filtered" | "not-at-this-verbosity" | "without-packet";

/** Where the events of a monitor go. */
export interface MonitorOutput {
  /** Borrowed until the call returns. */
  payload(payload: BorrowedPayload, origin: FlowOrigin): Outcome;
  /** An event that came as JSON, with its line. `undecoded` where it is no event. */
  json(value: unknown, line: string, origin: FlowOrigin): Outcome;
  /** Nothing more comes: what is held back is written. */
  finish(): void;
}
