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

  openObject(name?: JsonName): void {
    this.#open(name, OPEN_BRACE);
  }

  closeObject(): void {
    this.#close(CLOSE_BRACE);
  }

  openArray(name: JsonName): void {
    this.#open(name, OPEN_BRACKET);
  }

  closeArray(): void {
    this.#close(CLOSE_BRACKET);
  }

  writeString(name: JsonName, value: string): void {
    this.#startLine(name);
    writeJsonText(this.#out, value);
  }

  writeUtf8(name: JsonName, value: Uint8Array): void {
    this.#startLine(name);
    writeJsonString(this.#out, value);
  }

  writeBase64(name: JsonName, value: Uint8Array): void {
    this.#startLine(name);
    this.#out.writeByte(QUOTE);
    this.#out.writeBase64(value);
    this.#out.writeByte(QUOTE);
  }

  /** A number, `true`, `false`, or a string that needs no escapes, with its quotes. */
  writeLiteral(name: JsonName, literal: string): void {
    this.#startLine(name);
    this.#out.writeAscii(literal);
  }

  /** The document with a newline after it, valid until the next write; the writer starts anew. */
  lend(): Uint8Array {
    this.#out.writeByte(NEWLINE);
    this.#first = true;
    return this.#out.lend();
  }

  #open(name: JsonName | undefined, bracket: number): void {
    if (name !== undefined) this.#startLine(name);
    else if (this.#depth > 0) this.#startLine(NO_NAME);
    this.#out.writeByte(bracket);
    this.#depth++;
    this.#first = true;
  }

  #close(bracket: number): void {
    this.#depth--;
    const isEmpty = this.#first;
    // No comma stands before it.
    this.#first = true;
    if (!isEmpty) this.#startLine(NO_NAME);
    this.#out.writeByte(bracket);
    this.#first = false;
  }

  /** @param start what the line begins with, behind its indentation */
  #startLine(start: JsonName): void {
    const out = this.#out;
    out.reserve(this.#depth + 2 + start.length);
    const { bytes } = out;
    let at = out.length;
    if (!this.#first) bytes[at++] = COMMA;
    this.#first = false;
    bytes[at++] = NEWLINE;
    for (const end = at + this.#depth; at < end; at++) bytes[at] = SPACE;
    for (let index = 0; index < start.length; index++) bytes[at++] = start[index]!;
    out.length = at;
  }
}

/** A member's name as its line begins with it: `"name": `. */
export type JsonName = Uint8Array;

/** @param name ASCII that needs no escapes */
export function jsonName(name: string): JsonName {
  return new TextEncoder().encode(`"${name}": `);
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NO_NAME: JsonName = new Uint8Array(0);
