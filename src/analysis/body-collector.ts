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
  #cut = false;

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

  /** Some bytes were not kept. */
  get isTruncated(): boolean {
    return this.#cut;
  }

  /** Adds `data[start, end)`. */
  push(data: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#size += length;
    if (this.#cut || length === 0) return;
    let wanted = length;
    if (this.#kept + wanted > this.#limit) {
      wanted = this.#limit - this.#kept;
      this.#cut = true;
      if (wanted === 0) return;
    }
    if (!this.#budget.tryReserve(wanted)) {
      this.#cut = true;
      return;
    }
    const piece = copyBytes(data, start, start + wanted);
    this.#kept += wanted;
    if (this.#first === undefined) this.#first = piece;
    else if (this.#pieces === undefined) this.#pieces = [this.#first, piece];
    else this.#pieces.push(piece);
  }

  /** Bytes that were never seen stand here: nothing after them is kept, because it would seem to follow. */
  skip(size: number): void {
    this.#size += size;
    this.#cut = true;
  }

  /** Hands on what was kept and gives its share of the budget back. Call it once. */
  take(complete: boolean): Body {
    if (this.#kept > 0) this.#budget.release(this.#kept);
    return { bytes: this.#join(), size: this.#size, truncated: this.#cut, complete };
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
