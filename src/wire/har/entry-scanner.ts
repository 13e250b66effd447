/**
 * Finds the elements of `log.entries` in the bytes of a HAR file, cut anywhere, without keeping more than one of them.
 *
 *     { "log": { …, "entries": [ {…}, {…} ], … } }
 *       depth 1   depth 2       depth 3: each value that begins here is handed on, whole
 *
 * Only strings and brackets are looked at: what a value is, the reader of the entry decides.
 */
export interface EntryHandler {
  /** The bytes of one element; its own copy or borrowed until the call returns. */
  entry(bytes: Uint8Array): void;
  /** An element of more bytes than are allowed. */
  tooLong(): void;
}

export class EntryScanner {
  readonly #limit: number;
  readonly #handler: EntryHandler;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last string at depth 1 or 2, which is a key when `:` follows: bounded. */
  #string = "";
  #key = "";
  #inLog = false;
  #inEntries = false;
  /** The entry that is being collected. */
  #pieces: Uint8Array[] | undefined;
  #kept = 0;
  #found = false;

  /** @param limit bytes of one element */
  constructor(limit: number, handler: EntryHandler) {
    this.#limit = limit;
    this.#handler = handler;
  }

  /** Whether `log.entries` was seen. */
  get foundEntries(): boolean {
    return this.#found;
  }

  /** Whether the document was closed. */
  get complete(): boolean {
    return this.#found && this.#depth === 0;
  }

  push(chunk: Uint8Array): void {
    let start = this.#pieces === undefined ? -1 : 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      if (byte === QUOTE) {
        this.#inString = true;
        this.#string = "";
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (this.#inEntries && this.#depth === 3 && this.#pieces === undefined) {
          this.#pieces = [];
          this.#kept = 0;
          start = at;
        }
        this.#open(byte);
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.#close();
        if (this.#depth === 3 && this.#pieces !== undefined) {
          this.#finish(chunk.subarray(start, at + 1));
          start = -1;
        }
      } else if (byte === COLON && this.#depth <= 2) this.#key = this.#string;
    }
    if (start >= 0) this.#keep(chunk.slice(start));
  }

  /** From inside a string to its end or the chunk's; gives the index of the last byte that was looked at. */
  #skipString(chunk: Uint8Array, from: number): number {
    const remember = this.#depth <= 2;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
      if (remember && this.#string.length < 16) this.#string += String.fromCharCode(byte);
    }
    return chunk.length;
  }

  #open(byte: number): void {
    this.#depth++;
    if (this.#depth === 2) this.#inLog = byte === OPEN_BRACE && this.#key === "log";
    if (this.#depth === 3 && this.#inLog && byte === OPEN_BRACKET && this.#key === "entries") {
      this.#inEntries = true;
      this.#found = true;
    }
  }

  #close(): void {
    if (this.#depth > 0) this.#depth--;
    if (this.#depth < 3) this.#inEntries = false;
  }

  #keep(piece: Uint8Array): void {
    this.#kept += piece.length;
    if (this.#kept > this.#limit) this.#pieces = [];
    else this.#pieces?.push(piece);
  }

  #finish(last: Uint8Array): void {
    const pieces = this.#pieces!;
    const size = this.#kept + last.length;
    this.#pieces = undefined;
    if (size > this.#limit) this.#handler.tooLong();
    else if (pieces.length === 0) this.#handler.entry(last);
    else {
      const whole = new Uint8Array(size);
      let at = 0;
      for (const piece of [...pieces, last]) {
        whole.set(piece, at);
        at += piece.length;
      }
      this.#handler.entry(whole);
    }
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
