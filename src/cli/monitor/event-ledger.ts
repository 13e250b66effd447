import type { Ledger, LedgerBook, LedgerReason } from "../../model/index.ts";
import { type BorrowedPayload, EventSample } from "../../wire/cilium/index.ts";

/**
 * Books what became of everything that came in. Two books: `messages` (an event, or a line or rest of a stream that is none), and
 * `lost-events`: what the agent said it has lost before.
 */
export class EventLedger {
  readonly #ledger: Ledger;
  readonly #messages: LedgerBook;

  /** @param ledger the process's */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#messages = ledger.book("messages");
  }

  /** Before a message is looked at. */
  enter(): void {
    this.#messages.enter(1);
  }

  /** @param reason why it was left out, if it was */
  settle(reason: LedgerReason | undefined): void {
    if (reason === undefined) this.#messages.settleHandled(1);
    else this.#messages.settleSkipped(reason, 1);
  }

  /** Events that were lost on the way to the agent; sums end at 2^53. */
  countLost({ type, lost }: BorrowedPayload): void {
    if (type === EventSample || lost === 0n) return;
    const book = this.#ledger.book("lost-events");
    const room = Number.MAX_SAFE_INTEGER - book.entered;
    const events = lost > BigInt(room) ? room : Number(lost);
    book.enter(events);
    book.settleDropped("before-the-agent", events);
  }

  /** A line of a recording that is no message. */
  skipLine(): void {
    this.#messages.enter(1);
    this.#messages.settleSkipped("not-a-message", 1);
  }

  /** A message of a recording, behind which it is read on. */
  dropDamaged(): void {
    this.#messages.enter(1);
    this.#messages.settleDropped("damaged", 1);
  }

  /** A stream has ended within a message, or cannot be read on. */
  endStream(error: string): void {
    this.#messages.enter(1);
    if (error === "unexpected EOF") this.#messages.settleTruncated("end-of-stream", 1);
    else this.#messages.settleDropped("broken-stream", 1);
  }
}
