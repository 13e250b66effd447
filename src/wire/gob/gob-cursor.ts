import { decodeLatin1 } from "../text/latin1.ts";
import { EOF, GobError } from "./gob-error.ts";
import { MAX_ELEMENTS } from "./limits.ts";

/** A whole number: a bigint only where a double would not be exact. */
export type Integer = number | bigint;

/**
 * Reads gob's primitives from one message. The numbers of gob are at most 64 bits: a byte below 128 is the value; else it is
 * the negated count of the big-endian bytes that follow. Errors carry Go's text.
 *
 * Source: the documentation of Go's package encoding/gob, "Encoding details".
 */
export class GobCursor {
  bytes: Uint8Array = EMPTY;
  offset = 0;
  end = 0;
  /** Elements of lists and maps so far. */
  #elements = 0;

  /** Reads from `bytes[start, end)`; the bytes are borrowed. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.offset = start;
    this.end = end;
    this.#elements = 0;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** An unsigned number as a double: exact up to 2^53, which is enough for counts, lengths and field numbers. */
  readCount(): number {
    if (this.offset >= this.end) throw new GobError(EOF);
    const first = this.bytes[this.offset++]!;
    if (first < 128) return first;
    const size = this.#checkSize(first);
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.bytes[this.offset++]!;
    return value;
  }

  /** An unsigned number, exact. */
  readUint(): Integer {
    if (this.offset >= this.end) throw new GobError(EOF);
    const first = this.bytes[this.offset]!;
    if (first < 128 || first >= 250) return this.readCount();
    this.offset++;
    const size = this.#checkSize(first);
    let value = 0n;
    for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(this.bytes[this.offset++]!);
    return narrow(value);
  }

  /** A signed number, exact: zigzag with the complement for negatives (`(~x << 1) | 1`). */
  readInt(): Integer {
    const raw = this.readUint();
    if (typeof raw === "number" && raw <= 0x7fffffff) return raw & 1 ? ~(raw >>> 1) : raw >>> 1;
    const value = BigInt(raw);
    return narrow(value & 1n ? ~(value >> 1n) : value >> 1n);
  }

  /** A length of bytes that are there; -1 where there are fewer. */
  readLength(): number {
    const length = this.readCount();
    return length > this.remaining ? -1 : length;
  }

  /** Before a list of `count` elements is read: counts those that the message has bytes for against `MAX_ELEMENTS`. */
  countElements(count: number): void {
    this.#elements += Math.min(count, this.remaining);
    if (this.#elements > MAX_ELEMENTS)
      throw new GobError(`the lists of a message have more than ${MAX_ELEMENTS} elements`);
  }

  /** `length` bytes as a string of one character a byte. */
  takeLatin1(length: number): string {
    const start = this.offset;
    this.offset += length;
    return decodeLatin1(this.bytes, start, this.offset);
  }

  #checkSize(first: number): number {
    const size = 256 - first;
    if (size > 8) throw new GobError("gob: encoded unsigned integer out of range");
    if (this.remaining < size)
      throw new GobError(`gob: invalid uint data length ${size}: exceeds input size ${this.remaining}`);
    return size;
  }
}

const EMPTY = new Uint8Array(0);

function narrow(value: bigint): Integer {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}
