import { ByteWriter } from "../byte-writer.ts";

/**
 * Protobuf's text format in the layout of the C++ library: two spaces of indentation a level, `name {`, `name: value`,
 * defaults not shown. Bytes and strings alike are escaped as in C, everything but printable ASCII as three octal digits.
 */
export class TextWriter {
  readonly #out = new ByteWriter();
  #depth = 0;

  openMessage(name: TextName): void {
    this.#startLine(name.opening);
    this.#depth++;
  }

  closeMessage(): void {
    this.#depth--;
    this.#startLine(CLOSING);
  }

  /** A number, `true`, or an enum's name. */
  writeLiteral(name: TextName, literal: string): void {
    this.#startLine(name.beforeLiteral);
    const out = this.#out;
    out.writeAscii(literal);
    out.writeByte(NEWLINE);
  }

  /** Text is ASCII nearly always, which is written without being encoded first. */
  writeString(name: TextName, value: string): void {
    this.#startLine(name.beforeString);
    const out = this.#out;
    // An escape is at most four bytes.
    out.reserve(4 * value.length + 2);
    const { bytes } = out;
    let at = out.length;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) {
        this.#endBytes(UTF8.encode(value));
        return;
      }
      const escaped = ESCAPES[code];
      if (escaped === undefined) bytes[at++] = code;
      else for (let unit = 0; unit < escaped.length; unit++) bytes[at++] = escaped.charCodeAt(unit);
    }
    bytes[at++] = QUOTE;
    bytes[at++] = NEWLINE;
    out.length = at;
  }

  writeBytes(name: TextName, value: Uint8Array): void {
    this.#startLine(name.beforeString);
    this.#endBytes(value);
  }

  /** The bytes written, valid until the next write; the writer starts anew. */
  lend(): Uint8Array {
    return this.#out.lend();
  }

  #endBytes(value: Uint8Array): void {
    const out = this.#out;
    out.reserve(value.length + 2);
    let plainFrom = 0;
    for (let index = 0; index < value.length; index++) {
      const escaped = ESCAPES[value[index]!];
      if (escaped === undefined) continue;
      if (plainFrom < index) out.writeRange(value, plainFrom, index);
      out.writeAscii(escaped);
      plainFrom = index + 1;
    }
    out.writeRange(value, plainFrom, value.length);
    out.writeByte(QUOTE);
    out.writeByte(NEWLINE);
  }

  #startLine(start: Uint8Array): void {
    const out = this.#out;
    const indentation = 2 * this.#depth;
    out.reserve(indentation + start.length);
    const { bytes } = out;
    let at = out.length;
    for (const end = at + indentation; at < end; at++) bytes[at] = SPACE;
    for (let index = 0; index < start.length; index++) bytes[at++] = start[index]!;
    out.length = at;
  }
}

/** A field's name as lines begin with it. */
export class TextName {
  readonly opening: Uint8Array;
  readonly beforeLiteral: Uint8Array;
  readonly beforeString: Uint8Array;

  /** @param name ASCII */
  constructor(name: string) {
    this.opening = UTF8.encode(`${name} {\n`);
    this.beforeLiteral = UTF8.encode(`${name}: `);
    this.beforeString = UTF8.encode(`${name}: "`);
  }
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const UTF8 = new TextEncoder();
const CLOSING = UTF8.encode("}\n");
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
