/**
 * Memory for what waits, used again and again: what comes and goes by the packet would fill the heap quicker than it is swept.
 * Blocks have sizes of powers of two; of each size those that are free are kept, within a limit for all together.
 */
export class BlockPool {
  readonly #free: Uint8Array[][] = [];
  readonly #limit: number;
  #freeBytes = 0;

  /** @param limit bytes kept free at most */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** A block of at least `size` bytes; what stands in it is of no meaning. */
  take(size: number): Uint8Array {
    const exponent = exponentOf(size);
    const block = this.#free[exponent]?.pop();
    if (block === undefined) return new Uint8Array(2 ** exponent);
    this.#freeBytes -= block.length;
    return block;
  }

  /** Gives a block back: nobody refers to it any more. */
  give(block: Uint8Array): void {
    if (this.#freeBytes + block.length > this.#limit) return;
    this.#freeBytes += block.length;
    const exponent = exponentOf(block.length);
    this.#free[exponent] ??= [];
    this.#free[exponent].push(block);
  }
}

/** How many bytes a block for `size` bytes takes. */
export function blockSize(size: number): number {
  return 2 ** exponentOf(size);
}

const MIN_EXPONENT = 7;

function exponentOf(size: number): number {
  return Math.max(MIN_EXPONENT, 32 - Math.clz32(Math.max(size, 1) - 1));
}
