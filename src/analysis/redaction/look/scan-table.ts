import { STEM_KINDS, STEM_SHIFTS, type StemGrams } from "../names/stem-grams.ts";
import { FIRST_GRAM, SIGN_GRAMS, SIGN_KINDS } from "./text-signs.ts";

/**
 * An automaton that goes through a text's characters, and is in an accepting state behind those that end three of which a word of a secret's name or a
 * sign has to be looked for. Of what its state is, three characters tell, joints of names aside.
 */
export interface ScanTable {
  /** A row of `CLASSES` for each state: where the next state's row begins. Fewer than 65 536. */
  readonly entries: Uint16Array;
  /** The rows from here on are of accepting states: first those of signs alone, then of both, then of words alone. */
  readonly accepting: number;
  readonly words: number;
  readonly wordsAlone: number;
  /** The row of the state at a text's beginning. */
  readonly start: number;
  /** It accepts signs, too. */
  readonly hasSigns: boolean;
}

/** The table for these names: each is made once. */
export function scanTableOf(grams: StemGrams): ScanTable {
  let table = TABLES.get(grams);
  if (table === undefined) {
    table = joinParts(stemPart(grams, false), SIGN_PART, true) ?? joinParts(stemPart(grams, true), NO_PART, false)!;
    TABLES.set(grams, table);
  }
  return table;
}

const TABLES = new WeakMap<StemGrams, ScanTable>();

/** By code, its class: those of one class are the same in names and signs. */
export const SCAN_CLASSES = new Uint8Array(0x100);
/** A code of each class. */
const SAMPLES: number[] = [];
const known = new Map<number, number>();
for (let code = 0; code < 0x100; code++) {
  const key = (SIGN_KINDS[code]! << 8) | (STEM_SHIFTS[code]! << 5) | STEM_KINDS[code]!;
  if (!known.has(key)) known.set(key, SAMPLES.push(code) - 1);
  SCAN_CLASSES[code] = known.get(key)!;
}
const CLASSES = SAMPLES.length;
const MAX_STATES = Math.floor(0x10000 / CLASSES);

/** Half of what a state is: what was seen of names, or of signs. */
interface Part {
  readonly count: number;
  readonly start: number;
  /** `CLASSES` for each state: the next one, times two, and one where something ends. */
  readonly steps: readonly number[];
}

/** @param isLoose something ends wherever the last two kinds of three tell it: for so many names that there would be too many states */
function stemPart({ marks }: StemGrams, isLoose: boolean): Part {
  const ends = new Uint32Array(PAIRS);
  for (let gram = marks.indexOf(1); gram >= 0; gram = marks.indexOf(1, gram + 1)) ends[gram >>> 5]! |= 1 << gram;
  if (isLoose)
    for (let pair = 0; pair < PAIRS; pair++)
      for (let first = 1; first < KINDS; first++) ends[pair % KINDS]! |= ends[first * KINDS + (pair % KINDS)]!;
  const isEnd = isLoose ? ends.map((_, pair) => ends[pair % KINDS]!) : ends;
  return makePart(isEnd, 0, (code) => (STEM_SHIFTS[code] === 0 ? -1 : STEM_KINDS[code]!));
}

const KINDS = 32;
const PAIRS = KINDS * KINDS;

/**
 * States are pairs of kinds.
 * @param ends of two kinds, a bit for each third one behind which something ends; @param kindOf by code; -1 leaves the state as it is
 */
function makePart(ends: Uint32Array, first: number, kindOf: (code: number) => number): Part {
  const { states, pairs } = mergePairs(ends);
  const kinds = SAMPLES.map(kindOf);
  const steps: number[] = [];
  for (const [state, pair] of pairs.entries())
    for (const kind of kinds)
      steps.push(kind < 0 ? state * 2 : states[(pair % KINDS) * KINDS + kind]! * 2 + ((ends[pair]! >>> kind) & 1));
  return { count: pairs.length, start: states[first]!, steps };
}

/** Pairs are one state where something ends behind them with the same third kinds, and behind their second ones with any third. */
function mergePairs(ends: Uint32Array): { readonly states: Uint16Array; readonly pairs: readonly number[] } {
  const seconds = new Map<string, number>();
  const ofSecond = Array.from({ length: KINDS }, (_, kind) => {
    const key = ends.subarray(kind * KINDS, (kind + 1) * KINDS).join();
    if (!seconds.has(key)) seconds.set(key, seconds.size);
    return seconds.get(key)!;
  });
  const found = new Map<number, number>();
  const pairs: number[] = [];
  const states = new Uint16Array(PAIRS);
  for (let pair = 0; pair < PAIRS; pair++) {
    const key = ends[pair]! * KINDS + ofSecond[pair % KINDS]!;
    if (!found.has(key)) found.set(key, pairs.push(pair) - 1);
    states[pair] = found.get(key)!;
  }
  return { states, pairs };
}

const SIGN_PART = signPart();

function signPart(): Part {
  const ends = new Uint32Array(PAIRS);
  for (const gram of SIGN_GRAMS) ends[gram >>> 5]! |= 1 << gram;
  return makePart(ends, FIRST_GRAM, (code) => SIGN_KINDS[code]!);
}

const NO_PART: Part = { count: 1, start: 0, steps: SAMPLES.map(() => 0) };

/** All states of both that can be reached, each with what ends there: 0, `SIGN`, both or `WORD`. Undefined where there are too many. */
function joinParts(one: Part, other: Part, hasSigns: boolean): ScanTable | undefined {
  const numbers = new Int32Array(one.count * other.count * 4).fill(-1);
  const states: number[] = [];
  const steps: number[] = [];
  const numberOf = (state: number): number => {
    if (numbers[state] === -1) numbers[state] = states.push(state) - 1;
    return numbers[state]!;
  };
  numberOf((one.start * other.count + other.start) * 4);
  for (let at = 0; at < states.length; at++) {
    if (states.length > MAX_STATES) return undefined;
    const both = states[at]! >>> 2;
    const first = Math.floor(both / other.count) * CLASSES;
    const second = (both % other.count) * CLASSES;
    for (let of = 0; of < CLASSES; of++) {
      const left = one.steps[first + of]!;
      const right = other.steps[second + of]!;
      const next = (left >>> 1) * other.count + (right >>> 1);
      steps.push(numberOf(next * 4 + (left & 1) * WORD + (right & 1) * SIGN));
    }
  }
  const groups = [0, SIGN, SIGN | WORD, WORD].map((ends) =>
    [...states.keys()].filter((at) => (states[at]! & 3) === ends),
  );
  const order = groups.flat();
  const rows = new Uint16Array(states.length);
  for (const [row, at] of order.entries()) rows[at] = row * CLASSES;
  const entries = new Uint16Array(steps.length);
  for (const [at, row] of rows.entries())
    for (let of = 0; of < CLASSES; of++) entries[row + of] = rows[steps[at * CLASSES + of]!]!;
  const [accepting, words, wordsAlone] = groups
    .slice(0, 3)
    .map((_, at) => groups.slice(0, at + 1).reduce((sum, { length }) => sum + length * CLASSES, 0)) as [
    number,
    number,
    number,
  ];
  return { entries, accepting, words, wordsAlone, start: rows[0]!, hasSigns };
}

const SIGN = 1;
const WORD = 2;
