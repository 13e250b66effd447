/** Repeatable random values (mulberry32). Print the seed with a failure. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed = Date.now() >>> 0) {
    this.seed = seed;
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 4294967296) * limit);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  bytes(maxLength: number): Uint8Array {
    return Uint8Array.from({ length: this.below(maxLength + 1) }, () => this.below(256));
  }

  /** Text with some characters outside ASCII and outside the basic plane. */
  text(maxLength: number): string {
    return Array.from({ length: this.below(maxLength + 1) }, () =>
      this.chance(6) ? this.pick(["é", "€", "😀", "\u2028", "\u0000", '"', "\\", "<", "\ufeff"]) : this.#letter(),
    ).join("");
  }

  list<T>(maxLength: number, make: () => T): T[] {
    return Array.from({ length: this.below(maxLength + 1) }, make);
  }

  #letter(): string {
    return String.fromCharCode(0x61 + this.below(26));
  }
}
