import { OTHER_SHAPES } from "../values/other-shapes.ts";

/** `-u`, `--user`, `-p` and other flags behind which a program takes a password whatever its name, and `--from-literal`. */
export const FLAGS = 1 << 29;
/** ` /p:…` of Windows' programs. */
export const WINDOWS_FLAGS = 1 << 30;

/** The bit of a shape of `OTHER_SHAPES` that has signs. */
export function bitOfShape(index: number): number {
  return 1 << index;
}

/** The meaning of the three characters that end there: bits of shapes, `FLAGS` and `WINDOWS_FLAGS`, or 0. @param codes of the text: `characterCodes` */
export function meaningAt(codes: Uint8Array, end: number): number {
  let gram = FIRST_GRAM;
  for (let at = Math.max(0, end - 2); at <= end; at++) gram = nextGram(gram, codes[at]!);
  return SIGN_MEANINGS[SIGN_PLACES[gram]!]!;
}

/** The sum of what all of a text means. */
export function findMeanings(codes: Uint8Array): number {
  let meanings = 0;
  let gram = FIRST_GRAM;
  for (let at = 0; at < codes.length; at++) {
    gram = nextGram(gram, codes[at]!);
    meanings |= SIGN_MEANINGS[SIGN_PLACES[gram]!]!;
  }
  return meanings;
}

function nextGram(gram: number, code: number): number {
  return ((gram << 5) | SIGN_KINDS[code]!) & 0x7fff;
}

/** Letters in either case, the signs that are in signs, and what may stand before a flag or is a digit; the rest is one. */
const EDGE = 31;
export const SIGN_KINDS = new Uint8Array(0x100).fill(EDGE, 0x80);
for (let code = 0; code < 0x80; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) SIGN_KINDS[code] = (code | 0x20) - 0x60;
  else if (/[\s"'`(\d]/.test(character)) SIGN_KINDS[code] = EDGE;
  else SIGN_KINDS[code] = { "-": 27, "/": 28, ":": 29, "@": 30 }[character] ?? 0;
}

/** Before a text's beginning is nothing, as before a flag. */
export const FIRST_GRAM = (EDGE << 5) | EDGE;
/** Where in `SIGN_MEANINGS` what a gram means stands. */
const SIGN_PLACES = new Uint8Array(0x8000);
const SIGN_MEANINGS = new Int32Array(64);
/** The signs: three characters, five bits of `SIGN_KINDS` each, the last one's lowest. */
export const SIGN_GRAMS: number[] = [];

for (const [index, { signs = [] }] of OTHER_SHAPES.entries())
  for (const sign of signs) addSign(sign, bitOfShape(index));
for (const flag of "pawbu") addSign(` -${flag}`, FLAGS);
for (const sign of ["-us", "--f"]) addSign(sign, FLAGS);
addSign(" /p", WINDOWS_FLAGS);

function addSign(sign: string, meaning: number): void {
  let gram = 0;
  for (const character of sign) gram = nextGram(gram, character.charCodeAt(0));
  SIGN_PLACES[gram] ||= SIGN_GRAMS.push(gram);
  SIGN_MEANINGS[SIGN_PLACES[gram]!]! |= meaning;
}
