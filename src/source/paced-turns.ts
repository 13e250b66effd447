/** Milliseconds of one turn of the event loop that go into what was admitted: whoever is refused waits no longer for it. */
const MAX_MILLIS = 5;

/**
 * Does what is to be done in its order, so much of it in one turn of the event loop: where much comes at once, what comes behind it is looked at
 * between the pieces. Bounding how many wait is up to whoever adds to them.
 */
export class PacedTurns {
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];
  /** Milliseconds that were used in this turn. */
  #used = 0;
  #isScheduled = false;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many were not begun yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** At once, where nothing waits and this turn has not done enough. @param task does not throw */
  run(task: () => void): void {
    if (this.#waiting.length === 0 && this.#used < MAX_MILLIS) this.#do(task);
    else this.#waiting.push(task);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    this.#used = 0;
    while (this.#waiting.length > 0 && this.#used < MAX_MILLIS) this.#do(this.#waiting.shift()!);
    // The time that was used here counts for the turn that begins.
    if (this.#used > 0) this.#schedule();
  }

  #do(task: () => void): void {
    const began = this.#now();
    task();
    this.#used += this.#now() - began;
  }
}
