import { isSpace } from "../content/find-names.ts";
import { type NameTable, SECRET } from "../names/name-table.ts";

/**
 * Whether markup may have a secret that `redactMarkup` finds: in one pass over the text, by the names of its elements, by those that stand
 * in attributes or in elements of their own, and by attributes that white space parts from their values. Nothing that one of its
 * expressions takes for a secret's name is missed: who adds one adds here by what it is known.
 * @param codes of the text: `characterCodes`
 */
export function mayHaveMarkupSecret(text: string, codes: Uint8Array, table: NameTable): boolean {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at]!;
    if (code === LESS) {
      if (codes[at + 1] === SLASH ? isNameInElement(text, codes, at, table) : isSecretElement(text, codes, at, table))
        return true;
    } else if (code === EQUALS) {
      if (isSecretInAttribute(text, codes, at, table) || isSplitSecret(text, codes, at, table)) return true;
    }
  }
  return false;
}

/** `<password>`, `<ns:password …`. */
function isSecretElement(text: string, codes: Uint8Array, less: number, table: NameTable): boolean {
  let start = less + 1;
  let end = start;
  for (; end < codes.length; end++) {
    if (codes[end] === COLON) start = end + 1;
    else if ((KINDS[codes[end]!]! & NAME) === 0) break;
  }
  return isNameLong(end - start) && (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

/** `<key>password</key>`, by the end of the element. */
function isNameInElement(text: string, codes: Uint8Array, less: number, table: NameTable): boolean {
  let end = less;
  while (end > 0 && isSpace(text, codes, end - 1)) end--;
  let start = end;
  while (start > 0 && end - start <= MAX_PADDED && (KINDS[codes[start - 1]!]! & WORDS) !== 0) start--;
  let before = start;
  while (start < end && codes[start] === SPACE) start++;
  while (before > 0 && isSpace(text, codes, before - 1)) before--;
  if (before === 0 || codes[before - 1] !== GREATER || !isNameLong(end - start)) return false;
  return (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

/** `name="password"`, whatever the element. */
function isSecretInAttribute(text: string, codes: Uint8Array, equals: number, table: NameTable): boolean {
  let word = 0;
  for (let at = equals - 1; at >= 0 && (KINDS[codes[at]!]! & WORD) !== 0; at--) {
    if (equals - at > MAX_NAMING) return false;
    word = addLetter(word, codes[at]!);
  }
  if (!NAMING_WORDS.has(word)) return false;
  let start = equals + 1;
  const isQuoted = codes[start] === DOUBLE || codes[start] === SINGLE;
  if (isQuoted) start++;
  let end = start;
  if (isQuoted) while (end < codes.length && end - start <= MAX_NAME && (KINDS[codes[end]!]! & SIGN) === 0) end++;
  else while (end - start < MAX_NAME && ((KINDS[codes[end]!]! & NAME) !== 0 || codes[end] === COLON)) end++;
  if (!isNameLong(end - start)) return false;
  // Within quotes of one kind the others may stand.
  if (isQuoted && codes[end] !== codes[start - 1]) return true;
  return (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

/** `password = "…"` and `password= "…"`, on several lines too. */
function isSplitSecret(text: string, codes: Uint8Array, equals: number, table: NameTable): boolean {
  let value = equals + 1;
  while (value - equals <= MAX_NAME && value < codes.length && isSpace(text, codes, value)) value++;
  if (codes[value] !== DOUBLE && codes[value] !== SINGLE) return false;
  let end = equals;
  while (equals - end <= MAX_NAME && end > 0 && isSpace(text, codes, end - 1)) end--;
  if (end === equals && value === equals + 1) return false;
  let start = end;
  while (start > 0 && end - start <= MAX_NAME && (KINDS[codes[start - 1]!]! & NAME) !== 0) start--;
  return isNameLong(end - start) && (table.lookUp(text, codes, start, end) & SECRET) !== 0;
}

function isNameLong(length: number): boolean {
  return length >= 2 && length <= MAX_NAME;
}

function addLetter(word: number, code: number): number {
  return (Math.imul(word, 31) + (code | 0x20)) | 0;
}

/** Attributes whose values may be names: the last word of each. */
const NAMING_WORDS = new Set(
  ["name", "id", "key", "type", "property", "equiv", "itemprop", "field", "k", "n"].map((word) =>
    [...word].reduceRight((sum, letter) => addLetter(sum, letter.charCodeAt(0)), 0),
  ),
);
const MAX_NAMING = 8;
const MAX_NAME = 64;
/** A name, and the white space that may stand on one side of it. */
const MAX_PADDED = MAX_NAME + 16;

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
