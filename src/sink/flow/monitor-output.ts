import type { LedgerReason, Sink, Submission } from "../../model/index.ts";
import type { BorrowedPayload, FlowOrigin } from "../../wire/cilium/index.ts";

/** An event of a monitor as it came: the datapath's or the agent's message, or an object that was JSON. Borrowed. */
export type MonitorItem = MonitorPayload | MonitorJson;

export interface MonitorPayload {
  readonly payload: BorrowedPayload;
  readonly origin: FlowOrigin;
}

export interface MonitorJson {
  readonly payload?: undefined;
  readonly json: unknown;
  /** The line that it was read from. */
  readonly line: string;
  readonly origin: FlowOrigin;
}

/**
 * Where the events of a monitor go. What is left out is `dropped` with the reason: `undecoded`, `filtered`,
 * `not-at-this-verbosity`, `without-packet`, …
 */
export type MonitorOutput = Sink<MonitorItem>;

/** The reason in the ledger's words why an event was left out; undefined where it was taken. */
export function reasonOf(submission: Submission): LedgerReason | undefined {
  return typeof submission === "string" ? undefined : submission.dropped;
}
