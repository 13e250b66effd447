import { STEM_SHIFTS, type StemGrams } from "../names/stem-grams.ts";
import { SCAN_CLASSES, type ScanTable, scanTableOf } from "./scan-table.ts";
import { findMeanings, meaningAt } from "./text-signs.ts";

/** Told by one look at each character of a text. */
export interface ScannedCodes {
  /** By code, whether it is there: until the next look. */
  readonly seen: Uint8Array;
  /** The sum of what its signs mean. */
  readonly meanings: number;
  /** Where words of secrets' names are. */
  readonly stems: number[];
}

/**
 * One look costs less than several, and few places of a text are looked at again.
 * @param codes of the text: `characterCodes`
 */
export function scanCodes(codes: Uint8Array, grams: StemGrams): ScannedCodes {
  const { length } = codes;
  const table = scanTableOf(grams);
  if (table !== known) ENTRIES.set(table.entries);
  known = table;
  SEEN.fill(0);
  const stems: number[] = new Array((length + 31) >>> 5).fill(0);
  let meanings = table.hasSigns ? 0 : findMeanings(codes);
  for (let from = 0; from < length; from += MAX_BLOCK) {
    const found = scanBlock(codes, from, Math.min(length, from + MAX_BLOCK), table.start, table.accepting);
    for (let index = 0; index < found; index++) {
      const at = from + (FOUND[index]! % MAX_BLOCK);
      const state = FOUND[index]! >>> 12;
      // A shift takes the lowest five bits of what it shifts by.
      if (state >= table.words && grams.isWord(codes, at)) stems[at >>> 5]! |= 1 << at;
      if (state < table.wordsAlone) meanings |= meaningAt(codes, at);
    }
  }
  return { seen: SEEN, meanings, stems };
}

/**
 * Gives how many places were found, which are in `FOUND` then. Both halves are gone through together: where the next state stands depends on this one, and the processor waits for
 * one as long as for two. There is no call in it, and its tables are this file's own: else the engine looks up where they are at each character.
 */
function scanBlock(codes: Uint8Array, from: number, to: number, start: number, accepting: number): number {
  const half = (to - from) >>> 1;
  let left = enter(codes, from, start);
  let right = enter(codes, from + half, start);
  let found = 0;
  for (let at = from, behind = from + half; at < from + half; at++, behind++) {
    const one = codes[at]!;
    const other = codes[behind]!;
    SEEN[one] = 1;
    SEEN[other] = 1;
    left = ENTRIES[left + CLASSES[one]!]!;
    right = ENTRIES[right + CLASSES[other]!]!;
    if (left >= accepting) FOUND[found++] = (left << 12) | (at - from);
    if (right >= accepting) FOUND[found++] = (right << 12) | (behind - from);
  }
  if (half * 2 < to - from) {
    const last = codes[to - 1]!;
    SEEN[last] = 1;
    right = ENTRIES[right + CLASSES[last]!]!;
    if (right >= accepting) FOUND[found++] = (right << 12) | (to - 1 - from);
  }
  return found;
}

/** The state at a place: three characters before it tell, joints aside. */
function enter(codes: Uint8Array, place: number, start: number): number {
  let at = place;
  for (let told = 0; at > 0 && told < 3; ) if (STEM_SHIFTS[codes[--at]!] !== 0) told++;
  let state = start;
  for (; at < place; at++) state = ENTRIES[state + CLASSES[codes[at]!]!]!;
  return state;
}

const MAX_BLOCK = 1 << 12;
/** Places in the block, and above them the states there. */
const FOUND = new Int32Array(MAX_BLOCK);
const SEEN = new Uint8Array(0x100);
const CLASSES = SCAN_CLASSES.slice();
let known: ScanTable | undefined;
/** Those of the table that was used last. */
const ENTRIES = new Uint16Array(0x10000);
