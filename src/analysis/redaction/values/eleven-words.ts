import { characterCodes } from "../look/character-codes.ts";

/**
 * Whether eleven words of three to eight small letters stand in a row, a space behind each, as in a mnemonic (BIP 39). An expression for
 * it would look at every letter for a row to begin; this looks at one in as many as the shortest row has.
 * @param codes of the text: `characterCodes`
 */
export function hasElevenWords(text: string, codes = characterCodes(text)): boolean {
  const { length } = codes;
  for (let at = SHORTEST - 1; at < length; at += SHORTEST) {
    let start = at;
    while (start > 0 && OF_ROW[codes[start - 1]!] === 1) start--;
    // A row may end where one is looked for.
    if (start === at && OF_ROW[codes[at]!] === 0) continue;
    let end = at;
    while (end < length && OF_ROW[codes[end]!] === 1) end++;
    if (end - start >= SHORTEST && hasWords(codes, start, end)) return true;
    // The rest of it has been seen.
    at = Math.max(at, end - 1);
  }
  return false;
}

/** Whether so many words stand in a row there, among small letters and spaces. */
function hasWords(codes: Uint8Array, start: number, end: number): boolean {
  let words = 0;
  let letters = 0;
  for (let at = start; at < end; at++) {
    if (codes[at] !== 0x20) letters++;
    else {
      words = letters >= 3 && letters <= 8 ? words + 1 : 0;
      if (words === 11) return true;
      letters = 0;
    }
  }
  return false;
}

/** By code: small letters and spaces. */
const OF_ROW = new Uint8Array(0x100).fill(1, 0x61, 0x7b);
OF_ROW[0x20] = 1;
const SHORTEST = 44;
