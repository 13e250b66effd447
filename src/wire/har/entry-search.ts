/**
 * Finds entries of a HAR file behind damage, where brackets and quotes no longer tell what is what: an entry is an object that has
 * `"startedDateTime"` and `"request"`, from the brace before it to the brace that closes it. What is not closed before the next one begins is
 * damaged. It is pushed what follows the damage, cut anywhere.
 */
export class EntrySearch {
  readonly #limit: number;
  readonly #found: (bytes: Uint8Array) => void;
  /** From where an entry may begin. */
  #bytes: Uint8Array = new Uint8Array(0);

  /** @param limit bytes of one entry */
  constructor(limit: number, found: (bytes: Uint8Array) => void) {
    this.#limit = limit;
    this.#found = found;
  }

  push(chunk: Uint8Array): void {
    const held = new Uint8Array(this.#bytes.length + chunk.length);
    held.set(this.#bytes);
    held.set(chunk, this.#bytes.length);
    this.#bytes = held.subarray(this.#search(held));
  }

  /** Gives where what has to be kept begins. */
  #search(bytes: Uint8Array): number {
    let mark = find(bytes, MARK, 0);
    let done = 0;
    for (;;) {
      if (mark < 0) return Math.max(done, bytes.length - KEPT_BYTES);
      const start = bytes.subarray(0, mark).lastIndexOf(OPEN_BRACE);
      const next = find(bytes, MARK, mark + MARK.length);
      const end = start < 0 ? 0 : findEnd(bytes, start, next < 0 ? bytes.length : next);
      if (end > 0 && find(bytes.subarray(start, end), REQUEST, 0) >= 0) this.#found(bytes.subarray(start, end));
      if (end > 0) done = end;
      else if (next < 0) return bytes.length - start > this.#limit ? bytes.length : Math.max(0, start);
      mark = next < 0 && end > 0 ? find(bytes, MARK, end) : next;
    }
  }
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
/** The brace of an entry whose mark is not there yet stands in these. */
const KEPT_BYTES = 256;
