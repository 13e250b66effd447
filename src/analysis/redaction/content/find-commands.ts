import type { TextNames } from "../names/text-names.ts";
import { isCommandWord, mayBeWindowsFlag, mayEndCommandWord } from "./find-spoken.ts";
import { SPOKEN } from "./redact-commands.ts";

/**
 * Whether in a text of JSON that has spaces one may part a secret from what names it: nothing that `redactCommands` finds is missed.
 * @param begin its quote; `end` is behind the other one
 * @param mayTell it has other quotes, or letters that are not ASCII
 */
export function findCommands(names: TextNames, begin: number, end: number, mayTell: boolean): boolean {
  const { text, codes } = names;
  // Its quote may be taken for that of a value.
  if (codes[end - 2] === SPACE) return true;
  let isTelling = mayTell;
  for (let at = begin + 1; at < end; at++) {
    if (codes[at] !== SPACE) continue;
    if (mayEndCommandWord(codes, at) && isCommandWord(codes, startOfWord(codes, begin, at), at)) return true;
    if (mayBeWindowsFlag(codes, at)) return true;
    isTelling ||= mayEndCommand(codes, at) || mayBeSpoken(codes, at + 1);
  }
  if (!isTelling) return false;
  const piece = text.slice(begin, end);
  if (COMMAND_WORD.test(piece)) return true;
  if (!SPOKEN_SIGN.test(piece)) return false;
  for (const [, , name] of piece.matchAll(SPOKEN)) if (names.isSecretName(name!)) return true;
  return false;
}

/** Where the letters begin that end before `end`: a word that is too long for any is cut. */
function startOfWord(codes: Uint8Array, begin: number, end: number): number {
  let start = end;
  while (start > begin && end - start <= MAX_WORD && isLetter(codes[start - 1]!)) start--;
  return start;
}

const MAX_WORD = 16;

/** Whether a text of JSON has `-name` or `--name`, at its beginning, or behind white space, a quote or a bracket. */
export function hasFlag(codes: Uint8Array, begin: number, end: number): boolean {
  for (let at = begin + 1; at < end - 1; at++) {
    if (codes[at] !== DASH || BEFORE_FLAG[codes[at - 1]!] === 0) continue;
    if (isLetter(codes[at + 1] === DASH ? codes[at + 2]! : codes[at + 1]!)) return true;
  }
  return false;
}

/** Whether a text of JSON, quotes included, may have `name("…`: the quote may be its own. */
export function mayBeCall(text: string): boolean {
  return /\w\([ \t]{0,8}["']/.test(text);
}

/** Whether what ends at a space may be `password`, `identified` or `ConvertTo-SecureString`; or it ends in a colon. */
function mayEndCommand(codes: Uint8Array, space: number): boolean {
  const last = codes[space - 1]! | 0x20;
  const before = codes[space - 2]! | 0x20;
  if (last === LETTER_D) return before === LETTER_R || before === LETTER_E;
  return last === LETTER_G ? before === LETTER_N : codes[space - 1] === COLON;
}

/** Whether one of `is`, `to`, `be` and `was` may stand there, and a space behind it. */
function mayBeSpoken(codes: Uint8Array, start: number): boolean {
  return codes[start + 2] === SPACE || (codes[start + 3] === SPACE && (codes[start]! | 0x20) === LETTER_W);
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

const BEFORE_FLAG = new Uint8Array(0x100).fill(1, 0x80);
for (const character of " \t\n\v\f\r\"'`(") BEFORE_FLAG[character.charCodeAt(0)] = 1;

const SPOKEN_SIGN = / (?:is|was|to|be) |: | ["'`]/i;
const COMMAND_WORD = /password\s|identified|securestring/i;
const SPACE = 0x20;
const DASH = 0x2d;
const COLON = 0x3a;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_G = 0x67;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const LETTER_W = 0x77;
