import { FLAGS, WINDOWS_FLAGS } from "../look/text-signs.ts";
import { NAMING, SECRET, STRUCTURE, TYPING } from "../names/name-table.ts";
import type { TextNames } from "../names/text-names.ts";
import { findCommands, hasFlag, mayBeCall } from "./find-commands.ts";
import { findNames, isSecretNamed, isSecretType } from "./find-names.ts";

/** Where in a text of JSON secrets may be, and which searches need not be made in it. */
export interface JsonText {
  /**
   * In their order, three numbers each: where a text begins and ends, quotes included, and where the value of the member begins whose name it
   * is and says that it is secret; `NO_MEMBER` of a text in which names may stand before values.
   */
  readonly places: readonly number[];
  /** Two numbers each: texts with escapes, quotes included. */
  readonly escaped: readonly number[];
  /** Names may be values: `"name": "password"`. */
  readonly hasNamesAsValues: boolean;
  /** Names may be items: `["password", "…"]`. */
  readonly hasNamesAsItems: boolean;
  /** It has lists of lists, items that may be titles of columns, names and values in turn, or a JSON Web Key. */
  readonly hasStructure: boolean;
  /** Something may be parted from its name by a space. */
  readonly hasCommands: boolean;
  /** A text of it may be a flag, or have one: `-name`. */
  readonly hasFlags: boolean;
  /** A text may be a mnemonic. */
  readonly hasManyWords: boolean;
  /** It is JSON; else it only begins so. */
  readonly isRead: boolean;
}

export const NO_MEMBER = -1;

/**
 * Reads a text that is JSON (RFC 8259), of several values too, each an object or an array, one behind the other. It is looked at as the searches for
 * secrets do, not checked: brackets need not match. Undefined where it is none, or where an expression might find what goes from one of its
 * texts to the next.
 */
export function readJson(names: TextNames): JsonText | undefined {
  const reader = new JsonReader(names);
  return reader.read() ? reader : undefined;
}

class JsonReader implements JsonText {
  readonly places: number[] = [];
  readonly escaped: number[] = [];
  hasNamesAsValues = false;
  hasNamesAsItems = false;
  hasStructure = false;
  hasCommands = false;
  hasFlags = false;
  hasManyWords = false;
  readonly isRead = true;
  readonly #names: TextNames;
  readonly #text: string;
  readonly #codes: Uint8Array;
  #at = 0;
  /** The last member's name, quotes included. */
  #nameBegin = 0;
  #nameEnd = 0;

  constructor(names: TextNames) {
    this.#names = names;
    this.#text = names.text;
    this.#codes = names.codes;
  }

  read(): boolean {
    const codes = this.#codes;
    const { length } = codes;
    let last = COMMA;
    /** How much of `["a", "b"]` was read: 1 to 4 behind each of its parts. */
    let pair = 0;
    while (this.#at < length) {
      const code = codes[this.#at]!;
      if (code === SPACE || code === LINE_FEED || code === RETURN || code === TAB) {
        this.#at++;
        continue;
      }
      if (code === QUOTE) {
        if (last === VALUE || last === CLOSED) return false;
        const next = this.#readText(last === COLON);
        if (next === undefined) return false;
        pair = next === VALUE && (pair === 1 || pair === 3) ? pair + 1 : 0;
        last = next;
        continue;
      }
      if (code === COMMA) {
        if (last !== VALUE && last !== CLOSED) return false;
        pair = pair === 2 ? 3 : 0;
        last = COMMA;
      } else if (code === OPEN || code === OPEN_BRACE) {
        if (last === VALUE) return false;
        if (code === OPEN && (pair === 1 || last === CLOSED)) this.hasStructure = true;
        pair = code === OPEN ? 1 : 0;
        last = OPEN;
      } else if (code === CLOSE || code === CLOSE_BRACE) {
        if (last === COLON) return false;
        if (pair === 4) this.hasNamesAsItems = true;
        pair = 0;
        last = CLOSED;
      } else {
        if (last === VALUE || last === CLOSED || !this.#readLiteral(code)) return false;
        pair = 0;
        last = VALUE;
        continue;
      }
      this.#at++;
    }
    return true;
  }

  #readLiteral(code: number): boolean {
    const codes = this.#codes;
    const start = this.#at;
    if (code >= 0x61) {
      const word = code === 0x74 ? "true" : code === 0x66 ? "false" : "null";
      this.#at += word.length;
      return this.#text.startsWith(word, start);
    }
    let end = start;
    while (end < codes.length && (KINDS[codes[end]!]! & NUMBER) !== 0) end++;
    this.#at = end;
    return end > start;
  }

  /** Gives `VALUE`, or `COLON` where it was a name. */
  #readText(isValue: boolean): number | undefined {
    const codes = this.#codes;
    const { length } = codes;
    const begin = this.#at;
    let kinds = 0;
    let end = begin + 1;
    for (; end < length; end++) {
      const code = codes[end]!;
      if (code === QUOTE) break;
      kinds |= KINDS[code]!;
      if (code === BACKSLASH && ++end < length) kinds |= KINDS[codes[end]!]!;
    }
    if (end >= length || (kinds & (CONTROL | JOINING)) !== 0) {
      if (end >= length || (kinds & CONTROL) !== 0 || this.#mayJoin(begin + 1)) return undefined;
      // A comment that begins behind a name in other quotes may end in another text.
      if ((kinds & QUOTES) !== 0 && this.#text.slice(begin, end).includes("/*")) return undefined;
    }
    end++;
    let at = end;
    if (!isValue) while (at < length && isSpace(codes[at]!)) at++;
    const isName = !isValue && codes[at] === COLON;
    if ((kinds & SPECIAL) !== 0) this.#lookInto(begin, end, kinds, isName);
    this.#at = at;
    if (isValue) this.#readValue(begin, end);
    // An item that is the name of a secret may be a column's title.
    if (
      !isName &&
      !isValue &&
      (kinds & NO_TITLE) === 0 &&
      this.#codes[begin + 1] !== DASH &&
      this.#names.isSecret(begin + 1, end - 1)
    )
      this.hasStructure = true;
    if (!isName) return VALUE;
    if ((kinds & (BACKSLASHES | QUOTES)) !== 0 || end - begin > MAX_NAME || at - end > MAX_SPACE) return undefined;
    return this.#readName(begin, end, at + 1) ? COLON : undefined;
  }

  #readName(begin: number, end: number, afterColon: number): boolean {
    const codes = this.#codes;
    let start = afterColon;
    while (start < codes.length && isSpace(codes[start]!)) start++;
    if (start - afterColon > MAX_SPACE) return false;
    this.#at = start;
    this.#nameBegin = begin;
    this.#nameEnd = end;
    if (!this.#names.mayHaveSecret(begin + 1, end - 1)) return true;
    const facts = this.#names.lookUp(begin + 1, end - 1);
    if ((facts & STRUCTURE) !== 0) this.hasStructure = true;
    if ((facts & SECRET) !== 0 && end - begin > 3) this.places.push(begin, end, start);
    return true;
  }

  /** Asks of a member's value whether it is a secret's name or type, and its name one that tells that it may be. */
  #readValue(begin: number, end: number): void {
    if (this.hasNamesAsValues || !this.#names.mayHaveSecret(begin, end)) return;
    const facts = this.#names.lookUp(this.#nameBegin + 1, this.#nameEnd - 1);
    if ((facts & STRUCTURE) !== 0) this.hasStructure = true;
    this.hasNamesAsValues =
      ((facts & TYPING) !== 0 && isSecretType(this.#names, begin)) ||
      ((facts & NAMING) !== 0 && isSecretNamed(this.#names, begin));
  }

  /** Whether what stands before a text would be a name in quotes: `": "` before an equals sign. */
  #mayJoin(start: number): boolean {
    if ((KINDS[this.#codes[start]!]! & JOINING) === 0) return false;
    JOINED.lastIndex = start;
    return JOINED.test(this.#text);
  }

  #lookInto(begin: number, end: number, kinds: number, isName: boolean): void {
    if ((kinds & BACKSLASHES) !== 0) this.escaped.push(begin, end);
    if ((kinds & (QUOTES | BACKSLASHES)) !== 0) this.hasNamesAsItems = true;
    if ((kinds & SPACES) !== 0 && end - begin > MIN_MANY_WORDS && hasManySpaces(this.#codes, begin, end))
      this.hasManyWords = true;
    const maySecret = this.#names.mayHaveSecret(begin, end);
    if ((kinds & JOINTS) !== 0) {
      if (isName) this.hasNamesAsValues = true;
      else if (maySecret) {
        const found = findNames(this.#names, begin, end);
        if ((found & SECRET) !== 0) this.places.push(begin, end, NO_MEMBER);
        if ((found & NAMING) !== 0) this.hasNamesAsValues = true;
      }
    }
    if (!maySecret && (this.#names.meanings & (FLAGS | WINDOWS_FLAGS)) === 0) return;
    if ((kinds & DASHES) !== 0 && hasFlag(this.#codes, begin, end)) this.hasFlags = this.hasCommands = true;
    if ((kinds & SPACES) !== 0) this.#lookAtWords(begin, end, kinds);
    if ((kinds & BRACKETS) !== 0 && mayBeCall(this.#text.slice(begin, end))) this.hasCommands = true;
  }

  #lookAtWords(begin: number, end: number, kinds: number): void {
    const mayTell = (kinds & (QUOTES | OTHERS)) !== 0;
    if (findCommands(this.#names, begin, end, mayTell)) this.hasCommands = true;
  }
}

/** As many as a mnemonic has at least (BIP 39). */
function hasManySpaces(codes: Uint8Array, begin: number, end: number): boolean {
  let spaces = 0;
  for (let at = begin; at < end; at++) if (codes[at] === SPACE) spaces++;
  return spaces >= 11;
}

/** Twelve words of three letters, and the spaces between them. */
const MIN_MANY_WORDS = 47;

function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === RETURN || code === TAB;
}

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE = 0x5d;
const CLOSE_BRACE = 0x7d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DASH = 0x2d;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
/** Beside the signs: what stood last. */
const VALUE = 1;
const CLOSED = 2;

/** With its quotes; and how much white space is looked over beside a colon. */
const MAX_NAME = 66;
const MAX_SPACE = 64;

const JOINTS = 1;
const QUOTES = 2;
const BACKSLASHES = 4;
const DASHES = 8;
const SPACES = 16;
const CONTROL = 32;
const BRACKETS = 64;
const JOINING = 128;
const NUMBER = 256;
const OTHERS = 512;
const NO_TITLE = JOINTS | QUOTES | BACKSLASHES | SPACES | BRACKETS;
const SPECIAL = JOINTS | QUOTES | BACKSLASHES | DASHES | SPACES | BRACKETS;

/** By code; of what is not ASCII nothing is known. */
const KINDS = new Uint16Array(0x100).fill(SPACES | OTHERS | JOINING, 0x80);
for (const [kind, pattern] of [
  [JOINTS, /[:=>]/],
  [QUOTES, /["'`]/],
  [BACKSLASHES, /\\/],
  [DASHES, /-/],
  [SPACES, / /],
  [BRACKETS, /\(/],
  [CONTROL, /[\u0000-\u001f]/],
  [JOINING, /[\]\s=:/-]/],
  [NUMBER, /[0-9+.eE-]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) KINDS[code]! |= kind;

/** Joins a name in quotes to its value, with all that may stand between. */
const JOINED = /\]?\s{0,64}(?:\/\*|=|->|:)/y;
