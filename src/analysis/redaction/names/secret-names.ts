import { TextMemo } from "../../../wire/text/text-memo.ts";
import { normaliseName } from "../rules.ts";
import { NameStems } from "./name-stems.ts";
import {
  ASKING,
  CHOSEN,
  DIGITS,
  FILLERS,
  PAGE_TOKENS,
  PLAIN,
  PLAIN_KEYS,
  SECRET_CODES,
  SECRET_KEYS,
  SECRET_PAIRS,
  STRONG,
  STRONG_ENDING,
  WEAK,
} from "./name-words.ts";
import { splitName } from "./split-name.ts";
import type { StemGrams } from "./stem-grams.ts";

/** The class of a value by its name. */
export type NameVerdict =
  /** It is secret. */
  | { readonly kind: "strong" }
  /** It is when it looks like one: digits alone too, from so many on; one that somebody chose too. */
  | { readonly kind: "weak"; readonly digits?: number; readonly chosen?: true }
  /** It is none, even if it looks like one. */
  | { readonly kind: "plain" }
  | { readonly kind: "none" };

/** Which names of headers, parameters, members and fields say that their values are secret. Each name is looked at once. */
export class SecretNames {
  readonly #names: ReadonlySet<string>;
  readonly #excepted: ReadonlySet<string>;
  readonly #stems: NameStems;
  readonly #known = new TextMemo(MAX_NAMES, (name) => this.#judge(name));

  /** @param names normalised, strong ones; @param excepted normalised: those that are let through whatever they end in */
  constructor(names: ReadonlySet<string>, excepted: ReadonlySet<string>) {
    this.#names = names;
    this.#excepted = excepted;
    this.#stems = new NameStems(names);
  }

  /** How each secret's name, as it may be sent, is known. */
  get grams(): StemGrams {
    return this.#stems.grams;
  }

  /** @param name as it was sent: percent-encoded maybe, and with what it is a part of: `user[password]`, `user.password` */
  judge(name: string): NameVerdict {
    return this.#known.get(name);
  }

  /** Whether values of this name are secret, or are when they look like it. Those that have no word of such names are not remembered. */
  isSecret(name: string): boolean {
    if (!this.#stems.mayBeSecret(name)) return false;
    const { kind } = this.judge(name);
    return kind === "strong" || kind === "weak";
  }

  #judge(name: string): NameVerdict {
    if (name.length > MAX_NAME) return NONE;
    const decoded = decodeName(name);
    const last = lastPart(decoded);
    const whole = normaliseName(decoded);
    const end = last === decoded ? whole : normaliseName(last);
    if (this.#excepted.has(whole) || this.#excepted.has(end)) return PLAIN_NAME;
    if (this.#names.has(whole) || this.#names.has(end)) return SECRET;
    return judgeWords(splitName(last), end);
  }
}

/** The last part of `user[password]`; of `user.password[0]` and `filter[token][eq]` the one before what says which of it, or how. */
function lastPart(name: string): string {
  const parts = PART_SIGN.test(name) ? name.split(PART_SIGNS).filter((part) => part !== "") : [name];
  while (parts.length > 1 && PLACE.test(parts.at(-1)!)) parts.pop();
  return parts.at(-1) ?? name;
}

const PART_SIGN = /[[\].:/]/;
const PART_SIGNS = /[[\].:/]+/;
const PLACE = /^(?:\d{1,9}|\$?(?:eq|ne|neq|is|not|in|like|ilike|contains|starts_?with|matches|set|value|text|s))$/i;

const SECRET: NameVerdict = { kind: "strong" };
const NONE: NameVerdict = { kind: "none" };
const PLAIN_NAME: NameVerdict = { kind: "plain" };
const LOOK: NameVerdict = { kind: "weak" };
const CHOSEN_LOOK: NameVerdict = { kind: "weak", chosen: true };

/** Names that are remembered, and how long one may be. */
const MAX_NAMES = 4096;
const MAX_NAME = 128;

function judgeWords(parts: readonly string[], joined: string): NameVerdict {
  const words = [...parts];
  while (words.length > 1 && /^\d+$/.test(words.at(-1)!)) words.pop();
  let isFilled = false;
  while (words.length > 1 && FILLERS.has(words.at(-1)!) && words.slice(0, -1).some(isSecretWord)) {
    words.pop();
    isFilled = true;
  }
  const head = words.at(-1) ?? "";
  const before = words.at(-2) ?? "";
  const asks = words.length > 1 && ASKING.has(words[0] === "x" ? words[1]! : words[0]!);
  const verdict = judgeHead(head, before, joined);
  if (verdict.kind === "strong" && asks) return LOOK;
  if (verdict.kind !== "none") return verdict;
  // A secret's word that something else follows, as `secret_menu`.
  if (!isFilled && words.slice(0, -1).some((word) => STRONG.has(word))) return LOOK;
  return PLAIN.has(head) ? PLAIN_NAME : NONE;
}

function judgeHead(head: string, before: string, joined: string): NameVerdict {
  const pair = `${before} ${head}`;
  if (SECRET_PAIRS.has(pair)) return SECRET;
  if (head === "key" && PLAIN_KEYS.has(before)) return PLAIN_NAME;
  if (head === "key" && (SECRET_KEYS.has(before) || joined.includes("encryption"))) return SECRET;
  if (head === "code" && SECRET_CODES.has(before)) return SECRET;
  if (head === "token" && PAGE_TOKENS.has(before)) return LOOK;
  if (STRONG.has(head) || STRONG.has(joined)) return SECRET;
  if (WEAK.has(head)) {
    const digits = DIGITS.get(head);
    return {
      kind: "weak",
      ...(digits !== undefined && { digits }),
      ...(CHOSEN.has(head) && { chosen: true as const }),
    };
  }
  if (head.endsWith("s")) return judgePlural(head.slice(0, -1), before);
  return STRONG_ENDING.test(joined) ? SECRET : NONE;
}

/** `max_tokens` is a number, `passwords` are secrets, and `backup_codes` too. */
function judgePlural(head: string, before: string): NameVerdict {
  if (head === "code" && SECRET_CODES.has(before)) return SECRET;
  if (head === "key" && PLAIN_KEYS.has(before)) return PLAIN_NAME;
  if (head === "credential" || head === "password") return SECRET;
  return STRONG.has(head) || WEAK.has(head) || STRONG_ENDING.test(before + head) ? CHOSEN_LOOK : NONE;
}

function isSecretWord(word: string): boolean {
  return STRONG.has(word) || WEAK.has(word) || STRONG_ENDING.test(word);
}

function decodeName(name: string): string {
  if (!name.includes("%") && !name.includes("\\")) return name;
  try {
    return decodeURIComponent(name.replace(/\\u([0-9a-fA-F]{4})/g, "%u$1").replace(/%u(....)/g, fromHex));
  } catch {
    return name;
  }
}

function fromHex(_whole: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}
