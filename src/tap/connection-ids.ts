/**
 * Numbers connections: what traces carry as `trace_id` and what names their files.
 *
 * - `unique-across-restarts`: the first id is the time of the start in nanoseconds since the Unix epoch, with the microsecond as
 *   its finest digit, so that a later run (or another process that started at another microsecond) never meets the ids of
 *   this one: it would take more than a thousand million connections a second. All fit a `uint64` until the year 2554.
 * - `from-zero`: 0, 1, 2, … as Envoy does; a second run gives the same ids and overwrites the files of the first.
 */
export class ConnectionIds {
  #next: bigint;

  /** @param startedMillis since the Unix epoch, with a fraction; default when the process started */
  constructor(policy: "unique-across-restarts" | "from-zero", startedMillis: number = performance.timeOrigin) {
    this.#next = policy === "from-zero" ? 0n : BigInt(Math.floor(startedMillis * 1000)) * 1000n;
  }

  next(): bigint {
    return this.#next++;
  }
}
