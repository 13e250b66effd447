import { settlesBy } from "../../model/index.ts";

/** Waiting for a peer that should go on: it lasts as long as the peer does something now and then. */
export class Patience {
  readonly #millis: number;
  #renewed = performance.now();
  #waiting: (() => void)[] = [];

  /** @param millis that the peer may do nothing */
  constructor(millis: number) {
    this.#millis = millis;
  }

  /** @param millis where it is less */
  isOver(millis = this.#millis): boolean {
    return performance.now() >= this.#renewed + Math.min(millis, this.#millis);
  }

  /** The peer did something, or has something to do from now on. Whoever waits may look again. */
  renew(): void {
    this.#renewed = performance.now();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when the peer has done something, or when it is over. */
  async wait(): Promise<void> {
    const renewed = new Promise<void>((resolve) => this.#waiting.push(resolve));
    await settlesBy(renewed, this.#renewed + this.#millis);
  }
}
