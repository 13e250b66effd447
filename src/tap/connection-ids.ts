/**
 * Numbers connections: what traces carry as `trace_id` and what names their files.
 *
 * - `unique-across-restarts`: the first id is the time of the start in nanoseconds since the Unix epoch, with the microsecond as
 *   its finest digit, so that a later run never meets the ids of this one: it would take more than a thousand million
 *   connections a second. All fit a `uint64` until the year 2554.
 * - `from-zero`: 0, 1, 2, … as Envoy does; a second run gives the same ids and overwrites the files of the first.
 *
 * Several processes that run side by side each take every `count`-th number.
 */
export class ConnectionIds {
  readonly #step: bigint;
  #next: bigint;

  constructor(policy: "unique-across-restarts" | "from-zero", share: Partial<IdShare> = {}) {
    const { startedMillis = performance.timeOrigin, index = 0, count = 1 } = share;
    const first = policy === "from-zero" ? 0n : BigInt(Math.floor(startedMillis * 1000)) * 1000n;
    this.#next = first + BigInt(index);
    this.#step = BigInt(count);
  }

  next(): bigint {
    const id = this.#next;
    this.#next += this.#step;
    return id;
  }
}

/** One of several processes that give out ids side by side; by default there is one. */
export interface IdShare {
  /** When the first of them started: since the Unix epoch, with a fraction; the same in all of them. */
  readonly startedMillis: number;
  /** From 0. */
  readonly index: number;
  readonly count: number;
}
