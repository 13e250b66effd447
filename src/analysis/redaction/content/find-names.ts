import { NAME_AS_VALUE, NAMING, type NameTable, SECRET, TYPING } from "../names/name-table.ts";

/**
 * Whether names may stand before values in a part of a text, by what stands before each colon, equals sign and arrow: `SECRET` where one
 * is a secret's, `NAMING` where one says that a name follows (`"name": "password"`), and that is a secret's. Nothing that the searches
 * for them find is missed.
 * @param codes of the text: `characterCodes`
 */
export function findNames(text: string, codes: Uint8Array, from: number, to: number, table: NameTable): number {
  let found = 0;
  for (let at = from; at < to && found !== ALL; at++) {
    const code = codes[at]!;
    if (code > GREATER || JOINTS[code] === 0) continue;
    if (code === GREATER) {
      if (at > from && codes[at - 1] === DASH) found |= findBefore(text, codes, from, at - 1, table) & SECRET;
    } else if (code !== COLON || codes[at + 1] !== SLASH || codes[at + 2] !== SLASH) {
      const before = findBefore(text, codes, from, at, table);
      if ((before & TYPING) !== 0 && isSecretType(text, codes, at + 1)) found |= NAMING;
      found |= (before & NAMING) === 0 || isSecretNamed(text, codes, at + 1, table) ? before & ALL : before & SECRET;
    }
  }
  return found;
}

const ALL = SECRET | NAMING;

/** Whether a type follows that is a secret's: `password`, `secret` or `SecureString`. */
export function isSecretType(text: string, codes: Uint8Array, from: number): boolean {
  let at = from;
  while (at < codes.length && isSpace(text, codes, at)) at++;
  if (codes[at] === 0x22 || codes[at] === 0x27) at++;
  const first = codes[at]! | 0x20;
  if (first !== 0x70 && first !== 0x73) return false;
  return /^(?:password|secret|securestring)\b/i.test(text.slice(at, at + MAX_WORD));
}

/** Whether what follows is a secret's name. */
export function isSecretNamed(text: string, codes: Uint8Array, from: number, table: NameTable): boolean {
  let at = from;
  while (at < codes.length && isSpace(text, codes, at)) at++;
  if (codes[at] === 0x22 || codes[at] === 0x27) at++;
  if (at >= codes.length || !isValueCode(codes[at]!)) return false;
  NAME_VALUE.lastIndex = at;
  return NAME_VALUE.test(text) && table.isSecret(text.slice(at, NAME_VALUE.lastIndex));
}

const NAME_VALUE = new RegExp(NAME_AS_VALUE, "y");

/** By the name that ends before `end`, white space aside. */
function findBefore(text: string, codes: Uint8Array, from: number, end: number, table: NameTable): number {
  let at = end;
  while (at > from && isSpace(text, codes, at - 1)) at--;
  if (at === from) return 0;
  const last = codes[at - 1]!;
  // A comment may stand between a name and what joins it.
  if (last === SLASH && at - 2 >= from && codes[at - 2] === STAR) return ALL;
  if (isQuote(last)) return findQuoted(text, codes, from, at - 1, table);
  if (last === CLOSE && at - 2 >= from && isQuote(codes[at - 2]!)) return findQuoted(text, codes, from, at - 2, table);
  return isNameCode(last) ? findBare(text, codes, from, at, table) : 0;
}

/** By the name that ends before the quote at `close`. */
function findQuoted(text: string, codes: Uint8Array, from: number, close: number, table: NameTable): number {
  let open = close - 1;
  for (; open >= from && !isQuote(codes[open]!); open--) {
    const code = codes[open]!;
    if (code === BACKSLASH) return ALL;
    if (close - open > MAX_NAME || code === LINE_FEED || code === RETURN) break;
  }
  const isWhole = open >= from && codes[open] === codes[close] && close - open <= MAX_NAME + 1;
  if (isWhole && close - open > 1) return table.lookUp(text, codes, open + 1, close);
  return table.lookUp(text, codes, Math.max(open + 1, close - MAX_WORD), close) & NAMING;
}

/** By the name that ends before `end` without quotes. */
function findBare(text: string, codes: Uint8Array, from: number, end: number, table: NameTable): number {
  let start = end;
  while (start > from && end - start <= MAX_NAME && isNameCode(codes[start - 1]!)) start--;
  if (hasInnerStart(codes, start, end)) return ALL;
  if (end - start > MAX_NAME) return table.lookUp(text, codes, end - MAX_WORD, end) & NAMING;
  const signed = start > from && codes[start - 1] === AT ? table.lookUp(text, codes, start - 1, end) : 0;
  while (start < end && codes[start] === DASH) start++;
  const mayBegin = start < end && isStart(codes[start]!);
  if (!mayBegin && !isLetter(codes[end - 1]!)) return signed;
  const plain = table.lookUp(text, codes, start, end) & (mayBegin ? ALL | TYPING : NAMING);
  return signed | ((plain & NAMING) === 0 || mayBeginWord(codes, start, end) ? plain : plain & ~NAMING);
}

/** Whether a word may begin with the run, or within it. */
function mayBeginWord(codes: Uint8Array, start: number, end: number): boolean {
  const before = start === 0 ? 0x20 : codes[start - 1]!;
  if (before <= 0x20 || before >= 0x80 || WORD_BEFORE[before] === 1) return true;
  for (let at = start; at < end; at++) if (codes[at] === DASH) return true;
  return false;
}

/** Whether a name may begin within a run: behind a dash that stands behind another, or behind a bracket. */
function hasInnerStart(codes: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 2; at < end; at++)
    if (codes[at - 1] === DASH && (codes[at - 2] === OPEN || (codes[at - 2] === DASH && at - 2 > start))) return true;
  return false;
}

/** White space as expressions know it. @param codes of the text */
export function isSpace(text: string, codes: Uint8Array, at: number): boolean {
  const code = codes[at]!;
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return SPACE.test(text[at]!);
}

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x60;
}

/** `[\w.$%[\]-]` */
function isNameCode(code: number): boolean {
  return (NAME_CODES[code]! & 1) !== 0;
}

/** `[\w.~$/-]`: what a name that is a value begins with. */
function isValueCode(code: number): boolean {
  return (NAME_CODES[code]! & 4) !== 0;
}

/** `[A-Za-z_$%]` */
function isStart(code: number): boolean {
  return (NAME_CODES[code]! & 2) !== 0;
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}

const NAME_CODES = new Uint8Array(256);
const JOINTS = new Uint8Array(0x40);
/** A word that says that a name follows may stand behind these. */
const WORD_BEFORE = new Uint8Array(0x80);
for (let code = 0; code < 0x80; code++) {
  const character = String.fromCharCode(code);
  NAME_CODES[code] =
    (/[\w.$%[\]-]/.test(character) ? 1 : 0) |
    (/[A-Za-z_$%]/.test(character) ? 2 : 0) |
    (/[\w.~$/-]/.test(character) ? 4 : 0);
  if (/[:=>]/.test(character) && code < JOINTS.length) JOINTS[code] = 1;
  if (/["'\s,{@-]/.test(character)) WORD_BEFORE[code] = 1;
}

const SPACE = /\s/;
const COLON = 0x3a;
const GREATER = 0x3e;
const DASH = 0x2d;
const SLASH = 0x2f;
const STAR = 0x2a;
const AT = 0x40;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BACKSLASH = 0x5c;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** The longest name that is looked for, and the longest word that says that one follows. */
const MAX_NAME = 64;
const MAX_WORD = 16;
