import type { MemoryBudget } from "../../model/index.ts";

/** A frame's payload that comes in several pushes and is wanted in one piece. */
export class PartialPayload {
  readonly #budget: MemoryBudget | undefined;
  #bytes: Uint8Array = NOTHING;
  #held = 0;

  constructor(budget: MemoryBudget | undefined) {
    this.#budget = budget;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** How many bytes of it were added. */
  get held(): number {
    return this.#held;
  }

  /** Adds `data[start, end)` to a payload of `length` bytes. False when there is no memory for it: then nothing is held. */
  add(data: Uint8Array, start: number, end: number, length: number): boolean {
    if (this.#held === 0) {
      if (this.#budget !== undefined && !this.#budget.tryReserve(length)) return false;
      this.#bytes = new Uint8Array(length);
    }
    this.#bytes.set(data.subarray(start, end), this.#held);
    this.#held += end - start;
    return true;
  }

  clear(): void {
    this.#budget?.release(this.#bytes.length);
    this.#bytes = NOTHING;
    this.#held = 0;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
