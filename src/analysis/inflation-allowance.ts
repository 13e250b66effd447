import type { Ledger, Timestamp } from "../model/index.ts";

/**
 * How much may come out of compressed messages beside traffic that passes: they are decompressed where their bytes are read, each with the
 * window of those before it. A twentieth of a core decompresses `BYTES_PER_SECOND`; what is not used in half a second is lost. Time is
 * that of the messages. The book `coded-messages` counts them: handled, or skipped because of the `decode-budget`.
 */
export class InflationAllowance {
  readonly #ledger: Ledger;
  /** Below zero after a piece that was larger. */
  #left = BURST_BYTES;
  #at: number | undefined;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Whether anything may come out of a message that begins then; it is counted. */
  begin({ seconds, nanos }: Timestamp): boolean {
    const now = seconds + nanos / 1e9;
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#left = Math.min(BURST_BYTES, this.#left + passed * BYTES_PER_SECOND);
    const book = this.#ledger.book("coded-messages");
    book.enter(1);
    if (this.isLeft) book.settleHandled(1);
    else book.settleSkipped("decode-budget", 1);
    return this.isLeft;
  }

  /** Whether there is more to come out. */
  get isLeft(): boolean {
    return this.#left > 0;
  }

  use(bytes: number): void {
    this.#left -= bytes;
  }
}

const BYTES_PER_SECOND = 10 * 1024 * 1024;
const BURST_BYTES = BYTES_PER_SECOND / 2;
