import type { MemoryBudget } from "../../../../model/index.ts";
import { concatenate } from "../../../../wire/bytes/concatenate.ts";
import { TOKEN } from "../../../../wire/http1/characters.ts";
import { METHODS } from "../../../../wire/http1/index.ts";
import { decodeLatin1 } from "../../../../wire/text/latin1.ts";

/** The place of a message's beginning, or -1, and where the start line stands whose head is yet to come, or -1. */
export interface FoundStart {
  readonly start: number;
  readonly pending: number;
}

/**
 * Where in `data` a message begins: for a response at `HTTP/1.1 200`, for a request at a whole request line up to its version; a field or the
 * empty line has to follow, so that text about HTTP in another protocol is none. In the middle of a stream that is as sure as it gets.
 * @param searched how many of the first bytes were searched before, in vain
 */
export function findMessageStart(kind: "request" | "response", data: Uint8Array, searched = 0): FoundStart {
  for (
    let at = indexOfProtocol(data, Math.max(0, searched - LONGEST_VERSION));
    at >= 0;
    at = indexOfProtocol(data, at + 1)
  ) {
    const start = kind === "response" ? (testStatusLine(data, at) === "yes" ? at : -1) : findRequestLine(data, at);
    const match = start < 0 ? "no" : testFirstField(data, at + 8);
    if (match === "yes") return { start, pending: -1 };
    if (match === "more") return { start: -1, pending: start };
  }
  return NOT_FOUND;
}

const NOT_FOUND: FoundStart = { start: -1, pending: -1 };

/** Whether a field, or the end of the head, follows on the line whose version ends at `at`. */
function testFirstField(data: Uint8Array, at: number): Match {
  const lineEnd = data.indexOf(LF, at);
  if (lineEnd < 0 || lineEnd - at > MAX_REASON) return data.length - at > MAX_REASON ? "no" : "more";
  let nameEnd = 0;
  for (let i = lineEnd + 1; i < data.length; i++) {
    const c = data[i]!;
    if (i === lineEnd + 1 && (c === CR || c === LF)) return "yes";
    if (c === COLON) return i > lineEnd + 1 ? "yes" : "no";
    if (i - lineEnd > MAX_FIELD_NAME) return "no";
    if (isSpaceOrTab(c)) nameEnd = i;
    else if (!TOKEN[c] || nameEnd > 0) return "no";
  }
  return "more";
}

/** Whether a status line of HTTP/1 begins at `at`; `more` when the bytes end before that is clear. */
export function testStatusLine(data: Uint8Array, at: number): Match {
  const version = testVersion(data, at);
  if (version !== "yes") return version;
  for (let i = at + 8; i < at + 12; i++) {
    if (i >= data.length) return "more";
    if (i === at + 8 ? data[i] !== SPACE : !isDigit(data[i]!)) return "no";
  }
  if (at + 12 >= data.length) return "more";
  return isSpaceOrLineEnd(data[at + 12]!) ? "yes" : "no";
}

/** Tells whether a request line of HTTP/1 begins at some place: method, target and version. It looks at each byte once. */
export class RequestLineTest {
  #at: number;
  /** Bytes of the part that is being read. */
  #length = 0;
  #part: "method" | "target" | "version" = "method";
  #match: Match = "more";

  constructor(at: number) {
    this.#at = at;
  }

  /** @param data the bytes of before, and perhaps more behind them; `more` when they end before it is clear */
  test(data: Uint8Array): Match {
    while (this.#match === "more") {
      if (this.#part === "target") this.#passTarget(data);
      if (this.#at >= data.length) break;
      this.#match = this.#take(data[this.#at++]!);
    }
    if (this.#match === "more" && this.#part === "target" && this.#length > MAX_TARGET) this.#match = "no";
    return this.#match;
  }

  /** @param data more bytes, behind those of before; for those who do not keep these */
  feed(data: Uint8Array): Match {
    for (let i = 0; this.#match === "more" && i < data.length; i++) this.#match = this.#take(data[i]!);
    return this.#match;
  }

  #take(byte: number): Match {
    switch (this.#part) {
      case "method":
        if (isMethodCharacter(byte) || isMethodCharacter(byte & ~0x20))
          return ++this.#length > MAX_METHOD ? "no" : "more";
        return this.#length > 0 && byte === SPACE ? this.#begin("target") : "no";
      case "target":
        if (byte > SPACE) this.#length++;
        else return this.#length > 0 && byte === SPACE ? this.#begin("version") : "no";
        return "more";
      case "version":
        if (this.#length === 8) return byte === CR || byte === LF ? "yes" : "no";
        return (this.#length === 7 ? isDigit(byte) : byte === PROTOCOL[this.#length]) && ++this.#length > 0
          ? "more"
          : "no";
    }
  }

  #passTarget(data: Uint8Array): void {
    const from = this.#at;
    let at = from;
    while (at < data.length && data[at]! > SPACE) at++;
    this.#at = at;
    this.#length += at - from;
  }

  #begin(part: "target" | "version"): Match {
    this.#part = part;
    this.#length = 0;
    return "more";
  }
}

export type Match = "yes" | "no" | "more";

/** Looks for the next message over any split of the bytes, with a bounded memory of what came before. */
export class MessageStartFinder {
  readonly #kind: "request" | "response";
  /** The last bytes that were searched: a start line may have begun in them. Between one and two times as many as are needed. */
  #carry: Uint8Array = NOTHING;
  #length = 0;
  /** How many of these were searched in vain. */
  #searched = 0;

  constructor(kind: "request" | "response") {
    this.#kind = kind;
  }

  /**
   * Searches `data` from `from` on, after what was searched before.
   * @returns how many bytes are passed over for good, and what begins with a message, if there is one. Bytes that are neither
   * are held, charged to the budget, until the next call.
   */
  search(data: Uint8Array, from: number, budget: MemoryBudget): { skipped: number; rest: Uint8Array | undefined } {
    const held = this.#length;
    const joined = this.#join(data.subarray(from));
    budget.release(held);
    this.#length = 0;
    const { start, pending } = findMessageStart(this.#kind, joined, this.#searched);
    if (start >= 0) {
      this.#searched = 0;
      const rest = joined.slice(start);
      this.#carry = NOTHING;
      return { skipped: start, rest };
    }
    const needed = this.#kind === "request" ? MAX_CARRY : MAX_STATUS_LINE_START;
    const length = pending >= 0 ? joined.length - pending : joined.length <= 2 * needed ? joined.length : needed;
    this.#searched = pending >= 0 ? 0 : length;
    if (!budget.tryReserve(length)) return { skipped: joined.length, rest: undefined };
    const skipped = joined.length - length;
    this.#length = length;
    if (skipped > 0 || joined.buffer !== this.#carry.buffer) {
      this.#carry = new Uint8Array(Math.max(2 * needed, 2 * length));
      this.#carry.set(joined.subarray(skipped));
    }
    return { skipped, rest: undefined };
  }

  /** Joins what is held and `fresh` behind it: in its own memory as long as there is room. */
  #join(fresh: Uint8Array): Uint8Array {
    const length = this.#length + fresh.length;
    if (length > this.#carry.length) return concatenate([this.#carry.subarray(0, this.#length), fresh]);
    this.#carry.set(fresh, this.#length);
    return this.#carry.subarray(0, length);
  }

  /** Gives the held bytes to the caller: nothing was passed over before them. */
  take(budget: MemoryBudget): Uint8Array {
    const held = this.#carry.slice(0, this.#length);
    budget.release(this.#length);
    this.#length = 0;
    this.#searched = 0;
    return held;
  }

  /** The bytes that are held; valid until the next call. */
  get held(): Uint8Array {
    return this.#carry.subarray(0, this.#length);
  }

  /** Gives up: how many bytes were held. */
  release(budget: MemoryBudget): number {
    const held = this.#length;
    budget.release(held);
    this.#carry = NOTHING;
    this.#length = 0;
    this.#searched = 0;
    return held;
  }
}

/** Bytes of a line behind its version, and of the first field's name, at most. */
const MAX_REASON = 512;
const MAX_FIELD_NAME = 128;
/** Longer than any method in use. */
const MAX_METHOD = 32;
/** Bytes of a target that detection waits for. */
const MAX_TARGET = 16 * 1024;
/** Bytes of an incomplete request line that the search remembers. */
const MAX_CARRY = 4096;
/** `HTTP/1.1 200` and the byte after it. */
const LONGEST_VERSION = 13;
/** The same, less one. */
const MAX_STATUS_LINE_START = 12;

const NOTHING: Uint8Array = new Uint8Array(0);
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const PROTOCOL = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];

function testVersion(data: Uint8Array, at: number): Match {
  for (let i = 0; i < 7; i++) {
    if (at + i >= data.length) return "more";
    if (data[at + i] !== PROTOCOL[i]) return "no";
  }
  if (at + 7 >= data.length) return "more";
  return isDigit(data[at + 7]!) ? "yes" : "no";
}

function indexOfProtocol(data: Uint8Array, from: number): number {
  for (let at = data.indexOf(0x48, from); at >= 0; at = data.indexOf(0x48, at + 1))
    if (testVersion(data, at) === "yes") return at;
  return -1;
}

/** The start of the request line whose version stands at `version`, or -1. */
function findRequestLine(data: Uint8Array, version: number): number {
  const after = data[version + 8];
  if (after !== CR && after !== LF) return -1;
  if (version === 0 || data[version - 1] !== SPACE) return -1;
  let i = version - 2;
  while (i >= 0 && data[i]! > SPACE) i--;
  if (i < 1 || i === version - 2 || data[i] !== SPACE) return -1;
  let start = i;
  while (start > 0 && i - start < MAX_METHOD && isMethodCharacter(data[start - 1]!)) start--;
  return start < i ? skipForeignLetters(data, start, i) : -1;
}

/**
 * Where a known method begins behind letters that are no part of it, as behind the port 80 that ends SOCKS' request: `P` of `PGET`. Of
 * one whose first letters are missing (`OST`) so may be more than these: -1.
 */
function skipForeignLetters(data: Uint8Array, start: number, end: number): number {
  if (start > 0 && data[start - 1] === LF) return start;
  const from = start === 0 ? end : start;
  for (let at = from; at < end; at++) if (METHOD_NAMES.has(decodeLatin1(data.subarray(at, end)))) return at;
  const method = decodeLatin1(data.subarray(start, end));
  return !METHOD_NAMES.has(method) && METHODS.some((known) => known.endsWith(method)) ? -1 : start;
}

const METHOD_NAMES: ReadonlySet<string> = new Set(METHODS);

/** Methods are upper-case letters and hyphens in practice; a search in the middle of anything that took every token would find too much. */
function isMethodCharacter(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || c === 0x2d || c === 0x5f;
}

function isSpaceOrTab(c: number): boolean {
  return c === SPACE || c === 0x09;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isSpaceOrLineEnd(c: number): boolean {
  return c === SPACE || c === CR || c === LF;
}
