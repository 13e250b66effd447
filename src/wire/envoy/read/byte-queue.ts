/**
 * Bytes that have come in and have not been used yet, always in one piece.
 *
 *     bytes  [ used ··· │ start … queued … end │ free ··· ]
 *
 * Appending may move what is queued: views into `bytes` hold until the next `append`.
 */
export class ByteQueue {
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** How many bytes have been consumed in all: the offset of `start` in the input. */
  consumed = 0;

  get length(): number {
    return this.end - this.start;
  }

  append(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.bytes.length) {
      const queued = this.length;
      const needed = queued + chunk.length;
      const target = needed > this.bytes.length ? new Uint8Array(Math.max(needed, queued * 2)) : this.bytes;
      target.set(this.bytes.subarray(this.start, this.end));
      this.bytes = target;
      this.start = 0;
      this.end = queued;
    }
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  consume(count: number): void {
    this.start += count;
    this.consumed += count;
  }
}
