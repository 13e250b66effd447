import { DOT, isDigit, SPACE, ZERO } from "./characters.ts";

export const PROTOCOL = "HTTP/";
const MAJOR = PROTOCOL.length;
const SLASH_AT = MAJOR - 1;
const POINT = MAJOR + 1;
const MINOR = MAJOR + 2;
const COMPLETE = MAJOR + 3;
const ODD = MAJOR + 4;
const NONE = -1;

/** `HTTP/1.`, and a digit behind it. */
const USUAL = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];
const USUAL_LENGTH = USUAL.length + 1;

/** How far a word of a start line is `HTTP/1.1`, as a lenient reader takes it: it is given character after character. */
export class VersionWord {
  /** Its digits, once it is complete. */
  major = 0;
  minor = 0;
  #state = 0;
  #folded = false;

  begin(): void {
    this.#state = 0;
    this.#folded = false;
  }

  /** Whatever word follows is none. */
  refuse(): void {
    this.#state = NONE;
  }

  /** It may still be one. */
  get isOpen(): boolean {
    return this.#state !== NONE;
  }

  /** It is the protocol's name alone. */
  get isName(): boolean {
    return this.#state === SLASH_AT;
  }

  /** It names the protocol, whatever follows. */
  get isProtocol(): boolean {
    return this.#state >= MAJOR;
  }

  /** It is a version, with one digit each. */
  get isComplete(): boolean {
    return this.#state === COMPLETE;
  }

  /** It is a version of HTTP/1 or before, as the grammar has it. */
  get isGrammatical(): boolean {
    return this.isComplete && !this.#folded && this.major <= 1;
  }

  /** Takes the usual word at once, where it stands at `data[at, end)` with white space behind it. Gives its length, or 0. */
  takeUsual(data: Uint8Array, at: number, end: number): number {
    if (end - at <= USUAL_LENGTH || data[at + USUAL_LENGTH]! > SPACE) return 0;
    for (let i = 0; i < USUAL.length; i++) if (data[at + i] !== USUAL[i]) return 0;
    const minor = data[at + USUAL.length]!;
    if (!isDigit(minor)) return 0;
    this.major = 1;
    this.minor = minor - ZERO;
    this.#state = COMPLETE;
    this.#folded = false;
    return USUAL_LENGTH;
  }

  /** False where the word is none: `c` is not the next character of the protocol's name, or one before it was not. */
  take(c: number): boolean {
    const state = this.#state;
    if (state === NONE) return false;
    if (state < MAJOR) {
      const wanted = PROTOCOL.charCodeAt(state);
      const isFolded = c !== wanted && state < SLASH_AT && (c & ~0x20) === wanted;
      this.#folded ||= isFolded;
      this.#state = c === wanted || isFolded ? state + 1 : NONE;
    } else if (state === MAJOR && isDigit(c)) {
      this.major = c - ZERO;
      this.#state = POINT;
    } else if (state === POINT && c === DOT) this.#state = MINOR;
    else if (state === MINOR && isDigit(c)) {
      this.minor = c - ZERO;
      this.#state = COMPLETE;
    } else this.#state = ODD;
    return this.#state !== NONE;
  }
}
