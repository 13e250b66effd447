/** How many there were in each stretch of time. Stretches are as long as each other, and double when there would be more than a line has. */
export class TimeBuckets {
  readonly #most: number;
  /** Seconds of one. */
  #length = 1;
  #start: number | undefined;
  #counts: Counts[] = [];
  /** The one that was counted in last: most that come are of it, too. */
  #last: Stretch | undefined;

  /** @param most an even number */
  constructor(most = 60) {
    this.#most = most;
  }

  /** In order: when each began, in seconds, and how many there were. */
  get all(): readonly { readonly start: number; readonly requests: number; readonly errors: number }[] {
    return this.#counts.map((counts, at) => ({ start: (this.#start ?? 0) + at * this.#length, ...counts }));
  }

  get seconds(): number {
    return this.#length;
  }

  /** @param seconds whole seconds since 1970 */
  add(seconds: number, isError: boolean): void {
    const last = this.#last;
    if (last !== undefined && seconds >= last.start && seconds < last.start + this.#length) {
      count(last, isError);
      return;
    }
    this.#start ??= seconds;
    while (this.#needed(seconds) > this.#most) this.#double();
    const start = floorTo(seconds, this.#length);
    if (this.#counts.length === 0) this.#start = start;
    for (; this.#start! > start; this.#start = this.#start! - this.#length)
      this.#counts.unshift({ requests: 0, errors: 0 });
    const at = (start - this.#start!) / this.#length;
    while (this.#counts.length <= at) this.#counts.push({ requests: 0, errors: 0 });
    const counts = this.#counts[at]!;
    this.#last = { start, counts };
    count(this.#last, isError);
  }

  /** So many it would take with this one. */
  #needed(seconds: number): number {
    const first = floorTo(Math.min(this.#start!, seconds), this.#length);
    const end = this.#start! + Math.max(1, this.#counts.length) * this.#length;
    return (Math.max(end, floorTo(seconds, this.#length) + this.#length) - first) / this.#length;
  }

  #double(): void {
    const length = this.#length * 2;
    const start = floorTo(this.#start!, length);
    const counts: Counts[] = [];
    this.#counts.forEach(({ requests, errors }, i) => {
      const at = Math.floor((this.#start! + i * this.#length - start) / length);
      counts[at] ??= { requests: 0, errors: 0 };
      counts[at].requests += requests;
      counts[at].errors += errors;
    });
    this.#length = length;
    this.#start = start;
    this.#counts = counts;
  }
}

interface Counts {
  requests: number;
  errors: number;
}

interface Stretch {
  /** Seconds. */
  readonly start: number;
  readonly counts: Counts;
}

function count({ counts }: Stretch, isError: boolean): void {
  counts.requests++;
  if (isError) counts.errors++;
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
