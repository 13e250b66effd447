import { type RespHandler, RespParser } from "../../../wire/redis/index.ts";
import { findCommand } from "../commands.ts";

/** Evidence in bytes of who sent them. `more`: so far they agree, and more would tell. */
export type Evidence = "yes" | "no" | "more";

/**
 * Whether a command begins there: an array of strings (RESP2.md, "Sending commands to a Redis server") of which the first is
 * whole, and a word. `yes` only for a command that is known, or with `anyName`.
 */
export function beginsWithCommand(data: Uint8Array, start: number, anyName: boolean): Evidence {
  const count = readCount(data, start, ARRAY);
  if (typeof count === "string") return count;
  if (count.value < 1 || count.value > MAX_WORDS) return "no";
  const length = readCount(data, count.end, BULK);
  if (typeof length === "string") return length;
  if (length.value < 1 || length.value > MAX_NAME) return "no";
  const end = length.end + length.value;
  let name = "";
  for (let at = length.end; at < Math.min(end, data.length); at++) {
    if (!isNameByte(data[at]!)) return "no";
    name += String.fromCharCode(data[at]!);
  }
  if (data.length > end && data[end] !== CR) return "no";
  if (data.length > end + 1 && data[end + 1] !== LF) return "no";
  if (data.length < end + 2) return "more";
  return anyName || findCommand(name.toUpperCase()) !== undefined ? "yes" : "no";
}

/**
 * Whether the line that begins there may be an inline command: a known name, alone or with words after it. That is little: others
 * speak in such lines too (`QUIT`, `AUTH`, `GET /`), and only the server's answer proves that it is Redis.
 */
export function beginsWithInlineCommand(data: Uint8Array, start = 0): Evidence {
  let end = start;
  while (end < data.length && isNameByte(data[end]!)) end++;
  if (end - start > MAX_NAME) return "no";
  const name = String.fromCharCode(...data.subarray(start, end)).toUpperCase();
  if (end === data.length) return "more";
  if (findCommand(name) === undefined) return "no";
  const lf = data.subarray(end, end + MAX_INLINE).indexOf(LF);
  if (lf < 0) return data.length - end < MAX_INLINE ? "more" : "no";
  const line = data.subarray(end, end + lf);
  if (line.length > 0 && line[0] !== SPACE && !(line[0] === CR && line.length === 1)) return "no";
  return line.every((byte) => byte >= SPACE || byte === CR || byte === TAB) && !isHttpVersion(line) ? "yes" : "no";
}

/** The values in bytes that may be replies (of a value that is longer, the first bytes). */
export interface RepliesSeen {
  readonly whole: number;
  /** One of them is more than a line: others send lines like `+OK` too. */
  readonly isTelling: boolean;
  readonly failed: boolean;
}

export function lookForReplies(data: Uint8Array, start: number): RepliesSeen {
  const counter = new ReplyCounter();
  const parser = new RespParser({ handler: counter });
  parser.push(data.subarray(start));
  return { whole: counter.whole, isTelling: counter.isTelling, failed: parser.problem !== undefined };
}

/** The bytes that values begin with (RESP3.md, "Overview of the types"). */
export const RESP_TYPES: ReadonlySet<number> = new Set(Array.from("+-:$*_#,(!=%~>|", (type) => type.charCodeAt(0)));

class ReplyCounter implements RespHandler {
  whole = 0;
  isTelling = false;
  #isString = false;

  messageBegin(): void {
    this.#isString = false;
  }

  messageEnd(): void {
    this.whole++;
    if (this.#isString) this.isTelling = true;
  }

  line(): void {}
  inline(): void {}
  stringBegin(): void {}
  stringBytes(): void {}
  stringGap(): void {}

  stringEnd(): void {
    this.#isString = true;
  }

  aggregateBegin(): void {}

  aggregateEnd(): void {
    this.#isString = true;
  }
}

/** The number in a line that begins with `type`: `*3`, `$7`. */
function readCount(data: Uint8Array, start: number, type: number): { value: number; end: number } | "no" | "more" {
  if (start >= data.length) return "more";
  if (data[start] !== type) return "no";
  let value = 0;
  for (let at = start + 1; at < data.length; at++) {
    const digit = data[at]! - 0x30;
    if (digit >= 0 && digit <= 9 && at - start <= MAX_DIGITS) value = value * 10 + digit;
    else if (data[at] !== CR || at === start + 1) return "no";
    else if (at + 1 === data.length) return "more";
    else return data[at + 1] === LF ? { value, end: at + 2 } : "no";
  }
  return "more";
}

/** Letters, digits, and what stands in the names of modules' commands: `JSON.GET`, `RESTORE-ASKING`. */
function isNameByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f
  );
}

function isHttpVersion(line: Uint8Array): boolean {
  return /HTTP\/\d/.test(String.fromCharCode(...line.subarray(-16)));
}

const ARRAY = 0x2a;
const BULK = 0x24;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const MAX_DIGITS = 7;
const MAX_WORDS = 1024 * 1024;
const MAX_NAME = 64;
/** The length of an inline command that is still looked at to tell the protocol. */
const MAX_INLINE = 1024;
