/**
 * Reads the fields of one message, `bytes[start, end)`. What is not there, or is wrong, sets `problem`; everything read from
 * then on is empty or 0.
 */
export class DnsReader {
  readonly bytes: Uint8Array;
  position: number;
  /** Nothing is read beyond it: the end of the message, or of the record that is read. */
  end: number;
  /** In the ledger's words. */
  problem: string | undefined;
  readonly #start: number;
  readonly #messageEnd: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.#start = start;
    this.#messageEnd = end;
    this.position = start;
    this.end = end;
  }

  get rest(): number {
    return this.end - this.position;
  }

  uint8(): number {
    const at = this.advance(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  uint16(): number {
    const at = this.advance(2);
    return at < 0 ? 0 : (this.bytes[at]! << 8) | this.bytes[at + 1]!;
  }

  uint32(): number {
    return this.uint16() * 0x10000 + this.uint16();
  }

  /** The next `size` bytes: a view. */
  take(size: number): Uint8Array {
    const at = this.advance(size);
    return at < 0 ? NO_BYTES : this.bytes.subarray(at, at + size);
  }

  /** Passes over `size` bytes; gives where they begin, or -1 where they are not there. */
  advance(size: number): number {
    const at = this.position;
    if (this.problem !== undefined || size > this.end - at) return this.fail("short-dns-message");
    this.position = at + size;
    return at;
  }

  fail(problem: string): -1 {
    this.problem ??= problem;
    this.position = this.end;
    return -1;
  }

  /**
   * A name (RFC 1035 §3.1), compressed or not (§4.1.4), in presentation form.
   *
   * A pointer leads to before the place where the labels that it ends began, a name has at most 255 bytes (§2.3.4), and no more
   * than 128 pointers are followed: whatever stands in a message, a name costs no more than that.
   */
  name(): string {
    const { bytes } = this;
    let labels = "";
    let size = 1;
    let at = this.position;
    let jumps = 0;
    /** Where the labels that are read began. */
    let began = at;
    let { end } = this;
    while (this.problem === undefined) {
      if (at >= end) this.fail("short-dns-message");
      else if (bytes[at] === 0) {
        if (jumps === 0) this.position = at + 1;
        return labels === "" ? "." : labels;
      } else if (bytes[at]! >= POINTER) {
        const target = at + 1 < end ? this.#start + (((bytes[at]! & 0x3f) << 8) | bytes[at + 1]!) : -1;
        if (jumps === 0) this.position = at + 2;
        if (target < 0) this.fail("short-dns-message");
        else if (target >= began || ++jumps > MAX_POINTERS) this.fail("bad-compression-pointer");
        at = target;
        began = target;
        end = this.#messageEnd;
      } else {
        const length = bytes[at]!;
        size += length + 1;
        if (length > MAX_LABEL) this.fail("bad-label");
        else if (size > MAX_NAME) this.fail("name-too-long");
        else if (at + 1 + length > end) this.fail("short-dns-message");
        else labels = `${labels === "" ? "" : `${labels}.`}${labelText(bytes, at + 1, length)}`;
        at += 1 + length;
      }
    }
    return "";
  }
}

const NO_BYTES = new Uint8Array(0);
/** The two upper bits of a pointer. */
const POINTER = 0xc0;
const MAX_LABEL = 63;
const MAX_NAME = 255;
const MAX_POINTERS = 128;

/** A label in presentation form (RFC 1035 §5.1): what has a meaning there, or is not printable ASCII, is escaped. */
function labelText(bytes: Uint8Array, start: number, length: number): string {
  let text = "";
  for (let at = start; at < start + length; at++) {
    const byte = bytes[at]!;
    if (byte <= 0x20 || byte >= 0x7f) text += decimalEscape(byte);
    else text += SPECIAL.has(byte) ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
  }
  return text;
}

/** `"`, `$`, `(`, `)`, `.`, `;`, `@`, `\`. */
const SPECIAL: ReadonlySet<number> = new Set(Array.from('"$().;@\\', (character) => character.charCodeAt(0)));

/** `\000` to `\255`. */
export function decimalEscape(byte: number): string {
  return `\\${String(byte).padStart(3, "0")}`;
}
