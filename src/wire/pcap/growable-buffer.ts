/**
 * Bytes that are appended to and taken away as one chunk. It grows by doubling, and never allocates for a write that fits.
 *
 *     bytes  [ written ............ | free ............ ]
 *            0                   length           capacity
 *
 * A writer calls `reserve(n)` once, fills `bytes`/`view` from `length` on, and adds to `length`.
 */
export class GrowableBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  length = 0;
  /** @param capacity bytes to begin with */
  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `size` more bytes. `bytes` and `view` may be others afterwards. */
  reserve(size: number): void {
    const needed = this.length + size;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Appends `source[start, end)`. */
  append(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    this.reserve(size);
    const { bytes, length } = this;
    // A loop is quicker than making a view, for as little as a header.
    if (size <= 96) for (let i = 0; i < size; i++) bytes[length + i] = source[start + i]!;
    else bytes.set(source.subarray(start, end), length);
    this.length = length + size;
  }

  /** Gives away what was written, and starts anew with other memory: the chunk is the caller's for good. */
  take(): Uint8Array<ArrayBuffer> {
    const chunk = this.bytes.subarray(0, this.length);
    // As much as before: whoever takes at some size will do so again.
    this.bytes = new Uint8Array(this.bytes.length);
    this.view = new DataView(this.bytes.buffer);
    this.length = 0;
    return chunk;
  }
}
