import { STEM_GRAMS, STEM_KINDS, STEM_SHIFTS, type StemGrams } from "../names/stem-grams.ts";
import { FIRST_GRAM, SIGN_KINDS, SIGN_MEANINGS, SIGN_PLACES } from "./text-signs.ts";

/** Told by one look at each character of a text. */
export interface ScannedCodes {
  /** By code, whether it is there: until the next look. */
  readonly seen: Uint8Array;
  /** All codes together. */
  readonly others: number;
  /** The sum of what its signs mean. */
  readonly meanings: number;
  /** Where words of secrets' names may be. */
  readonly stems: number[];
}

/**
 * One look costs less than several, and a branch for each character more than to look at all that there are. There is no call in it, and its tables are
 * this file's own: else the engine looks up where they are at each character, which takes as long as all the rest.
 * @param codes of the text: `characterCodes`
 */
export function scanCodes(codes: Uint8Array, grams: StemGrams): ScannedCodes {
  const { length } = codes;
  if (grams !== known) STEMS.set(grams.marks);
  known = grams;
  SEEN.fill(0);
  const stems: number[] = new Array((length + 31) >>> 5);
  let others = 0;
  let stem = 0;
  let sign = FIRST_GRAM;
  let meanings = 0;
  for (let at = 0; at < length; ) {
    const end = Math.min(length, at + 32);
    let word = 0;
    for (; at < end; at++) {
      const code = codes[at]!;
      SEEN[code] = 1;
      others |= code;
      const kinds = KINDS[code]!;
      stem = ((stem << ((kinds >>> 5) & 7)) | (kinds & 31)) & (STEM_GRAMS - 1);
      sign = ((sign << 5) | (kinds >>> 8)) & 0x7fff;
      const place = PLACES[sign]!;
      if (place !== 0) meanings |= MEANINGS[place]!;
      // A shift takes the lowest five bits of what it shifts by.
      word |= STEMS[stem]! << at;
    }
    stems[(at - 1) >>> 5] = word;
  }
  grams.keepWords(stems, codes);
  return { seen: SEEN, others, meanings, stems };
}

const SEEN = new Uint8Array(0x100);
let known: StemGrams | undefined;
/** Those of the grams that were used last. */
const STEMS = new Uint8Array(STEM_GRAMS);
const PLACES = SIGN_PLACES.slice();
const MEANINGS = SIGN_MEANINGS.slice();
/** By code: the kind and the shift of names' words, and the kind of signs. */
const KINDS = Uint16Array.from(SIGN_KINDS, (kind, code) => (kind << 8) | (STEM_SHIFTS[code]! << 5) | STEM_KINDS[code]!);
