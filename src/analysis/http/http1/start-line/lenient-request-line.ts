import { CR, isWhiteSpace, TOKEN } from "../../../../wire/http1/characters.ts";
import { METHODS } from "../../../../wire/http1/index.ts";
import { decodeLatin1 } from "../../../../wire/text/latin1.ts";
import { type Match, testStatusLine } from "./message-start.ts";

/**
 * Tells whether a request line begins at some place as lenient readers take it (RFC 9112 §3): any white space between its parts and
 * within the target; without a version only where a known method asks for a path, or an unknown one of a host; and any line with a
 * version, or with one that is glued to what stands before it, that the fields of a head follow. It looks at each byte a bounded number of times.
 */
export class LenientRequestLineTest {
  readonly #at: number;
  /** Where the white space behind the method stands, once it is known. */
  #space = -1;
  /** Up to where no line feed stands. */
  #searched: number;
  #fields: FieldLinesTest | undefined;
  #match: Match = "more";

  constructor(at: number) {
    this.#at = at;
    this.#searched = at;
  }

  /** @param data the bytes of before, and perhaps more behind them; `more` when they end before it is clear */
  test(data: Uint8Array): Match {
    if (this.#match === "more") this.#match = this.#look(data);
    return this.#match;
  }

  #look(data: Uint8Array): Match {
    const at = this.#at;
    // Nothing but HTTP/2's preface begins so.
    if (data[at] === 0x50 && data[at + 1] === 0x52 && data[at + 2] === 0x49) return "no";
    if (this.#fields !== undefined) return this.#fields.test(data);
    if (this.#space < 0) this.#space = findMethodEnd(data, at);
    const lineEnd = data.indexOf(LF, this.#searched);
    if (this.#space < 0 && lineEnd < 0) return data.length - at <= MAX_METHOD && isText(data, at) ? "more" : "no";
    this.#searched = data.length;
    if (lineEnd < 0 && data.length - at <= MAX_TARGET) return "more";
    if (lineEnd < 0) return isPathOfKnownMethod(data, at, this.#space) ? "yes" : "no";
    if (this.#space >= 0 && isRequestLine(data, at, this.#space, lineEnd)) return "yes";
    if (lineEnd - at > MAX_TARGET) return "no";
    const line = decodeLatin1(data.subarray(at, lineEnd));
    const named = namesProtocol(line);
    if (!named && !ASKS_FOR_PATH.test(line)) return "no";
    this.#fields = new FieldLinesTest(lineEnd + 1, named ? undefined : "host");
    return this.#fields.test(data);
  }
}

/** Tells whether lines of fields, at least one (`wanted`, in lower case, where that is said), and the empty line that ends a head follow. */
class FieldLinesTest {
  readonly #first: number;
  #wanted: string | undefined;
  /** Where the line begins that is yet to be looked at. */
  #line: number;
  /** Up to where no line feed stands in it. */
  #searched: number;

  constructor(at: number, wanted: string | undefined) {
    this.#first = at;
    this.#wanted = wanted;
    this.#line = at;
    this.#searched = at;
  }

  test(data: Uint8Array): Match {
    for (;;) {
      const end = data.indexOf(LF, this.#searched);
      this.#searched = end < 0 ? data.length : end + 1;
      if (end < 0) return data.length - this.#first <= MAX_TARGET ? "more" : "no";
      if (end === this.#line || (end === this.#line + 1 && data[end - 1] === CR))
        return this.#line > this.#first && this.#wanted === undefined ? "yes" : "no";
      const line = decodeLatin1(data.subarray(this.#line, Math.min(end, this.#line + MAX_NAME)));
      const [, name] = /^([\w!#$%&'*+.^`|~-]+):/.exec(line) ?? [];
      if (name === undefined) return "no";
      if (name.toLowerCase() === this.#wanted) this.#wanted = undefined;
      this.#line = end + 1;
    }
  }
}

/**
 * Ends in HTTP's version, white space within it or not, or a known method, or another one with a path, asks for something that it is
 * glued to. Of control characters NUL alone is borne.
 */
function namesProtocol(line: string): boolean {
  if (line.startsWith("\0")) return false;
  for (let i = 0; i < line.length; i++) if (isForeign(line.charCodeAt(i))) return false;
  // Two repetitions that both take white space would look at a long run of it as often as it is long.
  if (/(?:^|[\s\v])HTTP(?:\/\d[\w.,;"']*[\s\v]*|\s*\/\s*\d[\d\s.,]*)$/i.test(line)) return true;
  const [method = ""] = /^[A-Z-]+/.exec(line) ?? [];
  return (METHODS.includes(method) || ASKS_FOR_PATH.test(line)) && /HTTP\/\d[\w.,]*\s*$/i.test(line);
}

/** A word in capitals, and a path or an URL of HTTP. */
const ASKS_FOR_PATH = /^[A-Z][A-Z-]+[ \t]+(?:\/|https?:\/\/)[^\s]*[\s\v]*$/;

/** Whether a start line that the tap cut begins at `at`: a known method and its path, URL, host or `*`, or a status line up to the status. */
export function testCutStartLine(kind: "request" | "response", data: Uint8Array, at: number): boolean {
  if (kind === "response") return data.length >= at + 12 && testStatusLine(data, at) !== "no";
  const space = findMethodEnd(data, at);
  if (space < 0 || !isKnownMethod(data, at, space)) return false;
  return isPathOfKnownMethod(data, at, space) || OTHER_TARGET.test(decodeLatin1(data.subarray(at, space + 256)));
}

/**
 * Where a start line that the tap cut begins in bytes that were searched for whole ones in vain: with them, with the packet that was cut, or
 * in it behind the last chunk of a body (RFC 9112 §7.1). Anywhere else it may be what somebody wrote. -1 where none does.
 * @param packet where that packet's bytes begin
 */
export function findCutStartLine(kind: "request" | "response", data: Uint8Array, packet: number): number {
  if (testCutStartLine(kind, data, 0)) return 0;
  if (packet > 0 && testCutStartLine(kind, data, packet)) return packet;
  for (let at = data.lastIndexOf(ZERO); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(ZERO, at - 1)) {
    const isLastChunk = LAST_CHUNK.every((byte, i) => data[at + i] === byte) && (at === 0 || data[at - 1] === LF);
    const behind = at + LAST_CHUNK.length;
    if (isLastChunk) return testCutStartLine(kind, data, behind) ? behind : -1;
  }
  return -1;
}

/** The forms of a target that are no path (RFC 9112 §3.2). */
const OTHER_TARGET = /^[A-Z-]+[ \t]+(?:https?:\/\/|\*(?:\s|$))|^CONNECT[ \t]+[\w.[\]:-]+:\d/i;

function isRequestLine(data: Uint8Array, at: number, space: number, lineEnd: number): boolean {
  let end = lineEnd;
  while (end > space && data[end - 1]! <= SPACE) end--;
  let word = end;
  while (word > space && data[word - 1]! > SPACE) word--;
  const last = decodeLatin1(data.subarray(word, Math.min(end, word + 16)));
  if (/^HTTP\/\d/i.test(last) && isToken(data, at, space))
    return hasTarget(data, space, word) || isKnownMethod(data, at, space);
  if (/^HTTP\/\d\.\d$/.test(last)) return hasTarget(data, space, word);
  // Another protocol's version, `RTSP/1.0` or `SIP/2.0`, says that it is that protocol's.
  return isPathOfKnownMethod(data, at, space) && !/^[A-Z]+\/\d/.test(last);
}

/** Where the white space behind the first word stands, which has to begin with a letter; -1 where it does not. */
function findMethodEnd(data: Uint8Array, at: number): number {
  let i = at;
  while (i < data.length && i - at <= MAX_METHOD && isVisible(data[i]!)) i++;
  const isWord = i > at && i - at <= MAX_METHOD && isLetter(data[at]!);
  return isWord && i < data.length && (isWhiteSpace(data[i]!) || data[i] === CR) ? i : -1;
}

/** Text in which the line's end may be yet to come: what is binary shows that soon. */
function isText(data: Uint8Array, at: number): boolean {
  for (let i = at; i < data.length; i++) if (isForeign(data[i]!) || (i === at && data[i] === 0)) return false;
  return at < data.length;
}

/** A control character that no line of text has. */
function isForeign(c: number): boolean {
  return c < SPACE && c !== 0 && c !== CR && !isWhiteSpace(c);
}

function isVisible(c: number): boolean {
  return c > SPACE && c < 0x7f;
}

function isToken(data: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (TOKEN[data[i]!] !== 1) return false;
  return true;
}

function isKnownMethod(data: Uint8Array, from: number, to: number): boolean {
  return METHODS.includes(decodeLatin1(data.subarray(from, to)));
}

function hasTarget(data: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (data[i]! > SPACE) return true;
  return false;
}

function isPathOfKnownMethod(data: Uint8Array, at: number, space: number): boolean {
  let i = space;
  while (i < data.length && (isWhiteSpace(data[i]!) || data[i] === CR)) i++;
  return data[i] === SLASH && isKnownMethod(data, at, space);
}

function isLetter(c: number): boolean {
  return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
}

/** Longer than any method in use. */
const MAX_METHOD = 64;
const MAX_NAME = 256;
/** Bytes of a line, and of the fields behind it, that detection waits for. */
const MAX_TARGET = 16 * 1024;
const LF = 0x0a;
const SPACE = 0x20;
const SLASH = 0x2f;
const ZERO = 0x30;
const LAST_CHUNK: readonly number[] = [ZERO, CR, LF, CR, LF];
