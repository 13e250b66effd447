import type { Timestamp } from "../../model/index.ts";

/** One exchange that stands for others. */
export interface Example {
  readonly id: number;
  readonly time: Timestamp | undefined;
  readonly operation: string;
  readonly key: readonly string[];
  readonly status: string | undefined;
  readonly nanos: number | undefined;
  readonly bytes: number;
}

/** The examples that are most by one measure, the greatest first; of equal ones those that came first. */
export class Greatest {
  readonly examples: Example[] = [];
  readonly #most: number;
  readonly #values: number[] = [];

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether one of that value has a place: most have none, and no example is made of them. */
  takes(value: number | undefined): value is number {
    if (value === undefined || value <= 0) return false;
    return this.#values.length < this.#most || this.#values[this.#most - 1]! < value;
  }

  add(value: number, example: Example): void {
    const found = this.#values.findIndex((other) => other < value);
    const at = found < 0 ? this.#values.length : found;
    this.#values.splice(at, 0, value);
    this.examples.splice(at, 0, example);
    this.#values.length = this.examples.length = Math.min(this.#most, this.examples.length);
  }
}
