import type { TestContext } from "node:test";
import type { Ledger, MemoryBudget, Submission } from "../../../src/model/index.ts";

/** A fault of the place where a sink's items go: it fails at once, it takes nothing until it is healed, or the sink was closed. */
export type Fault = "fails" | "slow" | "closed";

export interface FaultySink {
  /** Hands in one item of the kind that the sink takes. */
  readonly submit: () => Submission;
  /** Absent: the sinks of taps have none. */
  readonly whenReady?: () => Promise<void>;
  readonly close: () => Promise<unknown>;
  /** Makes a slow output go on. Absent: it never does. */
  readonly heal?: () => void;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

export interface SinkCase {
  /** Where the sink stands, from src/sink on. */
  readonly file: string;
  readonly name: string;
  /** The sink's way with a slow output: it asks its source to wait, it loses and books, or it keeps what does not grow. */
  readonly whenSlow: "waits" | "drops" | "sums";
  /** Absent: it drops items that come after `close`. Otherwise it is one of several ways into a place, which its owner closes. */
  readonly afterClose?: "takes";
  readonly open: (fault: Fault, context: TestContext) => FaultySink | Promise<FaultySink>;
}
