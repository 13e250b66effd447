import type { BorrowedPayload, FlowOrigin } from "../../wire/cilium/index.ts";

/** Where the events of a monitor go. */
export interface MonitorOutput {
  /** Borrowed until the call returns. */
  payload(payload: BorrowedPayload, origin: FlowOrigin): void;
  /** An event that came as JSON, with its line. */
  json(value: unknown, line: string, origin: FlowOrigin): void;
  /** Nothing more comes: what is held back is written. */
  finish(): void;
}
