import { ClusteredCount } from "./clustered-count.ts";

/** How many names there may be yet, over all counts that share it, and how often one came that found no room. */
export interface NameAllowance {
  left: number;
  beyond: number;
}

/** Counts by name. */
export class NamedCounts {
  readonly #allowance: NameAllowance;
  readonly #most: number;
  readonly #counts = new Map<string, ClusteredCount>();

  /** @param most names of its own */
  constructor(allowance: NameAllowance, most: number) {
    this.#allowance = allowance;
    this.#most = most;
  }

  get names(): Iterable<string> {
    return this.#counts.keys();
  }

  get(name: string): ClusteredCount | undefined {
    return this.#counts.get(name);
  }

  add(name: string, part: number): void {
    let count = this.#counts.get(name);
    if (count === undefined) {
      if (this.#counts.size >= this.#most || this.#allowance.left === 0) {
        this.#allowance.beyond++;
        return;
      }
      this.#allowance.left--;
      count = new ClusteredCount();
      this.#counts.set(name, count);
    }
    count.add(part);
  }
}
