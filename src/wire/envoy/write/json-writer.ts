import { ByteWriter } from "../byte-writer.ts";
import { writeJsonString, writeJsonText } from "./json-string.ts";

/**
 * JSON in the layout of protobuf's C++ library: one space of indentation a level, every member and element on its own
 * line, `{}` and `[]` for what is empty. Member names and literals are ASCII.
 */
export class JsonWriter {
  readonly #out = new ByteWriter();
  #depth = 0;
  #first = true;

  openObject(name?: string): void {
    this.#open(name, OPEN_BRACE);
  }

  closeObject(): void {
    this.#close(CLOSE_BRACE);
  }

  openArray(name: string): void {
    this.#open(name, OPEN_BRACKET);
  }

  closeArray(): void {
    this.#close(CLOSE_BRACKET);
  }

  writeString(name: string, value: string): void {
    this.#startMember(name);
    writeJsonText(this.#out, value);
  }

  writeUtf8(name: string, value: Uint8Array): void {
    this.#startMember(name);
    writeJsonString(this.#out, value);
  }

  writeBase64(name: string, value: Uint8Array): void {
    this.#startMember(name);
    this.#out.writeByte(QUOTE);
    this.#out.writeBase64(value);
    this.#out.writeByte(QUOTE);
  }

  /** A number, `true`, `false`, or a string that needs no escapes, with its quotes. */
  writeLiteral(name: string, literal: string): void {
    this.#startMember(name);
    this.#out.writeAscii(literal);
  }

  /** The document with a newline after it, valid until the next write; the writer starts anew. */
  lend(): Uint8Array {
    this.#out.writeByte(NEWLINE);
    this.#first = true;
    return this.#out.lend();
  }

  #open(name: string | undefined, bracket: number): void {
    if (name !== undefined) this.#startMember(name);
    else if (this.#depth > 0) this.#startLine();
    this.#out.writeByte(bracket);
    this.#depth++;
    this.#first = true;
  }

  #close(bracket: number): void {
    this.#depth--;
    if (!this.#first) this.#indent();
    this.#out.writeByte(bracket);
    this.#first = false;
  }

  #startMember(name: string): void {
    this.#startLine();
    const out = this.#out;
    out.reserve(name.length + 4);
    const { bytes } = out;
    let at = out.length;
    bytes[at++] = QUOTE;
    for (let index = 0; index < name.length; index++) bytes[at++] = name.charCodeAt(index);
    bytes[at++] = QUOTE;
    bytes[at++] = COLON;
    bytes[at++] = SPACE;
    out.length = at;
  }

  #startLine(): void {
    if (!this.#first) this.#out.writeByte(COMMA);
    this.#first = false;
    this.#indent();
  }

  #indent(): void {
    const out = this.#out;
    out.reserve(this.#depth + 1);
    const { bytes } = out;
    const end = out.length + this.#depth + 1;
    bytes[out.length] = NEWLINE;
    for (let at = out.length + 1; at < end; at++) bytes[at] = SPACE;
    out.length = end;
  }
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
