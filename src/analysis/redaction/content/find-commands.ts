import type { NameTable } from "../names/name-table.ts";
import { isCommandWord, mayBeWindowsFlag } from "./find-spoken.ts";
import { SPOKEN } from "./redact-commands.ts";

/** A space may part a secret from what names it. */
export const COMMANDS = 1;
/** A statement of SQL may insert something. */
export const INSERTS = 2;
/** It may be a mnemonic. */
export const MANY_WORDS = 4;

/**
 * Tells for which things in a text of JSON that has spaces a search is worth its cost: nothing that they find is missed.
 * @param codes of the text: `characterCodes`
 * @param begin its quote; `end` is behind the other one
 * @param mayTell it has other quotes, or letters that are not ASCII
 */
export function findCommands(
  text: string,
  codes: Uint8Array,
  begin: number,
  end: number,
  mayTell: boolean,
  table: NameTable,
): number {
  let spaces = 0;
  let found = 0;
  let isTelling = mayTell;
  for (let at = begin + 1; at < end; at++) {
    if (codes[at] !== SPACE) continue;
    spaces++;
    if (isCommandWord(codes, startOfWord(codes, begin, at), at) || mayBeWindowsFlag(codes, at)) found |= COMMANDS;
    isTelling ||= mayEndCommand(codes, at) || mayBeSpoken(codes, at + 1);
  }
  if (spaces >= WORDS) found |= MANY_WORDS;
  // Its quote may be taken for that of a value.
  if (codes[end - 2] === SPACE) found |= COMMANDS;
  if (!isTelling) return found;
  const piece = text.slice(begin, end);
  if (INSERT.test(piece)) found |= INSERTS;
  if (COMMAND_WORD.test(piece)) return found | COMMANDS;
  if (!SPOKEN_SIGN.test(piece)) return found;
  for (const [, , name] of piece.matchAll(SPOKEN)) if (table.isSecret(name!)) return found | COMMANDS;
  return found;
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

/** Whether what ends at a space may be `password`, `identified`, `ConvertTo-SecureString` or `insert`; or it ends in a colon. */
function mayEndCommand(codes: Uint8Array, space: number): boolean {
  const last = codes[space - 1]! | 0x20;
  const before = codes[space - 2]! | 0x20;
  if (last === LETTER_D) return before === LETTER_R || before === LETTER_E;
  if (last === LETTER_G) return before === LETTER_N;
  return last === LETTER_T ? before === LETTER_R : codes[space - 1] === COLON;
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

/** Spaces of a mnemonic (BIP 39). */
const WORDS = 11;
const SPOKEN_SIGN = / (?:is|was|to|be) |: | ["'`]/i;
const COMMAND_WORD = /password\s|identified|securestring/i;
const INSERT = /insert\s/i;
const SPACE = 0x20;
const DASH = 0x2d;
const COLON = 0x3a;
const LETTER_D = 0x64;
const LETTER_E = 0x65;
const LETTER_G = 0x67;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const LETTER_T = 0x74;
const LETTER_W = 0x77;
