import { isSpace } from "../content/find-names.ts";
import type { TextNames } from "../names/text-names.ts";

/**
 * Whether markup may have a secret that `redactMarkup` finds, around one place in it: by the names of its elements, by those that stand in
 * attributes or in elements of their own, and by attributes that white space parts from their values. Nothing that one of its expressions takes for a
 * secret's name is missed: who adds one adds here by what it is known.
 * @param place where a word of a secret's name may be: `TextNames.stems`
 */
export function mayBeMarkup(names: TextNames, place: number): boolean {
  const { text, codes } = names;
  let less = place;
  while (less > 0 && place - less <= MAX_SCOPED && ((KINDS[codes[less]!]! & NAME) !== 0 || codes[less] === COLON))
    less--;
  if (codes[less] === LESS && isSecretElement(names, less)) return true;
  for (let equals = place - 1; equals >= 0 && place - equals <= MAX_NAME + 2; equals--)
    if (codes[equals] === EQUALS && isSecretInAttribute(names, equals)) return true;
  let end = place;
  while (end < codes.length && end - place <= MAX_NAME && (KINDS[codes[end]!]! & NAME) !== 0) end++;
  while (end < codes.length && end - place <= MAX_PADDED && isSpace(text, codes, end)) end++;
  if (codes[end] === EQUALS && isSplitSecret(names, end)) return true;
  while (end < codes.length && end - place <= MAX_PADDED && isPadding(names, end)) end++;
  if (codes[end] !== LESS || codes[end + 1] !== SLASH) return false;
  let greater = place;
  while (greater > 0 && place - greater <= MAX_PADDED && isPadding(names, greater)) greater--;
  return codes[greater] === GREATER && isNameInElement(names, end, greater);
}

/** Whether a character may be of a name with spaces in it, or around it. */
function isPadding({ text, codes }: TextNames, at: number): boolean {
  return (KINDS[codes[at]!]! & WORDS) !== 0 || isSpace(text, codes, at);
}

/** `<password>`, `<ns:password …`. */
function isSecretElement(names: TextNames, less: number): boolean {
  const { codes } = names;
  let start = less + 1;
  let end = start;
  for (; end < codes.length; end++) {
    if (codes[end] === COLON) start = end + 1;
    else if ((KINDS[codes[end]!]! & NAME) === 0) break;
  }
  return isNameLong(end - start) && names.isSecret(start, end);
}

/** `<key>password</key>`, by the end of the element. */
function isNameInElement(names: TextNames, less: number, greater: number): boolean {
  const { text, codes } = names;
  let end = less;
  while (end > greater && isSpace(text, codes, end - 1)) end--;
  let start = end;
  while (start > greater && end - start <= MAX_PADDED && (KINDS[codes[start - 1]!]! & WORDS) !== 0) start--;
  let before = start;
  while (start < end && codes[start] === SPACE) start++;
  while (before > 0 && isSpace(text, codes, before - 1)) before--;
  return before === greater + 1 && isNameLong(end - start) && names.isSecret(start, end);
}

/** `name="password"`, whatever the element. */
function isSecretInAttribute(names: TextNames, equals: number): boolean {
  const { codes } = names;
  if (ENDS[codes[equals - 1]!] === 0) return false;
  let word = 0;
  for (let at = equals - 1; at >= 0 && (KINDS[codes[at]!]! & WORD) !== 0; at--) {
    if (equals - at > MAX_NAMING) return false;
    word = addLetter(word, codes[at]!);
  }
  if (!NAMING_WORDS.has(word)) return false;
  let start = equals + 1;
  const isQuoted = codes[start] === DOUBLE || codes[start] === SINGLE;
  if (isQuoted) start++;
  if (!names.mayHaveSecret(start, start + MAX_NAME)) return false;
  let end = start;
  if (isQuoted) while (end < codes.length && end - start <= MAX_NAME && (KINDS[codes[end]!]! & SIGN) === 0) end++;
  else while (end - start < MAX_NAME && ((KINDS[codes[end]!]! & NAME) !== 0 || codes[end] === COLON)) end++;
  if (!isNameLong(end - start)) return false;
  // Within quotes of one kind the others may stand.
  return (isQuoted && codes[end] !== codes[start - 1]) || names.isSecret(start, end);
}

/** `password = "…"` and `password= "…"`, on several lines too. */
function isSplitSecret(names: TextNames, equals: number): boolean {
  const { text, codes } = names;
  let value = equals + 1;
  while (value - equals <= MAX_NAME && value < codes.length && isSpace(text, codes, value)) value++;
  if (codes[value] !== DOUBLE && codes[value] !== SINGLE) return false;
  let end = equals;
  while (equals - end <= MAX_NAME && end > 0 && isSpace(text, codes, end - 1)) end--;
  if (end === equals && value === equals + 1) return false;
  let start = end;
  while (start > 0 && end - start <= MAX_NAME && (KINDS[codes[start - 1]!]! & NAME) !== 0) start--;
  return isNameLong(end - start) && names.isSecret(start, end);
}

function isNameLong(length: number): boolean {
  return length >= 2 && length <= MAX_NAME;
}

function addLetter(word: number, code: number): number {
  return (Math.imul(word, 31) + (code | 0x20)) | 0;
}

/** Attributes whose values may be names: the last word of each. */
const NAMING = ["name", "id", "key", "type", "property", "equiv", "itemprop", "field", "k", "n"];
const NAMING_WORDS = new Set(
  NAMING.map((word) => [...word].reduceRight((sum, letter) => addLetter(sum, letter.charCodeAt(0)), 0)),
);
/** Their last letters, by code. */
const ENDS = new Uint8Array(0x100);
for (const word of NAMING) for (const end of [word, word.toUpperCase()]) ENDS[end.charCodeAt(end.length - 1)] = 1;
const MAX_NAMING = 8;
const MAX_NAME = 64;
/** A name, and the white space that may stand on both sides of it. */
const MAX_PADDED = MAX_NAME + 32;
/** A name with what it is of before it. */
const MAX_SCOPED = 2 * MAX_NAME;

const LESS = 0x3c;
const GREATER = 0x3e;
const EQUALS = 0x3d;
const SLASH = 0x2f;
const COLON = 0x3a;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const SPACE = 0x20;

/** Characters of words, of names, of a name that has spaces; and those that end what is in quotes. */
const [WORD, NAME, WORDS, SIGN] = [1, 2, 4, 8];
const KINDS = new Uint8Array(0x100);
for (const [kind, pattern] of [
  [WORD, /\w/],
  [NAME, /[\w.-]/],
  [WORDS, /[\w .$-]/],
  [SIGN, /["'<>]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) KINDS[code]! |= kind;
