/**
 * Finds entries of a HAR file behind damage, where brackets and quotes no longer tell what is what: an entry is an object that has
 * `"startedDateTime"`, wherever among its fields, and `"request"`, from the brace that encloses it to the brace that closes it. What is not
 * closed before the next one begins is damaged. It is pushed what follows the damage, cut anywhere.
 */
export class EntrySearch {
  readonly #limit: number;
  readonly #found: (bytes: Uint8Array) => boolean;
  /** From where an entry may begin. */
  #held: Uint8Array = new Uint8Array(0);
  /** Not looked at yet. */
  #coming: Uint8Array[] = [];
  #comingBytes = 0;

  /**
   * @param limit bytes of one entry
   * @param found takes one; gives whether it can be read
   */
  constructor(limit: number, found: (bytes: Uint8Array) => boolean) {
    this.#limit = limit;
    this.#found = found;
  }

  /** Looks again at bytes that are held when they have doubled: each byte a few times, however long an entry is. */
  push(chunk: Uint8Array): void {
    this.#coming.push(chunk.slice());
    this.#comingBytes += chunk.length;
    if (this.#comingBytes >= Math.max(LEAST_LOOKED_AT, this.#held.length)) this.end();
  }

  /** Nothing follows. */
  end(): void {
    const bytes = new Uint8Array(this.#held.length + this.#comingBytes);
    let at = 0;
    for (const piece of [this.#held, ...this.#coming]) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#coming = [];
    this.#comingBytes = 0;
    this.#held = bytes.subarray(this.#search(bytes));
  }

  /** Gives where what has to be kept begins. */
  #search(bytes: Uint8Array): number {
    let mark = find(bytes, MARK, 0);
    // An entry begins behind the mark of the one before it.
    let from = 0;
    for (;;) {
      if (mark < 0) return bytes.length - from > this.#limit ? bytes.length - KEPT_BYTES : from;
      const start = findStart(bytes, mark, from);
      const next = find(bytes, MARK, mark + MARK.length);
      const end = start < 0 ? 0 : findEnd(bytes, start, next < 0 ? bytes.length : next);
      const isEntry = end > mark && find(bytes.subarray(start, end), REQUEST, 0) >= 0;
      const isRead = isEntry && this.#found(bytes.subarray(start, end));
      if (end === 0 && start >= 0 && next < 0) return bytes.length - start > this.#limit ? bytes.length : start;
      // An object that is no entry may have taken the next one's start with it.
      from = isRead ? end : mark + MARK.length;
      mark = next;
    }
  }
}

/** The brace that encloses the key at `mark`, not before `from`; -1 where there is none. */
function findStart(bytes: Uint8Array, mark: number, from: number): number {
  let depth = 0;
  for (let at = mark - 1; at >= from; at--) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = skipStringBackwards(bytes, at, from);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth++;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (depth === 0) return byte === OPEN_BRACE ? at : -1;
      depth--;
    }
  }
  return -1;
}

/** The quote at which the string begins that ends at `end`. */
function skipStringBackwards(bytes: Uint8Array, end: number, from: number): number {
  for (let at = end - 1; at >= from; at--) {
    if (bytes[at] !== QUOTE) continue;
    let escapes = 0;
    while (bytes[at - 1 - escapes] === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
    at -= escapes;
  }
  return from;
}

/** The end of the object that begins at `start`, or 0 where it does not end before `limit`. */
function findEnd(bytes: Uint8Array, start: number, limit: number): number {
  let depth = 0;
  let inString = false;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at]!;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  return 0;
}

function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(QUOTE, from); at >= 0; at = bytes.indexOf(QUOTE, at + 1)) {
    let same = 1;
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MARK = new TextEncoder().encode('"startedDateTime"');
/** Pages have a time too. */
const REQUEST = new TextEncoder().encode('"request"');
/** The mark may be cut in these. */
const KEPT_BYTES = 256;
const LEAST_LOOKED_AT = 64 * 1024;
