import { nanosBetween, type Timestamp } from "../../model/index.ts";
import type { DnsSide } from "./dns-exchange.ts";

/** Answers that came before a query was seen that they answer: held for a moment, in case it was captured after them. */
export class EarlyAnswers {
  readonly #emit: (side: DnsSide, problem: string) => void;
  readonly #held = new Map<string, DnsSide>();

  constructor(emit: (side: DnsSide, problem: string) => void) {
    this.#emit = emit;
  }

  hold(key: string, side: DnsSide): void {
    const before = this.take(key);
    if (before !== undefined) this.#emit(before, UNASKED);
    this.#held.set(key, side);
    if (this.#held.size > MAX_HELD) this.#giveUpFirst();
  }

  take(key: string): DnsSide | undefined {
    const side = this.#held.get(key);
    this.#held.delete(key);
    return side;
  }

  expire(time: Timestamp): void {
    for (const { finished } of this.#held.values()) {
      if (nanosBetween(finished, time) < MAX_NANOS) return;
      this.#giveUpFirst();
    }
  }

  finish(): void {
    while (this.#held.size > 0) this.#giveUpFirst();
  }

  #giveUpFirst(): void {
    for (const [key, side] of this.#held) {
      this.#held.delete(key);
      this.#emit(side, UNASKED);
      return;
    }
  }
}

const UNASKED = "response-without-request";
/** For one pair of ends. */
const MAX_HELD = 16;
/** Packets are seldom captured further from their order than this. */
const MAX_NANOS = 1e9;
