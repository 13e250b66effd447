import { ByteWriter } from "../../byte-writer.ts";
import type { DocumentForm } from "./document-form.ts";
import { decodeEscape, decodeShortEscape } from "./string-escape.ts";
import { tooLong } from "./too-long.ts";

/** A token of text or JSON: punctuation, words (names, numbers, `true`) and strings. */
export interface Token {
  /** `{`, `}`, `[`, … ; `word`; `string`. */
  kind: string;
  /** A word's characters. */
  word: string;
  /** A string's bytes with its escapes resolved; borrowed until the next token. */
  bytes: Uint8Array;
  /** Where it begins, both from 1; columns are bytes. */
  line: number;
  column: number;
}

/** Takes each token, and returns undefined to go on, or an error message. */
export type TokenHandler = (token: Token) => string | undefined;

/**
 * Splits protobuf's text format, or JSON, into tokens as the bytes come in, wherever they are split. The first fault, of
 * the tokenizer or of its handler, stops it.
 */
export class Tokenizer {
  readonly #form: DocumentForm;
  readonly #handler: TokenHandler;
  readonly #maxBytes: number;
  readonly #token: Token = { kind: "", word: "", bytes: new Uint8Array(0), line: 1, column: 1 };
  readonly #scratch = new ByteWriter();
  #state: "between" | "word" | "string" | "escape" | "comment" = "between";
  #quote = 0;
  #escaped = "";
  #line = 1;
  #column = 1;
  /** The first error, and its place. */
  problem: { message: string; line: number; column: number } | undefined;
  /** Bytes taken in. */
  offset = 0;

  /** @param maxBytes the longest string or word */
  constructor(form: DocumentForm, maxBytes: number, handler: TokenHandler) {
    this.#form = form;
    this.#maxBytes = maxBytes;
    this.#handler = handler;
  }

  /** Takes bytes until something is wrong; gives how many it took. */
  push(bytes: Uint8Array): number {
    let index = 0;
    while (index < bytes.length && this.problem === undefined) {
      const taken = this.#take(bytes, index);
      this.#column += taken;
      this.offset += taken;
      index += taken;
    }
    return index;
  }

  end(): void {
    if (this.#state === "word") this.#finishWord();
    else if (this.#state === "string" || this.#state === "escape") this.#fail("a string does not end");
  }

  /** Whether nothing has begun that is not ended. */
  get idle(): boolean {
    return this.#state === "between" || this.#state === "comment";
  }

  /** Where the tokenizer is. */
  get place(): { line: number; column: number } {
    return { line: this.#line, column: this.#column };
  }

  #take(bytes: Uint8Array, index: number): number {
    switch (this.#state) {
      case "between":
        return this.#begin(bytes[index]!);
      case "word":
        return this.#takeWord(bytes, index);
      case "string":
        return this.#takeString(bytes, index);
      case "escape":
        return this.#takeEscape(bytes[index]!);
      case "comment":
        if (bytes[index] === NEWLINE) this.#state = "between";
        else return 1;
        return this.#begin(NEWLINE);
    }
  }

  #begin(byte: number): number {
    if (byte === NEWLINE) {
      this.#line++;
      this.#column = 0;
      return 1;
    }
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0c || byte === 0x0b) return 1;
    this.#token.line = this.#line;
    this.#token.column = this.#column;
    const isText = this.#form === "text";
    if (byte === DOUBLE_QUOTE || (isText && byte === SINGLE_QUOTE)) {
      this.#state = "string";
      this.#quote = byte;
      this.#scratch.length = 0;
      return 1;
    }
    if (isText && byte === HASH) {
      this.#state = "comment";
      return 1;
    }
    const character = String.fromCharCode(byte);
    if ((isText ? "{}<>[]:,;/" : "{}[]:,").includes(character)) {
      this.#emit(character);
      return 1;
    }
    if (isWordByte(byte)) {
      this.#state = "word";
      this.#scratch.length = 0;
      return 0;
    }
    if (this.offset < BYTE_ORDER_MARK.length && byte === BYTE_ORDER_MARK[this.offset]) return 1;
    this.#fail(`${describeByte(byte)} has no place here`);
    return 0;
  }

  #takeWord(bytes: Uint8Array, index: number): number {
    let end = index;
    while (end < bytes.length && isWordByte(bytes[end]!)) end++;
    if (this.#scratch.length + end - index > MAX_WORD) {
      this.#fail(`a word is longer than ${MAX_WORD} bytes`);
      return 0;
    }
    this.#scratch.writeRange(bytes, index, end);
    if (end < bytes.length) this.#finishWord();
    return end - index;
  }

  #finishWord(): void {
    this.#state = "between";
    this.#token.word = LATIN1.decode(this.#scratch.bytes.subarray(0, this.#scratch.length));
    this.#emit("word");
  }

  #takeString(bytes: Uint8Array, index: number): number {
    const scratch = this.#scratch;
    let from = index;
    let end = index;
    for (; end < bytes.length; end++) {
      const byte = bytes[end]!;
      if (byte !== BACKSLASH) {
        if (byte === this.#quote || byte === NEWLINE) break;
        continue;
      }
      const short = decodeShortEscape(bytes, end + 1, this.#form);
      if (short === 0) break;
      scratch.writeRange(bytes, from, end);
      scratch.writeByte(short & 0xff);
      end += short >> 8;
      from = end + 1;
    }
    scratch.writeRange(bytes, from, end);
    if (scratch.length > this.#maxBytes) this.#fail(tooLong("string", this.#maxBytes));
    if (end === bytes.length || this.problem !== undefined) return end - index;
    if (bytes[end] === NEWLINE) {
      this.#fail("a string does not end on its line");
      return end - index;
    }
    if (bytes[end] === BACKSLASH) {
      this.#state = "escape";
      this.#escaped = "";
    } else {
      this.#state = "between";
      this.#token.bytes = this.#scratch.bytes.subarray(0, this.#scratch.length);
      this.#emit("string");
    }
    return end - index + 1;
  }

  /** One character of an escape sequence. Whether a sequence is over may show only at the character behind it, which is not taken then. */
  #takeEscape(byte: number): number {
    this.#escaped += String.fromCharCode(byte);
    const decoded = decodeEscape(this.#escaped, this.#form);
    if (decoded === "more") return 1;
    if (decoded === "invalid") {
      this.#fail(`\\${this.#escaped} is no escape sequence`);
      return 0;
    }
    this.#scratch.writeBytes(decoded.bytes);
    this.#state = "string";
    if (decoded.length === this.#escaped.length) return 1;
    // A surrogate that stays alone: what was taken in search of the other is the beginning of another sequence.
    const replayed = this.#escaped.slice(decoded.length, -1);
    if (replayed !== "") {
      this.#state = "escape";
      this.#escaped = replayed.slice(1);
    }
    return 0;
  }

  #emit(kind: string): void {
    this.#token.kind = kind;
    const message = this.#handler(this.#token);
    if (message !== undefined) this.problem = { message, line: this.#token.line, column: this.#token.column };
  }

  #fail(message: string): void {
    const { line, column } = this.#state === "between" ? this.place : this.#token;
    this.problem = { message, line, column };
  }
}

const NEWLINE = 0x0a;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const MAX_WORD = 4096;
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const LATIN1 = new TextDecoder("latin1");

/** Letters, digits, and what numbers and qualified names have in them. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x5f ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e
  );
}

function describeByte(byte: number): string {
  return byte > 0x20 && byte < 0x7f
    ? `'${String.fromCharCode(byte)}'`
    : `the byte 0x${byte.toString(16).padStart(2, "0")}`;
}
