import { COMMAND_WORDS } from "./command-words.ts";
import { SECRET_PAIRS, STRONG, WEAK } from "./name-words.ts";
import { StemGrams } from "./stem-grams.ts";

/**
 * Tells of most names, at a fifth of what it takes to judge them, that nothing in them is a secret's: no such word is in them, nor a part
 * of one. Of the rest nothing is said.
 */
export class NameStems {
  /** The same of every part of a text at once; other words that tell something are among them. */
  readonly grams: StemGrams;
  readonly #pattern: RegExp;

  /** @param names further ones, normalised */
  constructor(names: Iterable<string>) {
    const stems = shortest([...STRONG, ...WEAK, ...ENDINGS, ...names]);
    const pairs = [...SECRET_PAIRS].filter((pair) => !stems.some((stem) => pair.includes(stem)));
    const sources = [...stems.map(escapePattern), ...pairs.map((pair) => pair.replace(" ", "[^a-z0-9]*"))];
    this.#pattern = new RegExp(sources.join("|"), "i");
    this.grams = new StemGrams([...stems, ...pairs, ...COMMAND_WORDS, ...STRUCTURE_WORDS]);
  }

  /** @param name as it was sent */
  mayBeSecret(name: string): boolean {
    if (UNREADABLE.test(name)) return true;
    return this.#pattern.test(JOINTS.test(name) ? name.replace(ALL_JOINTS, "") : name);
  }
}

/** Members beside which secrets stand that nothing names: a JSON Web Key's, and headers as Node lists them. */
const STRUCTURE_WORDS = ["rawheaders", "rawtrailers", "kty"];

/** The ends of `STRONG_ENDING`. */
const ENDINGS = "password passwd passphrase passcode secret key token sessid sessionid credential pwd pw".split(" ");

/** Leaves out texts that have another one in them. */
function shortest(texts: readonly string[]): string[] {
  const all = [...new Set(texts)].filter((text) => text !== "").sort((a, b) => a.length - b.length);
  const kept: string[] = [];
  for (const text of all) if (!kept.some((one) => text.includes(one))) kept.push(text);
  return kept;
}

function escapePattern(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
}

/** Encoded, or with letters of which small and capital ones are not told apart so easily. */
const UNREADABLE = /[%\\\u0080-\uffff]/;
const JOINTS = /[-_.\s]/;
const ALL_JOINTS = /[-_.\s]+/g;
