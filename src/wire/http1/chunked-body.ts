import {
  BACKSLASH,
  CR,
  EQUALS,
  FIELD_VALUE,
  HEX_VALUE,
  LF,
  QUOTE,
  QUOTED_TEXT,
  SEMICOLON,
  SPACE,
  TAB,
  TOKEN,
} from "./characters.ts";
import { DONE, FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";

const SIZE_START = 0;
const SIZE = 1;
const SIZE_LF = 2;
const EXTENSION_START = 3;
const EXTENSION_NAME = 4;
const EXTENSION_VALUE = 5;
const QUOTED_VALUE = 6;
const QUOTED_PAIR = 7;
const QUOTED_VALUE_END = 8;
const INVALID_EXTENSION = 9;
const DATA = 10;
const DATA_CR = 11;
const DATA_LF = 12;
const SPACE_AFTER_SIZE = 13;

/** 2^64, the first size that llhttp does not count. */
const SIZE_OVERFLOW = 0x1_0000_0000_0000_0000;

/**
 * The chunks of a body with chunked transfer coding (RFC 9112 §7.1), up to and with the line of the last chunk; the trailer
 * section after it is field lines.
 */
export class ChunkedBodyParser {
  readonly #message: MessageState;
  #state = SIZE_START;
  #size = 0;
  /** Bytes of the current chunk's data that are still to come. */
  #remaining = 0;
  #start = 0;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  begin(): void {
    this.#state = SIZE_START;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    const { handler } = message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case DATA: {
          const piece = Math.min(this.#remaining, end - p);
          handler.body(data, p, p + piece, base + p);
          p += piece;
          this.#remaining -= piece;
          if (this.#remaining === 0) this.#state = DATA_CR;
          continue;
        }
        case DATA_CR:
          if (c === CR) {
            p++;
            this.#state = DATA_LF;
          } else if (c === LF) {
            p++;
            if (!message.tolerates("bare-lf", "CR_EXPECTED", "Missing expected CR after chunk data", base + p))
              return FAILED;
            this.#endChunk(base + p);
          } else return message.fail("STRICT", "Expected LF after chunk data", base + p);
          continue;
        case DATA_LF:
          if (c !== LF) return message.fail("STRICT", "Expected LF after chunk data", base + p);
          p++;
          this.#endChunk(base + p);
          continue;
        case SIZE_START:
          if (HEX_VALUE[c]! < 0) return message.fail("INVALID_CHUNK_SIZE", INVALID_SIZE, base + p);
          this.#size = 0;
          this.#state = SIZE;
          continue;
        case SIZE: {
          const digit = HEX_VALUE[c]!;
          p++;
          if (digit >= 0) {
            this.#size = this.#size * 16 + digit;
            if (this.#size >= SIZE_OVERFLOW) return message.fail("INVALID_CHUNK_SIZE", "Chunk size overflow", base + p);
          } else if (c === CR) this.#state = SIZE_LF;
          else if (c === SEMICOLON) this.#state = EXTENSION_START;
          else if (c === LF) {
            if (!message.tolerates("bare-lf", "CR_EXPECTED", "Missing expected CR after chunk size", base + p))
              return FAILED;
            if (this.#endSize(p, base)) return DONE;
          } else if (c === SPACE || c === TAB) {
            if (!message.tolerates("invalid-chunk-size", "INVALID_CHUNK_SIZE", INVALID_SIZE, base + p)) return FAILED;
            this.#state = SPACE_AFTER_SIZE;
          } else return message.fail("INVALID_CHUNK_SIZE", INVALID_SIZE, base + p - 1);
          continue;
        }
        case SPACE_AFTER_SIZE:
          if (c !== SPACE && c !== TAB && c !== CR && c !== SEMICOLON)
            return message.fail("INVALID_CHUNK_SIZE", INVALID_SIZE, base + p);
          if (c === CR) this.#state = SIZE_LF;
          else if (c === SEMICOLON) this.#state = EXTENSION_START;
          p++;
          continue;
        case SIZE_LF:
          if (c !== LF) return message.fail("STRICT", "Expected LF after chunk size", base + p);
          p++;
          if (this.#endSize(p, base)) return DONE;
          continue;
        case EXTENSION_START:
          if (c === SPACE || c === CR) {
            if (!this.#toleratesExtension("Invalid character in chunk extensions", base + p + 1)) return FAILED;
          } else {
            this.#start = base + p;
            this.#state = EXTENSION_NAME;
          }
          continue;
        case EXTENSION_NAME:
          if (TOKEN[c] === 1) {
            p++;
            continue;
          }
          handler.span("chunkExtensionName", this.#start, base + p);
          p = this.#endElement("chunkExtensionName", c, p, base);
          if (p < 0) return FAILED;
          continue;
        case EXTENSION_VALUE:
          if (c === QUOTE) this.#state = QUOTED_VALUE;
          if (TOKEN[c] === 1 || c === QUOTE) {
            p++;
            continue;
          }
          handler.span("chunkExtensionValue", this.#start, base + p);
          p = this.#endElement("chunkExtensionValue", c, p, base);
          if (p < 0) return FAILED;
          continue;
        case QUOTED_VALUE:
          if (c === QUOTE) {
            handler.span("chunkExtensionValue", this.#start, base + p + 1);
            handler.complete("chunkExtensionValue", base + p + 1);
            this.#state = QUOTED_VALUE_END;
          } else if (c === BACKSLASH) this.#state = QUOTED_PAIR;
          else if (QUOTED_TEXT[c] !== 1) {
            if (!this.#toleratesValue("Invalid character in chunk extensions quoted value", base + p)) return FAILED;
            continue;
          }
          p++;
          continue;
        case QUOTED_PAIR:
          if (FIELD_VALUE[c] !== 1) {
            if (!this.#toleratesValue("Invalid quoted-pair in chunk extensions quoted value", base + p)) return FAILED;
            continue;
          }
          p++;
          this.#state = QUOTED_VALUE;
          continue;
        case QUOTED_VALUE_END:
          if (c === SEMICOLON || c === CR) {
            p++;
            this.#state = c === CR ? SIZE_LF : EXTENSION_START;
          } else if (message.strict && c === LF)
            return message.fail("CR_EXPECTED", "Missing expected CR after chunk extension value", base + p);
          else if (!this.#toleratesExtension("Invalid character in chunk extensions quote value", base + p))
            return FAILED;
          continue;
        case INVALID_EXTENSION:
          p++;
          if (c === LF && this.#endSize(p, base)) return DONE;
          continue;
      }
    }
    this.position = p;
    return MORE;
  }

  /** Whether the next `size` bytes lie within the current chunk's data. */
  canSkip(size: number): boolean {
    return this.#state === DATA && size <= this.#remaining;
  }

  skip(size: number): void {
    this.#remaining -= size;
    if (this.#remaining === 0) this.#state = DATA_CR;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    const { handler } = this.#message;
    if (this.#state === EXTENSION_NAME) handler.span("chunkExtensionName", this.#start, at);
    else if (this.#state === EXTENSION_VALUE || this.#state === QUOTED_VALUE || this.#state === QUOTED_PAIR)
      handler.span("chunkExtensionValue", this.#start, at);
  }

  /** True when it was the last chunk. */
  #endSize(p: number, base: number): boolean {
    this.#message.handler.chunkHeader(base + p, this.#size);
    this.#remaining = this.#size;
    this.#state = DATA;
    this.position = p;
    return this.#size === 0;
  }

  #endChunk(at: number): void {
    this.#message.handler.chunkComplete(at);
    this.#state = SIZE_START;
  }

  /** Parses the rest after an extension's name or bare value. Gives the next position, or -1 when the parsing has failed. */
  #endElement(element: "chunkExtensionName" | "chunkExtensionValue", c: number, p: number, base: number): number {
    const message = this.#message;
    const what = element === "chunkExtensionName" ? "name" : "value";
    if (c === SEMICOLON || c === CR || (c === EQUALS && what === "name")) {
      message.handler.complete(element, base + p + 1);
      this.#state = c === SEMICOLON ? EXTENSION_START : c === CR ? SIZE_LF : EXTENSION_VALUE;
      this.#start = base + p + 1;
      return p + 1;
    }
    if (c === LF) {
      message.handler.complete(element, base + p);
      const reason = `Missing expected CR after chunk extension ${what}`;
      if (!message.tolerates("bare-lf", "CR_EXPECTED", reason, base + p)) return -1;
      this.#state = INVALID_EXTENSION;
      return p;
    }
    return this.#toleratesExtension(`Invalid character in chunk extensions ${what}`, base + p + 1) ? p : -1;
  }

  #toleratesValue(reason: string, at: number): boolean {
    this.#message.handler.span("chunkExtensionValue", this.#start, at);
    return this.#toleratesExtension(reason, at + 1);
  }

  /** A tolerant parser passes over the rest of the line. */
  #toleratesExtension(reason: string, at: number): boolean {
    this.#state = INVALID_EXTENSION;
    return this.#message.tolerates("invalid-chunk-extension", "STRICT", reason, at);
  }
}

const INVALID_SIZE = "Invalid character in chunk size";
