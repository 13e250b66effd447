import { isTaken, type Ledger, type LedgerBook, type LedgerReason, type Submission } from "../model/index.ts";

/**
 * Counts of what the taps of one kind did, for statistics, and their books.
 *
 * Books: `tap-bytes` (bytes that moved on tapped connections: handed to a sink, cut by a limit of the configuration, or lost)
 * and `tap-messages` (trace messages: taken by a sink, or lost).
 */
export class TapCounters {
  readonly bytes: LedgerBook;
  readonly messages: LedgerBook;
  /** Envoy's names: messages of streamed and of buffered traces that were submitted, connections that were not sampled. */
  streamedSubmit = 0;
  bufferedSubmit = 0;
  sampledOut = 0;

  constructor(ledger: Ledger) {
    this.bytes = ledger.book("tap-bytes");
    this.messages = ledger.book("tap-messages");
  }

  /** Books bytes that were not shown to the taps. */
  skip(size: number, reason: LedgerReason): void {
    this.bytes.enter(size);
    this.bytes.settleSkipped(reason, size);
  }

  /** Books a message that was submitted; true where it was taken. What it was dropped for, the sink's own book says. */
  countMessage(submission: Submission): boolean {
    const taken = isTaken(submission);
    this.messages.enter(1);
    if (taken) this.messages.settleHandled(1);
    else this.messages.settleDropped("sink", 1);
    return taken;
  }
}
