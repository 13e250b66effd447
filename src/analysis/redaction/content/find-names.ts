import { NAME_AS_VALUE, NAMING, SECRET, TYPING } from "../names/name-table.ts";
import type { TextNames } from "../names/text-names.ts";

/**
 * Whether names may stand before values in a part of a text, by what stands before each colon, equals sign and arrow: `SECRET` where one
 * is a secret's, `NAMING` where one says that a name follows (`"name": "password"`), and that is a secret's. Nothing that the searches
 * for them find is missed.
 */
export function findNames(names: TextNames, from: number, to: number): number {
  const { codes } = names;
  let found = 0;
  for (let at = from; at < to && found !== ALL; at++) {
    if (isJoint(codes, at)) found |= findNameBefore(names, from, at);
  }
  return found;
}

/**
 * The same around one place in a text.
 * @param place where a word of a secret's name may be: `TextNames.stems`
 */
export function findNamesAround(names: TextNames, place: number): number {
  const { text, codes } = names;
  let start = place;
  while (start > 0 && place - start <= MAX_PATH && isValueCode(codes[start - 1]!)) start--;
  if (start > 0 && (codes[start - 1] === 0x22 || codes[start - 1] === 0x27)) start--;
  while (start > 0 && place - start <= MAX_PATH && isSpace(text, codes, start - 1)) start--;
  let found = start > 0 && isJoint(codes, start - 1) ? findNameBefore(names, 0, start - 1) : 0;
  let end = place + 1;
  while (end < codes.length && end - place <= MAX_NAME && isNameCode(codes[end]!)) end++;
  found |= findBeforeJoint(names, codes[end - 1] === DASH && codes[end] === GREATER ? end : skipSpace(names, end));
  while (end < codes.length && end - place <= MAX_NAME && !isQuote(codes[end]!) && !isLineEnd(codes[end]!)) end++;
  if (end === codes.length || !isQuote(codes[end]!)) return found;
  end++;
  const after = skipSpace(names, codes[end] === CLOSE ? end + 1 : end);
  // A comment may stand between a name and what joins it.
  return codes[after] === SLASH && codes[after + 1] === STAR ? ALL : found | findBeforeJoint(names, after);
}

/** The longest path that is a value, its last part a name. */
const MAX_PATH = 1200;

/** Where what joins a name to its value stands at `at`: what of it is found. */
function findBeforeJoint(names: TextNames, at: number): number {
  const { codes } = names;
  if (at >= codes.length) return 0;
  if (isJoint(codes, at)) return findNameBefore(names, 0, at);
  return codes[at] === DASH && codes[at + 1] === GREATER ? findNameBefore(names, 0, at + 1) : 0;
}

function isJoint(codes: Uint8Array, at: number): boolean {
  const code = codes[at]!;
  return code <= GREATER && JOINTS[code] === 1;
}

function skipSpace({ text, codes }: TextNames, from: number): number {
  let at = from;
  while (at < codes.length && at - from <= MAX_SPACE && isSpace(text, codes, at)) at++;
  return at;
}

function isLineEnd(code: number): boolean {
  return code === LINE_FEED || code === RETURN;
}

/** The same of one colon, equals sign or end of an arrow. @param from where the text begins */
function findNameBefore(names: TextNames, from: number, joint: number): number {
  const { codes } = names;
  if (codes[joint] === GREATER)
    return joint > from && codes[joint - 1] === DASH ? findBefore(names, from, joint - 1, SECRET) : 0;
  if (codes[joint] === COLON && codes[joint + 1] === SLASH && codes[joint + 2] === SLASH) return 0;
  // A look behind it is cheap, and rarely finds a secret's name: the one before need not be one that says so then.
  const value = startOfValue(names, joint + 1);
  const mayName = mayBeNameOfSecret(names, value);
  const typing = isTypeOfSecret(names, value) ? TYPING : 0;
  if (!mayName && typing === 0) return findBefore(names, from, joint, SECRET) & SECRET;
  const found = findBefore(names, from, joint, ALL | TYPING);
  if ((found & typing) !== 0) return (found & SECRET) | NAMING;
  // Telling what it is costs most, and is asked only where a name may follow: of a mark behind each password it is not.
  if ((found & NAMING) === 0) return found & SECRET;
  if (mayName && isNameOfSecret(names, value)) return found & ALL;
  return typing === 0 ? findBefore(names, from, joint, SECRET) & SECRET : found & SECRET;
}

const ALL = SECRET | NAMING;

/** Whether a type follows that is a secret's: `password`, `secret` or `SecureString`. */
export function isSecretType(names: TextNames, from: number): boolean {
  return isTypeOfSecret(names, startOfValue(names, from));
}

/** Whether what follows is a secret's name. */
export function isSecretNamed(names: TextNames, from: number): boolean {
  const value = startOfValue(names, from);
  return mayBeNameOfSecret(names, value) && isNameOfSecret(names, value);
}

/** Behind white space and a quote. */
function startOfValue({ text, codes }: TextNames, from: number): number {
  let at = from;
  while (at < codes.length && isSpace(text, codes, at)) at++;
  return codes[at] === 0x22 || codes[at] === 0x27 ? at + 1 : at;
}

function isTypeOfSecret({ text, codes }: TextNames, at: number): boolean {
  const first = codes[at]! | 0x20;
  if (first !== 0x70 && first !== 0x73) return false;
  return /^(?:password|secret|securestring)\b/i.test(text.slice(at, at + MAX_WORD));
}

/** Nothing that `isNameOfSecret` finds is missed. */
function mayBeNameOfSecret(names: TextNames, at: number): boolean {
  const { codes } = names;
  let end = at;
  while (end < codes.length && isValueCode(codes[end]!)) end++;
  return names.mayHaveSecret(at, end);
}

function isNameOfSecret(names: TextNames, at: number): boolean {
  const { text } = names;
  NAME_VALUE.lastIndex = at;
  return NAME_VALUE.test(text) && names.isSecretName(text.slice(at, NAME_VALUE.lastIndex));
}

const NAME_VALUE = new RegExp(NAME_AS_VALUE, "y");

/** By the name that ends before `end`, white space aside. @param wanted what is asked of it */
function findBefore(names: TextNames, from: number, end: number, wanted: number): number {
  const { text, codes } = names;
  let at = end;
  while (at > from && isSpace(text, codes, at - 1)) at--;
  if (at === from) return 0;
  const last = codes[at - 1]!;
  if (isNameCode(last) && last !== CLOSE) return findBare(names, from, at, wanted);
  // A comment may stand between a name and what joins it.
  if (last === SLASH && at - 2 >= from && codes[at - 2] === STAR) return ALL;
  if (isQuote(last)) return findQuoted(names, from, at - 1, wanted);
  if (last !== CLOSE) return 0;
  return at - 2 >= from && isQuote(codes[at - 2]!)
    ? findQuoted(names, from, at - 2, wanted)
    : findBare(names, from, at, wanted);
}

/** By the name that ends before the quote at `close`. */
function findQuoted(names: TextNames, from: number, close: number, wanted: number): number {
  const { codes } = names;
  let open = close - 1;
  for (; open >= from && !isQuote(codes[open]!); open--) {
    const code = codes[open]!;
    if (code === BACKSLASH) return ALL;
    if (close - open > MAX_NAME || code === LINE_FEED || code === RETURN) break;
  }
  const isWhole = open >= from && codes[open] === codes[close] && close - open <= MAX_NAME + 1;
  if (wanted === SECRET) return isWhole && names.isSecret(open + 1, close) ? SECRET : 0;
  if (isWhole && close - open > 1) return names.lookUp(open + 1, close);
  return names.lookUp(Math.max(open + 1, close - MAX_WORD), close) & NAMING;
}

/** By the name that ends before `end` without quotes. */
function findBare(names: TextNames, from: number, end: number, wanted: number): number {
  const { codes } = names;
  let start = end;
  while (start > from && end - start <= MAX_NAME && isNameCode(codes[start - 1]!)) start--;
  if (wanted === SECRET && !names.mayHaveSecret(start, end)) return 0;
  if (hasInnerStart(codes, start, end)) return ALL;
  if (end - start > MAX_NAME) return names.lookUp(end - MAX_WORD, end) & NAMING;
  const signed = start > from && codes[start - 1] === AT ? names.lookUp(start - 1, end) : 0;
  while (start < end && (codes[start] === DASH || codes[start] === OPEN)) start++;
  const mayBegin = start < end && isStart(codes[start]!);
  if (!mayBegin && !isLetter(codes[end - 1]!)) return signed;
  const plain = names.lookUp(start, end) & (mayBegin ? ALL | TYPING : NAMING);
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
/** White space between a name and what joins it. */
const MAX_SPACE = 64;
