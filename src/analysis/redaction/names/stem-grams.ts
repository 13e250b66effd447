/**
 * The words that secrets' names have in them, by their first three letters: one look at each character of a text tells where in it no such name
 * can be. Letters are in either case, and `-`, `_`, `.` and white space may stand between them; what a name has encoded, or in other letters
 * than ASCII's, may be anything.
 */
export class StemGrams {
  /** By three kinds of characters, the last one's in the lowest places, 1 where a word begins or ends with them. */
  readonly marks = new Uint8Array(STEM_GRAMS);
  /** By three kinds, which of `#tails`; 0 where a word ends with them. */
  readonly #places = new Uint8Array(STEM_GRAMS);
  /** How the words go on that have the same beginning, and a bit for each kind that they go on with; all, where one ends there. */
  readonly #tails: Uint8Array[][] = [[]];
  readonly #nexts: number[] = [-1];

  /** @param stems in small letters, of pairs with a space between them; those in other letters than ASCII's are known by these */
  constructor(stems: readonly string[]) {
    const words = stems
      .map((stem) => stem.split(" ").map(toKinds))
      .filter(([first]) => !first!.slice(0, 3).includes(OPAQUE));
    const isLong = ([first, second]: readonly number[][]) => second !== undefined || first!.length > 3;
    for (const [first, second = []] of words.filter(isLong))
      this.#addBeginning(first!.slice(0, 3), [...first!.slice(3), ...second]);
    for (const [word] of [...words.filter((word) => !isLong(word)), [[OPAQUE]]]) this.#addEnding(word!);
  }

  /** Whether a word that is there as a whole begins, or ends, with what ends there. @param codes of the text: `characterCodes` */
  isWord(codes: Uint8Array, end: number): boolean {
    // A joint has the same gram as the letter before it.
    if (STEM_SHIFTS[codes[end]!] === 0) return false;
    const gram = gramAt(codes, end);
    if (this.marks[gram] === 0) return false;
    const place = this.#places[gram]!;
    if (place === 0) return true;
    if (((this.#nexts[place]! >>> kindAfter(codes, end)) & 1) === 0) return false;
    for (const tail of this.#tails[place]!) if (isTail(tail, codes, end + 1)) return true;
    return false;
  }

  #addBeginning(beginning: readonly number[], rest: readonly number[]): void {
    const opaque = rest.indexOf(OPAQUE);
    const tail = Uint8Array.from(opaque < 0 ? rest : rest.slice(0, opaque));
    for (const gram of gramsOf(beginning)) {
      this.marks[gram] = 1;
      this.#places[gram] ||= this.#tails.push([]) - 1;
      const place = this.#places[gram]!;
      this.#tails[place]!.push(tail);
      this.#nexts[place] = (this.#nexts[place] ?? 0) | (tail.length === 0 ? -1 : 1 << tail[0]!);
    }
  }

  #addEnding(word: readonly number[]): void {
    for (const gram of gramsOf(word)) {
      this.marks[gram] = 1;
      this.#places[gram] = 0;
    }
  }
}

/** Those that end in up to three kinds, whatever stands before them. */
function gramsOf(kinds: readonly number[]): number[] {
  const ending = kinds.reduce((gram, kind) => (gram << 5) | kind, 0);
  const grams: number[] = [];
  for (let gram = ending; gram < STEM_GRAMS; gram += 1 << (5 * kinds.length)) grams.push(gram);
  return grams;
}

/** The gram that ends there. */
function gramAt(codes: Uint8Array, end: number): number {
  let gram = 0;
  for (let at = end, shift = 0; at >= 0 && shift < 15; at--) {
    gram |= STEM_KINDS[codes[at]!]! << shift;
    shift += STEM_SHIFTS[codes[at]!]!;
  }
  return gram;
}

/** The kind of what follows, joints and the like aside; `OTHER` at the text's end. */
function kindAfter(codes: Uint8Array, end: number): number {
  let at = end + 1;
  while (at < codes.length && STEM_KINDS[codes[at]!] === OTHER) at++;
  return at < codes.length ? STEM_KINDS[codes[at]!]! : OTHER;
}

function isTail(tail: Uint8Array, codes: Uint8Array, from: number): boolean {
  let at = from;
  for (const kind of tail) {
    while (at < codes.length && STEM_KINDS[codes[at]!] === OTHER) at++;
    if (at >= codes.length || STEM_KINDS[codes[at++]!] !== kind) return false;
  }
  return true;
}

function toKinds(text: string): number[] {
  return Array.from(text, (character) => kindOf(character.charCodeAt(0)));
}

/** A bit for each character of a text. */
export type StemMap = readonly number[];

/** Whether a part of a text may have a word of a secret's name in it. @param to within the text */
export function mayHaveStem(map: StemMap, from: number, to: number): boolean {
  if (to <= from) return false;
  const end = (to - 1) >>> 5;
  let word = from >>> 5;
  const [first, last] = [-1 << from, -1 >>> (31 - ((to - 1) & 31))];
  if (word === end) return (map[word]! & first & last) !== 0;
  if ((map[word]! & first) !== 0) return true;
  for (word++; word < end; word++) if (map[word] !== 0) return true;
  return (map[end]! & last) !== 0;
}

/** Three characters, each of 32 kinds: letters have one of their own. */
export const STEM_GRAMS = 32 ** 3;
/** May stand for any letter. */
const OPAQUE = 31;
const DIGIT = 30;
const OTHER = 0;

function kindOf(code: number): number {
  return code < 0x80 ? STEM_KINDS[code]! : OPAQUE;
}

export const STEM_KINDS = new Uint8Array(0x100).fill(OPAQUE, 0x80);
/** By how much what stood before is shifted: not at all by a joint. */
export const STEM_SHIFTS = new Uint8Array(0x100).fill(5);
for (let code = 0; code < 0x80; code++) {
  const character = String.fromCharCode(code);
  if (/[A-Za-z]/.test(character)) STEM_KINDS[code] = (code | 0x20) - 0x60;
  else if (/[%\\]/.test(character)) STEM_KINDS[code] = OPAQUE;
  else if (/[-_.\s]/.test(character)) STEM_SHIFTS[code] = 0;
  else if (/\d/.test(character)) STEM_KINDS[code] = DIGIT;
}
