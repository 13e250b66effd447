/**
 * Bytes written one after the other into a buffer that grows. Reusable: `take` gives a copy of what was written and starts
 * anew, and lets go of a buffer that one large message made grow.
 */
export class ByteWriter {
  bytes = new Uint8Array(INITIAL_CAPACITY);
  length = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  writeByte(byte: number): void {
    this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** @param text characters below U+0080 only */
  writeAscii(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The bytes from `from` up to `to`. Few of them are copied one by one: a view of them would cost more than they do. */
  writeRange(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > FEW) {
      this.writeBytes(bytes.subarray(from, to));
      return;
    }
    this.reserve(to - from);
    const out = this.bytes;
    let at = this.length;
    for (let index = from; index < to; index++) out[at++] = bytes[index]!;
    this.length = at;
  }

  /** Padded base64 of the standard alphabet (RFC 4648 §4). */
  writeBase64(bytes: Uint8Array): void {
    this.reserve(Math.ceil(bytes.length / 3) * 4);
    const out = this.bytes;
    let at = this.length;
    let index = 0;
    for (; index + 2 < bytes.length; index += 3) {
      const group = (bytes[index]! << 16) | (bytes[index + 1]! << 8) | bytes[index + 2]!;
      out[at++] = BASE64[group >> 18]!;
      out[at++] = BASE64[(group >> 12) & 63]!;
      out[at++] = BASE64[(group >> 6) & 63]!;
      out[at++] = BASE64[group & 63]!;
    }
    const rest = bytes.length - index;
    if (rest > 0) {
      const group = (bytes[index]! << 16) | (rest === 2 ? bytes[index + 1]! << 8 : 0);
      out[at++] = BASE64[group >> 18]!;
      out[at++] = BASE64[(group >> 12) & 63]!;
      out[at++] = rest === 2 ? BASE64[(group >> 6) & 63]! : EQUALS_SIGN;
      out[at++] = EQUALS_SIGN;
    }
    this.length = at;
  }

  take(): Uint8Array {
    return this.lend().slice();
  }

  /** As `take`, but what was written itself: valid until the next write. */
  lend(): Uint8Array {
    const lent = this.bytes.subarray(0, this.length);
    this.length = 0;
    if (this.bytes.length > MAX_KEPT_CAPACITY) this.bytes = new Uint8Array(INITIAL_CAPACITY);
    return lent;
  }
}

const FEW = 64;
const INITIAL_CAPACITY = 4096;
/** A buffer above this is given back after use. */
const MAX_KEPT_CAPACITY = 1024 * 1024;
const EQUALS_SIGN = 0x3d;
const BASE64 = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
