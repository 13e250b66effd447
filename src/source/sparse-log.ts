import type { Logger } from "../model/index.ts";

/** How long the log is silent about a message after it was written. */
const SILENCE_MILLIS = 10_000;

/** Warns of what can happen to every connection: each message at most every ten seconds, with how often it happened since. */
export class SparseLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #messages = new Map<string, { silentUntil: number; times: number }>();

  /** @param now milliseconds, of a clock that never goes back */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** @param message one of few: it is what is counted */
  warn(fields: object, message: string): void {
    let known = this.#messages.get(message);
    if (known === undefined) {
      known = { silentUntil: Number.NEGATIVE_INFINITY, times: 0 };
      this.#messages.set(message, known);
    }
    known.times++;
    const now = this.#now();
    if (now < known.silentUntil) return;
    this.#logger.warn({ ...fields, times: known.times }, message);
    known.silentUntil = now + SILENCE_MILLIS;
    known.times = 0;
  }
}
