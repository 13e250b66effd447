import { TextMemo } from "../../../wire/text/text-memo.ts";
import type { SecretNames } from "./secret-names.ts";
import type { StemGrams } from "./stem-grams.ts";

/** A value of this name may be a secret. */
export const SECRET = 1;
/** A name may stand after it, as a value: `"name": "password"`. */
export const NAMING = 2;

/** A type may stand after it, which may be that of a secret: `"type": "password"`. */
export const TYPING = 4;
/** Members whose names do not say what they are stand beside it, or in it: of a JSON Web Key, of headers as Node lists them, of a table below titles. */
export const STRUCTURE = 8;

/** The words that are said before a name that stands as a value, as an expression. */
export const NAME_WORDS =
  "@?name|key|k|field|id|label|attribute|attr|param|parameter|property|prop|header|variable|var|option|setting|n|path|ParameterKey|ParameterName";

/** A name that is a value, as an expression; of a JSON Pointer (RFC 6901) its last part. */
export const NAME_AS_VALUE = String.raw`(?:\/?[\w.~$-]{1,64}\/){0,16}\/?[\w.$-]{2,64}`;

/**
 * Remembers of names what they say of what stands after them: found by the characters of a text, without making a text of each. Of those
 * in ASCII, `SLOTS` at most; of others as many. Each has two slots to be in: two names of one slot would push each other out in every
 * text that has both.
 */
export class NameTable {
  readonly #names: SecretNames;
  /** `WIDTH` characters each. */
  readonly #codes = new Uint8Array(SLOTS * WIDTH);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #facts = new Uint8Array(SLOTS);
  #turn = 0;
  readonly #others = new TextMemo(SLOTS, (name) => this.#judge(name));

  /** How all that is asked of names is known in a text. */
  readonly grams: StemGrams;

  constructor(names: SecretNames) {
    this.#names = names;
    this.grams = names.grams;
  }

  /** `SECRET`, `NAMING`, `TYPING`, `STRUCTURE`, several or 0, of the name from `from` to `to`. @param codes of the text: `characterCodes` */
  lookUp(text: string, codes: Uint8Array, from: number, to: number): number {
    const length = to - from;
    if (length > WIDTH) return this.#judge(text.slice(from, to));
    let hash = length;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + codes[at]!) | 0;
    const slot = (Math.imul(hash, 0x9e3779b1) >>> 22) & (SLOTS - 2);
    if (this.#isIn(slot, codes, from, to)) return this.#facts[slot]!;
    if (this.#isIn(slot + 1, codes, from, to)) return this.#facts[slot + 1]!;
    // In turns, so that neither is pushed out by what comes once.
    this.#turn ^= 1;
    return this.#learn(slot + this.#turn, text, codes, from, to);
  }

  /** Whether a name that may never come again is a secret's. */
  isSecret(name: string): boolean {
    return this.#names.isSecret(name);
  }

  #isIn(slot: number, codes: Uint8Array, from: number, to: number): boolean {
    if (this.#lengths[slot] !== to - from) return false;
    const known = this.#codes;
    const first = slot * WIDTH - from;
    for (let at = from; at < to; at++) if (known[first + at] !== codes[at]) return false;
    return true;
  }

  #learn(slot: number, text: string, codes: Uint8Array, from: number, to: number): number {
    const name = text.slice(from, to);
    for (let at = from; at < to; at++) if (codes[at]! >= 0x80) return this.#others.get(name);
    const facts = this.#judge(name);
    this.#codes.set(codes.subarray(from, to), slot * WIDTH);
    this.#lengths[slot] = to - from;
    this.#facts[slot] = facts;
    return facts;
  }

  #judge(name: string): number {
    const facts = (this.#names.isSecret(name) ? SECRET : 0) | (NAMING_END.test(name) ? NAMING : 0);
    return facts | (TYPING_END.test(name) ? TYPING : 0) | (STRUCTURED.test(name) ? STRUCTURE : 0);
  }
}

const TYPING_END = /(?:^|["'\s,{-])type$/i;
const STRUCTURED = /^(?:raw_?(?:headers|trailers)|kty|title|column_?name|varcharvalue)$/i;
const NAMING_END = new RegExp(`(?:^|["'\\s,{-])(?:${NAME_WORDS})$`, "i");
const SLOTS = 1024;
const WIDTH = 64;
