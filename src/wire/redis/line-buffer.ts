import { BYTE } from "./resp-types.ts";

/** A line, its first bytes kept: all that it takes to see whether it is well-formed. */
export class LineBuffer {
  bytes: Uint8Array = new Uint8Array(64);
  size = 0;
  /** Its last byte, kept or not; 0 of an empty one. */
  last = 0;
  /** A carriage return stands in it that is not its last byte. */
  hasLoneCr = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(data: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const kept = Math.min(end - start, Math.max(0, this.#limit - this.size));
    if (this.size + kept > this.bytes.length) {
      const grown = new Uint8Array(Math.max(this.size + kept, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, Math.min(this.size, this.#limit)));
      this.bytes = grown;
    }
    if (kept > 0) this.bytes.set(data.subarray(start, start + kept), this.size);
    if (this.last === BYTE.CR) this.hasLoneCr = true;
    const cr = data.subarray(start, end).indexOf(BYTE.CR);
    if (cr >= 0 && start + cr < end - 1) this.hasLoneCr = true;
    this.size += end - start;
    this.last = data[end - 1]!;
  }

  clear(): void {
    this.size = 0;
    this.last = 0;
    this.hasLoneCr = false;
    if (this.bytes.length > RETAINED_LINE) this.bytes = new Uint8Array(64);
  }
}

/** A buffer that grew beyond this for one long line is given back. */
const RETAINED_LINE = 1024;
