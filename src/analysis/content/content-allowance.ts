import type { Ledger } from "../../model/index.ts";

/**
 * How much of bodies and messages is searched and shown beside traffic that passes, where it passes: what is beyond it is not shown, says
 * `show-budget` and is counted in the book `unshown-bytes`. What is not used in a second is lost.
 */
export class ContentAllowance {
  readonly #ledger: Ledger;
  readonly #now: () => number;
  #left = BURST_BYTES;
  #at: number;

  /** @param now milliseconds, of a clock that never goes back */
  constructor(ledger: Ledger, now: () => number = () => performance.now()) {
    this.#ledger = ledger;
    this.#now = now;
    this.#at = now();
  }

  /** Whether these bytes may be shown. */
  take(bytes: number): boolean {
    const now = this.#now();
    this.#left = Math.min(BURST_BYTES, this.#left + ((now - this.#at) * BYTES_PER_SECOND) / 1000);
    this.#at = now;
    if (bytes <= this.#left) {
      this.#left -= bytes;
      return true;
    }
    const book = this.#ledger.book("unshown-bytes");
    book.enter(bytes);
    book.settleSkipped("show-budget", bytes);
    return false;
  }
}

const BYTES_PER_SECOND = 1024 * 1024;
const BURST_BYTES = 2 * BYTES_PER_SECOND;
