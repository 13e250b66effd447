/** How long to wait before the next attempt: twice as long after each failure, of which the upper half is drawn, so that many do not come at once. */
export class Backoff {
  readonly #firstMillis: number;
  readonly #mostMillis: number;
  readonly #random: () => number;

  /** @param random in [0, 1) */
  constructor(firstMillis = 100, mostMillis = 30_000, random: () => number = Math.random) {
    this.#firstMillis = firstMillis;
    this.#mostMillis = mostMillis;
    this.#random = random;
  }

  /** @param failures in a row, from 1 */
  delay(failures: number): number {
    const whole = Math.min(this.#mostMillis, this.#firstMillis * 2 ** Math.min(30, failures - 1));
    return (whole / 2) * (1 + this.#random());
  }
}
