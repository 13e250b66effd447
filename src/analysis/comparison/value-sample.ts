import { PARTS } from "./clustered-count.ts";

/** Values, of which a bounded number is kept: each that was added is as likely among them as any other (algorithm R). */
export class ValueSample {
  readonly #random: () => number;
  readonly #values: number[] = [];
  readonly #parts: number[] = [];
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** So many were added. */
  get count(): number {
    return this.#count;
  }

  get values(): readonly number[] {
    return this.#values;
  }

  /** @param part that the value's connection was dealt into */
  add(value: number, part: number): void {
    const at = this.#count < MOST_VALUES ? this.#count : Math.floor(this.#random() * (this.#count + 1));
    this.#count++;
    if (at >= MOST_VALUES) return;
    this.#values[at] = value;
    this.#parts[at] = part;
  }

  /** The values of each part that has any. */
  byPart(): number[][] {
    const parts: number[][] = Array.from({ length: PARTS }, () => []);
    this.#values.forEach((value, at) => void parts[this.#parts[at]!]!.push(value));
    return parts.filter((values) => values.length > 0);
  }
}

const MOST_VALUES = 1024;
