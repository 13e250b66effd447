/**
 * Looks for several patterns in a body that comes in chunks. Every pattern must end within the first `bytesLimit` bytes; it
 * may begin in one chunk and end in a later one, and patterns may overlap each other.
 *
 *     chunk 1              chunk 2
 *     [ .......... | e n v | o y | ........... ]
 *                  └─ tail ┘└ head ┘              the tail: as many bytes as the longest pattern that is still
 *                                                 wanted could have in chunk 1 without being complete
 */
export class BodySearch {
  #wanted: Buffer[];
  #left: number;
  #tail: Buffer = EMPTY;

  /**
   * @param patterns none of them empty
   * @param bytesLimit 0 is no limit
   */
  constructor(patterns: readonly Uint8Array[], bytesLimit: number) {
    this.#wanted = patterns.map((pattern) => Buffer.from(pattern));
    this.#left = bytesLimit === 0 ? Number.POSITIVE_INFINITY : bytesLimit;
  }

  /** Searches the next bytes of the body; they are borrowed. */
  push(chunk: Uint8Array): void {
    if (this.isFound || this.isExhausted) return;
    const size = Math.min(chunk.length, this.#left);
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, size);
    this.#left -= size;
    const overlap = Math.max(...this.#wanted.map((pattern) => pattern.length)) - 1;
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, overlap)]);
    this.#wanted = this.#wanted.filter((pattern) => !seam.includes(pattern) && !bytes.includes(pattern));
    this.#tail = this.isFound ? EMPTY : this.#nextTail(bytes);
  }

  /** Every pattern was found. */
  get isFound(): boolean {
    return this.#wanted.length === 0;
  }

  /** The limit is used up: what was not found will not be. */
  get isExhausted(): boolean {
    return this.#left === 0;
  }

  /** Bytes that are kept: always fewer than the longest pattern has that is still wanted. */
  get bufferedBytes(): number {
    return this.#tail.length;
  }

  #nextTail(bytes: Buffer): Buffer {
    const keep = Math.max(...this.#wanted.map((pattern) => pattern.length)) - 1;
    if (keep === 0) return EMPTY;
    if (bytes.length >= keep) return Buffer.from(bytes.subarray(bytes.length - keep));
    const joined = Buffer.concat([this.#tail, bytes]);
    return joined.subarray(Math.max(0, joined.length - keep));
  }
}

const EMPTY = Buffer.alloc(0);
