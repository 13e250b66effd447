import type { MemoryBudget } from "../../../model/index.ts";
import { concatenate } from "../../../wire/bytes/concatenate.ts";
import { METHODS } from "../../../wire/http1/index.ts";
import { decodeLatin1 } from "../../../wire/text/latin1.ts";

/**
 * Where in `data` a message may begin, or -1: for a response `HTTP/1.1 200`, for a request a whole request line up to its
 * version. In the middle of a stream that is as sure as it gets.
 * @param searched how many of the first bytes were searched before, in vain
 */
export function findMessageStart(kind: "request" | "response", data: Uint8Array, searched = 0): number {
  for (
    let at = indexOfProtocol(data, Math.max(0, searched - LONGEST_VERSION));
    at >= 0;
    at = indexOfProtocol(data, at + 1)
  ) {
    if (kind === "response") {
      if (testStatusLine(data, at) === "yes") return at;
    } else {
      const start = findRequestLine(data, at);
      if (start >= 0) return start;
    }
  }
  return -1;
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
    while (this.#match === "more" && this.#at < data.length) this.#match = this.#take(data[this.#at++]!);
    if (this.#match === "more" && this.#part === "target" && this.#length > MAX_TARGET) this.#match = "no";
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
  #carry: Uint8Array = new Uint8Array(0);
  #length = 0;

  constructor(kind: "request" | "response") {
    this.#kind = kind;
  }

  /**
   * Searches `data` from `from` on, after what was searched before.
   * @returns how many bytes are passed over for good, and what begins with a message, if there is one. Bytes that are neither
   * are held, charged to the budget, until the next call.
   */
  search(data: Uint8Array, from: number, budget: MemoryBudget): { skipped: number; rest: Uint8Array | undefined } {
    const searched = this.#length;
    const joined = this.#join(data.subarray(from));
    budget.release(searched);
    this.#length = 0;
    const start = findMessageStart(this.#kind, joined, searched);
    if (start >= 0) {
      const rest = joined.slice(start);
      this.#carry = new Uint8Array(0);
      return { skipped: start, rest };
    }
    const needed = this.#kind === "request" ? MAX_CARRY : MAX_STATUS_LINE_START;
    const length = joined.length <= 2 * needed ? joined.length : needed;
    if (!budget.tryReserve(length)) return { skipped: joined.length, rest: undefined };
    const skipped = joined.length - length;
    this.#length = length;
    if (skipped > 0 || joined.buffer !== this.#carry.buffer) {
      this.#carry = new Uint8Array(2 * needed);
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
    this.#carry = new Uint8Array(0);
    this.#length = 0;
    return held;
  }
}

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

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
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

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isSpaceOrLineEnd(c: number): boolean {
  return c === SPACE || c === CR || c === LF;
}
