/** The bytes of the batch that gathers. Buffers are used again: the executor gives them back. */
export class BatchBuffer {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #length = 0;
  readonly #spare: ArrayBuffer[] = [];

  /** Whether `size` more bytes go into this batch; an empty one takes any number. */
  hasRoom(size: number): boolean {
    return this.#length === 0 || this.#length + size <= CAPACITY;
  }

  get isFull(): boolean {
    return this.#length >= CAPACITY;
  }

  /** There must be room. */
  append(bytes: Uint8Array): void {
    if (this.#bytes === undefined || this.#bytes.length < bytes.length) this.#bytes = this.#allocate(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Gives the batch away and begins the next. */
  take(): { bytes: ArrayBuffer; length: number } {
    const taken = { bytes: this.#bytes?.buffer ?? new ArrayBuffer(0), length: this.#length };
    this.#bytes = undefined;
    this.#length = 0;
    return taken;
  }

  giveBack(bytes: ArrayBuffer): void {
    if (bytes.byteLength === CAPACITY && this.#spare.length < MAX_SPARE) this.#spare.push(bytes);
  }

  #allocate(size: number): Uint8Array<ArrayBuffer> {
    if (size > CAPACITY) return Buffer.allocUnsafeSlow(size);
    const spare = this.#spare.pop();
    return spare === undefined ? Buffer.allocUnsafeSlow(CAPACITY) : new Uint8Array(spare);
  }
}

const CAPACITY = 256 * 1024;
const MAX_SPARE = 8;
