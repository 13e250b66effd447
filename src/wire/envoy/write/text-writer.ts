import { ByteWriter } from "../byte-writer.ts";

/**
 * Protobuf's text format in the layout of the C++ library: two spaces of indentation a level, `name {`, `name: value`,
 * defaults not shown. Bytes and strings alike are escaped as in C, everything but printable ASCII as three octal digits.
 */
export class TextWriter {
  readonly #out = new ByteWriter();
  #depth = 0;

  openMessage(name: string): void {
    this.#startLine(name);
    this.#out.writeAscii(" {\n");
    this.#depth++;
  }

  closeMessage(): void {
    this.#depth--;
    this.#startLine("}");
    this.#out.writeByte(NEWLINE);
  }

  /** A number, `true`, or an enum's name. */
  writeLiteral(name: string, literal: string): void {
    this.#startLine(name);
    this.#out.writeAscii(": ");
    this.#out.writeAscii(literal);
    this.#out.writeByte(NEWLINE);
  }

  writeString(name: string, value: string): void {
    this.writeBytes(name, UTF8.encode(value));
  }

  writeBytes(name: string, value: Uint8Array): void {
    this.#startLine(name);
    this.#out.writeAscii(': "');
    const out = this.#out;
    let plainFrom = 0;
    for (let index = 0; index < value.length; index++) {
      const escaped = ESCAPES[value[index]!];
      if (escaped === undefined) continue;
      if (plainFrom < index) out.writeBytes(value.subarray(plainFrom, index));
      out.writeAscii(escaped);
      plainFrom = index + 1;
    }
    out.writeBytes(value.subarray(plainFrom));
    out.writeAscii('"\n');
  }

  /** The bytes written, valid until the next write; the writer starts anew. */
  lend(): Uint8Array {
    return this.#out.lend();
  }

  #startLine(start: string): void {
    const out = this.#out;
    out.reserve(2 * this.#depth);
    const { bytes } = out;
    const end = out.length + 2 * this.#depth;
    for (let at = out.length; at < end; at++) bytes[at] = SPACE;
    out.length = end;
    out.writeAscii(start);
  }
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const UTF8 = new TextEncoder();
const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  39: "\\'",
  92: "\\\\",
};

/** The escape of each byte that is not written as itself. */
const ESCAPES: readonly (string | undefined)[] = Array.from({ length: 0x100 }, (_, byte) =>
  byte < 0x20 || byte >= 0x7f ? (SHORT_ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, "0")}`) : SHORT_ESCAPES[byte],
);
