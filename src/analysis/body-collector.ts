import type { Body, MemoryBudget } from "../model/index.ts";

/**
 * Keeps the first bytes of one body, within a limit and a budget, and counts the rest.
 *
 *     first piece: in a slab that small ones share        most bodies of one packet
 *     more:        in a buffer of its own, that doubles   at most `limit` bytes
 *
 * The bytes kept are copied once or twice, and the memory for it is charged to the budget until `take` hands it on.
 */
export class BodyCollector {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  /** Its first `#kept` bytes are the body that is kept. */
  #bytes: Uint8Array = EMPTY;
  #kept = 0;
  #reserved = 0;
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
    const wanted = Math.min(length, this.#limit - this.#kept);
    if (wanted < length) this.#cutBy = "body-limit";
    if (wanted === 0) return length;
    if (!this.#keep(data, start, start + wanted)) {
      this.#cutBy = "memory-budget";
      return length;
    }
    return length - wanted;
  }

  /** Bytes that were never seen stand here: nothing after them is kept, because it would seem to follow. */
  skip(size: number): void {
    this.#size += size;
    this.#cutBy ??= "after-gap";
  }

  /** The bytes kept so far, not copied. */
  peek(complete: boolean): Body {
    const bytes = this.#bytes.length === this.#kept ? this.#bytes : this.#bytes.subarray(0, this.#kept);
    return { bytes, size: this.#size, truncated: this.#cutBy !== undefined, complete };
  }

  /** Hands on what was kept and gives its share of the budget back. Call it once. */
  take(complete: boolean): Body {
    if (this.#reserved > 0) this.#budget.release(this.#reserved);
    this.#reserved = 0;
    return this.peek(complete);
  }

  /** False where there is no memory for it. */
  #keep(data: Uint8Array, start: number, end: number): boolean {
    const kept = this.#kept + end - start;
    if (kept > this.#bytes.length) {
      const isFirst = this.#kept === 0;
      const capacity = isFirst ? kept : Math.min(this.#limit, Math.max(kept, MIN_BUFFER_BYTES, 2 * this.#bytes.length));
      if (!this.#budget.tryReserve(capacity - this.#reserved)) return false;
      this.#reserved = capacity;
      if (isFirst) {
        this.#bytes = copyBytes(data, start, end);
        this.#kept = kept;
        return true;
      }
      const grown = new Uint8Array(capacity);
      grown.set(this.#bytes.subarray(0, this.#kept));
      this.#bytes = grown;
    }
    this.#bytes.set(start === 0 && end === data.length ? data : data.subarray(start, end), this.#kept);
    this.#kept = kept;
    return true;
  }
}

const MIN_BUFFER_BYTES = 4096;

export type BodyCut = "body-limit" | "memory-budget" | "after-gap";

const EMPTY = new Uint8Array(0);
/** A body without bytes, whose end was seen. Shared: nobody may write to it. */
export const EMPTY_BODY: Body = { bytes: EMPTY, size: 0, truncated: false, complete: true };

/** As long as one copy in it is in use, all of it is. */
const SLAB_BYTES = 16 * 1024;
const MAX_SHARING_BYTES = 2048;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

/** A copy of `data[start, end)`. Small copies share slabs, because an ArrayBuffer of its own costs more than the copying. */
export function copyBytes(data: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  // Not `slice`, which shares memory where the bytes are a Buffer.
  if (length > MAX_SHARING_BYTES) return new Uint8Array(data.subarray(start, end));
  if (slabUsed + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  const copy = slab.subarray(slabUsed, slabUsed + length);
  copy.set(start === 0 && end === data.length ? data : data.subarray(start, end));
  slabUsed += length;
  return copy;
}
