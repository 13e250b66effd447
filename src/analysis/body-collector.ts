import type { Body, MemoryBudget } from "../model/index.ts";

/**
 * Keeps the first bytes of one body, within a limit and a budget, and counts the rest.
 *
 * What is kept is copied once, into shared slabs where it is small, and is charged to the budget until `take` hands it on.
 */
export class BodyCollector {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  #pieces: Uint8Array[] | undefined;
  #first: Uint8Array | undefined;
  #kept = 0;
  #size = 0;
  #cutBy: BodyCut | undefined;

  /** @param limit bytes kept at most */
  constructor(limit: number, budget: MemoryBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  /** Bytes the body had so far, those of gaps included. */
  get size(): number {
    return this.#size;
  }

  /** Bytes kept so far. */
  get kept(): number {
    return this.#kept;
  }

  /** Why nothing is kept any more, in the ledger's words; undefined while everything is. */
  get cutBy(): BodyCut | undefined {
    return this.#cutBy;
  }

  /** Some bytes were not kept. */
  get isTruncated(): boolean {
    return this.#cutBy !== undefined;
  }

  /** Adds `data[start, end)` and gives how many bytes of it were not kept (for the reason `cutBy`). */
  push(data: Uint8Array, start: number, end: number): number {
    const length = end - start;
    this.#size += length;
    if (this.#cutBy !== undefined || length === 0) return length;
    let wanted = length;
    if (this.#kept + wanted > this.#limit) {
      wanted = this.#limit - this.#kept;
      this.#cutBy = "body-limit";
      if (wanted === 0) return length;
    }
    if (!this.#budget.tryReserve(wanted)) {
      this.#cutBy = "memory-budget";
      return length;
    }
    const piece = copyBytes(data, start, start + wanted);
    this.#kept += wanted;
    if (this.#first === undefined) this.#first = piece;
    else if (this.#pieces === undefined) this.#pieces = [this.#first, piece];
    else this.#pieces.push(piece);
    return length - wanted;
  }

  /** Bytes that were never seen stand here: nothing after them is kept, because it would seem to follow. */
  skip(size: number): void {
    this.#size += size;
    this.#cutBy ??= "after-gap";
  }

  /** What was kept so far, as it stands. */
  peek(complete: boolean): Body {
    return { bytes: this.#join(), size: this.#size, truncated: this.#cutBy !== undefined, complete };
  }

  /** Hands on what was kept and gives its share of the budget back. Call it once. */
  take(complete: boolean): Body {
    if (this.#kept > 0) this.#budget.release(this.#kept);
    return { bytes: this.#join(), size: this.#size, truncated: this.#cutBy !== undefined, complete };
  }

  #join(): Uint8Array {
    if (this.#first === undefined) return EMPTY;
    if (this.#pieces === undefined) return this.#first;
    const joined = new Uint8Array(this.#kept);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }
}

export type BodyCut = "body-limit" | "memory-budget" | "after-gap";

const EMPTY = new Uint8Array(0);
/** A body without bytes, whose end was seen. Shared: nobody may write to it. */
export const EMPTY_BODY: Body = { bytes: EMPTY, size: 0, truncated: false, complete: true };

const SLAB_BYTES = 64 * 1024;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

/** A copy of `data[start, end)`. Small copies share slabs of 64 KiB, because an ArrayBuffer of its own costs more than the copying. */
export function copyBytes(data: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > SLAB_BYTES / 8) return data.slice(start, end);
  if (slabUsed + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  const copy = slab.subarray(slabUsed, slabUsed + length);
  copy.set(data.subarray(start, end));
  slabUsed += length;
  return copy;
}
