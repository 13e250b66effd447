/** How many CPUs are named in a line. */
const MAX_CPUS = 32;

/** Sums lost events: the first is said at once, what follows within the interval in one line at its end. */
export class LostEvents {
  readonly #interval: number;
  readonly #report: (events: bigint, seconds: number, cpus: readonly number[]) => void;
  #events = 0n;
  readonly #cpus = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #since = 0;

  /** @param interval milliseconds */
  constructor(interval: number, report: (events: bigint, seconds: number, cpus: readonly number[]) => void) {
    this.#interval = interval;
    this.#report = report;
  }

  /** Whether this one is to be printed by itself. */
  add(events: bigint, cpu: number): boolean {
    if (this.#timer === undefined) {
      this.#since = performance.now();
      this.#timer = setTimeout(() => this.flush(), this.#interval);
      // Nothing to wait for when all else is done: the output flushes at its end.
      this.#timer.unref();
      return true;
    }
    this.#events += events;
    if (this.#cpus.size < MAX_CPUS) this.#cpus.add(cpu);
    return false;
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events === 0n) return;
    const seconds = Math.round((performance.now() - this.#since) / 100) / 10;
    this.#report(
      this.#events,
      seconds,
      [...this.#cpus].sort((a, b) => a - b),
    );
    this.#events = 0n;
    this.#cpus.clear();
  }
}
