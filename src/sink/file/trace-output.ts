import type { Submission } from "../../model/index.ts";

/** Where the messages of one trace are written: a file of its own, or one that many share. */
export interface TraceOutput {
  /** Appends a piece that is a whole of its kind; it is copied, or lost and booked. */
  append(bytes: Uint8Array): Submission;
  /** The trace is whole. */
  finish(): void;
}
