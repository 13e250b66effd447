import { DOT, isDigit, ZERO } from "./characters.ts";

export const PROTOCOL = "HTTP/";
const MAJOR = PROTOCOL.length;
const POINT = MAJOR + 1;
const MINOR = MAJOR + 2;
const COMPLETE = MAJOR + 3;
const ODD = MAJOR + 4;
const NONE = -1;

/** How far a word of a start line is `HTTP/1.1`, as a lenient reader takes it: it is given character after character. */
export class VersionWord {
  /** Its digits, once it is complete. */
  major = 0;
  minor = 0;
  #state = 0;

  begin(): void {
    this.#state = 0;
  }

  /** It names the protocol, whatever follows. */
  get isProtocol(): boolean {
    return this.#state >= MAJOR;
  }

  /** It is a version, with one digit each. */
  get isComplete(): boolean {
    return this.#state === COMPLETE;
  }

  /** False where the word is none: `c` is not the next character of the protocol's name, or one before it was not. */
  take(c: number): boolean {
    const state = this.#state;
    if (state === NONE) return false;
    if (state < MAJOR) this.#state = c === PROTOCOL.charCodeAt(state) ? state + 1 : NONE;
    else if (state === MAJOR && isDigit(c)) {
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
