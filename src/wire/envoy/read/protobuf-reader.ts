/**
 * Reads protobuf's binary form out of a range of bytes. It never throws: the first fault is kept (`failure`, `failedAt`),
 * and from there on every read gives nothing, so that loops end.
 *
 *     reader.reset(bytes, start, end);
 *     for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) …
 */
export class ProtobufReader {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  /** Where the message that is being read ends. */
  end = 0;
  failure: string | undefined;
  failedAt = 0;
  /** Fields that were skipped because nothing is known of them. */
  unknownFields = 0;
  firstUnknownField: string | undefined;

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.failure = undefined;
  }

  fail(failure: string, at = this.position): void {
    if (this.failure === undefined) {
      this.failure = failure;
      this.failedAt = at;
    }
    this.position = this.end;
  }

  /** The tag of the next field (number × 8 + wire type), or 0 at the end of the message. */
  readTag(): number {
    if (this.position >= this.end) return 0;
    const byte = this.bytes[this.position]!;
    if (byte < 0x80 && byte >= 0x08) {
      this.position++;
      return byte;
    }
    const start = this.position;
    const tag = this.readVarint();
    if (this.failure === undefined && (tag < 0x08 || tag > MAX_TAG))
      this.fail(`${tag} is no tag of a protobuf field`, start);
    return this.failure === undefined ? tag : 0;
  }

  /** A varint as a number, exact up to 2^53. */
  readVarint(): number {
    const { bytes, end } = this;
    let at = this.position;
    let value = 0;
    let scale = 1;
    for (let length = 0; length < MAX_VARINT_LENGTH; length++) {
      if (at >= end) {
        this.fail("a number is cut short by the end of its message");
        return 0;
      }
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.position = at;
        return value;
      }
      scale *= 0x80;
    }
    this.fail("a number is longer than ten bytes");
    return 0;
  }

  /** A `uint64`. */
  readVarint64(): bigint {
    const start = this.position;
    const rough = this.readVarint();
    if (rough <= Number.MAX_SAFE_INTEGER) return BigInt(rough);
    let value = 0n;
    for (let at = this.position - 1; at >= start; at--) value = (value << 7n) | BigInt(this.bytes[at]! & 0x7f);
    return BigInt.asUintN(64, value);
  }

  /** An `int64`, which is exact up to 2^53 in size. */
  readInt64(): number {
    const start = this.position;
    const value = this.readVarint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.position = start;
    return Number(BigInt.asIntN(64, this.readVarint64()));
  }

  readBool(): boolean {
    return this.readVarint() !== 0;
  }

  /** Begins a message inside this one; gives what `leave` wants back. */
  enter(): number {
    const outer = this.end;
    const length = this.readVarint();
    if (length > outer - this.position) {
      this.fail(`a field of ${length} bytes is longer than what is left of its message (${outer - this.position})`);
      return outer;
    }
    this.end = this.position + length;
    return outer;
  }

  leave(outer: number): void {
    this.position = this.failure === undefined ? this.end : outer;
    this.end = outer;
  }

  /** A view, not a copy. */
  readBytes(): Uint8Array {
    const length = this.readVarint();
    if (length > this.end - this.position) {
      this.fail(`a field of ${length} bytes is longer than what is left of its message (${this.end - this.position})`);
      return NO_BYTES;
    }
    const start = this.position;
    this.position += length;
    return this.bytes.subarray(start, this.position);
  }

  /** UTF-8; what is none becomes U+FFFD. */
  readString(): string {
    return UTF8.decode(this.readBytes());
  }

  /** Skips the value of a field nothing is known of, and counts it. */
  skip(tag: number): void {
    this.unknownFields++;
    this.firstUnknownField ??= `field ${tag >>> 3}`;
    this.#skipValue(tag, 0);
  }

  #skipValue(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.readVarint();
        break;
      case 1:
        this.#skipBytes(8);
        break;
      case 2:
        this.readBytes();
        break;
      case 3:
        this.#skipGroup(tag, depth);
        break;
      case 5:
        this.#skipBytes(4);
        break;
      default:
        this.fail(`wire type ${tag & 7} does not exist`);
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) {
      this.fail(`groups are nested more than ${MAX_GROUP_DEPTH} deep`);
      return;
    }
    for (let tag = this.readTag(); tag !== start + 1; tag = this.readTag()) {
      if (tag === 0) {
        this.fail("a group does not end");
        return;
      }
      this.#skipValue(tag, depth + 1);
    }
  }

  #skipBytes(count: number): void {
    if (count > this.end - this.position) this.fail("a fixed-size number is cut short by the end of its message");
    else this.position += count;
  }
}

const NO_BYTES = new Uint8Array(0);
const MAX_VARINT_LENGTH = 10;
/** The highest field number is 2^29 - 1. */
const MAX_TAG = 0xffff_ffff;
const MAX_GROUP_DEPTH = 32;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
