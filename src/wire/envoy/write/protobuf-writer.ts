/**
 * Protobuf's binary form, written from the end to the beginning: the length of a message is then known when its prefix
 * is due, so that one pass is enough and nothing is moved. Callers write fields in falling order.
 *
 *     capacity ─────────────────────────────┐
 *     [ free ············ │ written so far  ]
 *                         └ position
 */
export class ProtobufWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY);
  #position = INITIAL_CAPACITY;

  /** A mark for `endMessage`: what is written from now on (in front of the mark) is the message's content. */
  get written(): number {
    return this.#bytes.length - this.#position;
  }

  /** Puts the prefix of a length-delimited field in front of all that was written since `mark`. */
  endMessage(mark: number, tag: number): void {
    this.writeVarint(this.written - mark);
    this.writeVarint(tag);
  }

  /** @param value an integer from 0 to 2^53 - 1 */
  writeVarint(value: number): void {
    this.#reserve(MAX_VARINT_LENGTH);
    const bytes = this.#bytes;
    if (value < 0x80) {
      bytes[--this.#position] = value;
      return;
    }
    if (value > 0x7fffffff) {
      this.#writeLongVarint(value);
      return;
    }
    let at = this.#position - (value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5);
    this.#position = at;
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at] = rest;
  }

  /** A `uint64`, or an `int64` (two's complement). */
  writeVarint64(value: bigint): void {
    if (value >= 0n && value <= MAX_SAFE) {
      this.writeVarint(Number(value));
      return;
    }
    const septets: number[] = [];
    for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
      septets.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
      if (rest <= 0x7fn) break;
    }
    this.#writeRaw(Uint8Array.from(septets));
  }

  /** Tag and value; the default is not written. */
  writeUint(tag: number, value: number): void {
    if (value === 0) return;
    this.writeVarint(value);
    this.writeVarint(tag);
  }

  /** Tag and value; the default is not written. */
  writeBool(tag: number, value: boolean): void {
    if (value) this.writeUint(tag, 1);
  }

  /** Tag, length and bytes, an empty value too. */
  writeBytes(tag: number, bytes: Uint8Array): void {
    this.#writeRaw(bytes);
    this.writeVarint(bytes.length);
    this.writeVarint(tag);
  }

  /** Tag, length and UTF-8, an empty value too. */
  writeString(tag: number, text: string): void {
    const mark = this.written;
    this.#reserve(text.length);
    let at = this.#position;
    let index = text.length - 1;
    for (; index >= 0; index--) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) break;
      this.#bytes[--at] = code;
    }
    if (index < 0) this.#position = at;
    else this.#writeRaw(UTF8.encode(text));
    this.endMessage(mark, tag);
  }

  /** A copy of what was written; the writer starts anew. */
  take(): Uint8Array {
    return this.lend().slice();
  }

  /** As `take`, but what was written itself: valid until the next write. */
  lend(): Uint8Array {
    const lent = this.#bytes.subarray(this.#position);
    if (this.#bytes.length > MAX_KEPT_CAPACITY) this.#bytes = new Uint8Array(INITIAL_CAPACITY);
    this.#position = this.#bytes.length;
    return lent;
  }

  /** Where operators on 32 bits do not reach. */
  #writeLongVarint(value: number): void {
    let length = 2;
    for (let rest = Math.floor(value / 0x4000); rest > 0; rest = Math.floor(rest / 0x80)) length++;
    let at = this.#position - length;
    this.#position = at;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[at++] = (rest % 0x80) | 0x80;
    this.#bytes[at] = rest;
  }

  #writeRaw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#position -= bytes.length;
    this.#bytes.set(bytes, this.#position);
  }

  #reserve(count: number): void {
    if (count <= this.#position) return;
    const written = this.written;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, written + count));
    grown.set(this.#bytes.subarray(this.#position), grown.length - written);
    this.#position = grown.length - written;
    this.#bytes = grown;
  }
}

const INITIAL_CAPACITY = 8192;
/** A buffer above this is given back after use. */
const MAX_KEPT_CAPACITY = 1024 * 1024;
const MAX_VARINT_LENGTH = 10;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const UTF8 = new TextEncoder();
