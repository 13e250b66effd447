import { EntrySearch } from "./entry-search.ts";

/**
 * Finds the elements of `log.entries` in the bytes of a HAR file, cut anywhere, without keeping more than one of them.
 *
 *     { "log": { …, "entries": [ {…}, {…} ], … } }
 *       depth 1   depth 2       depth 3: each value that begins here is handed on, whole
 *
 * Only strings and brackets are looked at: what a value is, the reader of the entry decides. Where that is no JSON, or the file ends in
 * the middle, the entries behind the damage are searched.
 */
export interface EntryHandler {
  /** The bytes of one element; its own copy or borrowed until the call returns. Gives whether they are JSON. */
  entry(bytes: Uint8Array): boolean;
  /** An element of more bytes than are allowed. */
  tooLong(): void;
  /** Something that is no element stands in the list, or behind it: what follows is searched for entries. */
  outOfPlace(): void;
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
  /** The list of entries was closed, and nothing came behind it yet. */
  #isClosed = false;
  /** The file is damaged: what follows is searched. */
  #search: EntrySearch | undefined;
  /** All bytes, until the entries were found. */
  #start: Uint8Array[] = [];
  #started = 0;

  /** @param limit bytes of one element */
  constructor(limit: number, handler: EntryHandler) {
    this.#limit = limit;
    this.#handler = handler;
  }

  /** Whether `log.entries` was seen. */
  get foundEntries(): boolean {
    return this.#found;
  }

  /** Whether the document was not closed, as far as it can be told. */
  get isCut(): boolean {
    return this.#found && this.#depth > 0 && this.#search === undefined;
  }

  /** Nothing follows: an entry that is not closed may hold whole ones. */
  end(): void {
    const pieces = this.#pieces;
    if (this.#search === undefined) {
      if (pieces !== undefined) this.#searchBehind(join(pieces), true);
      else if (!this.#found) this.#searchBehind(join(this.#start), false);
    }
    this.#search?.end();
  }

  push(chunk: Uint8Array): void {
    if (this.#search !== undefined) {
      this.#search.push(chunk);
      return;
    }
    if (!this.#found) {
      this.#start.push(chunk.slice());
      this.#started += chunk.length;
    }
    this.#scan(chunk);
    if (this.#search !== undefined) return;
    if (!this.#found && this.#started > LARGEST_START) this.#searchBehind(join(this.#start), false);
    if (this.#found) this.#start = [];
  }

  #scan(chunk: Uint8Array): void {
    let start = this.#pieces === undefined ? -1 : 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      if (this.#isOutOfPlace(byte)) {
        this.#handler.outOfPlace();
        this.#searchBehind(chunk.subarray(at), false);
        return;
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
        if (this.#depth > 0) this.#depth--;
        if (this.#depth === 3 && this.#pieces !== undefined) {
          const whole = this.#finish(chunk.subarray(start, at + 1));
          start = -1;
          if (whole !== undefined) {
            // A quote or bracket that is missing may have swallowed what follows.
            this.#searchBehind(whole, true);
            this.#search!.push(chunk.subarray(at + 1));
            return;
          }
        } else if (this.#depth === 2 && this.#inEntries) {
          this.#inEntries = false;
          this.#isClosed = true;
          if (byte === CLOSE_BRACKET) continue;
          // One brace too many: the list goes on.
          this.#searchBehind(chunk.subarray(at + 1), false);
          return;
        }
      } else if (byte === COLON && this.#depth <= 2) this.#key = this.#string;
    }
    if (start >= 0) this.#keep(new Uint8Array(chunk.subarray(start)));
  }

  /** Whether this cannot follow in the list of entries, or behind it. */
  #isOutOfPlace(byte: number): boolean {
    if (this.#inEntries && this.#depth === 3) return this.#pieces === undefined && !BETWEEN_ENTRIES.has(byte);
    if (!this.#isClosed || SPACES.has(byte)) return false;
    this.#isClosed = false;
    return byte !== COMMA && byte !== CLOSE_BRACE;
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

  #keep(piece: Uint8Array): void {
    this.#kept += piece.length;
    if (this.#kept > this.#limit) this.#pieces = [];
    else this.#pieces?.push(piece);
  }

  /** Gives the bytes of an entry that is no JSON. */
  #finish(last: Uint8Array): Uint8Array | undefined {
    const pieces = this.#pieces!;
    const size = this.#kept + last.length;
    this.#pieces = undefined;
    if (size > this.#limit) {
      this.#handler.tooLong();
      return undefined;
    }
    const whole = pieces.length === 0 ? last : join([...pieces, last]);
    return this.#handler.entry(whole) ? undefined : whole;
  }

  /** @param isEntry they begin with an entry that is damaged */
  #searchBehind(bytes: Uint8Array, isEntry: boolean): void {
    this.#pieces = undefined;
    this.#search = this.#createSearch();
    this.#search.push(bytes.subarray(isEntry ? 1 : 0));
  }

  #createSearch(): EntrySearch {
    return new EntrySearch(Math.min(this.#limit, LARGEST_SEARCHED), (found) => this.#handler.entry(found));
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Longer than all that stands before the entries. */
const LARGEST_START = 1024 * 1024;
/** A longer entry is not searched for behind damage. */
const LARGEST_SEARCHED = 16 * 1024 * 1024;
const QUOTE = 0x22;

const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d, 0x0a]);
const BETWEEN_ENTRIES: ReadonlySet<number> = new Set([
  ...SPACES,
  ...[COMMA, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET],
]);
