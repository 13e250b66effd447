import {
  ASTERISK,
  AT,
  AUTHORITY,
  COLON,
  CR,
  FORM_FEED,
  HASH,
  isAlpha,
  LF,
  QUESTION_MARK,
  SLASH,
  SPACE,
  TAB,
  TARGET,
} from "./characters.ts";
import { DONE, type FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";

const START = 0;
const SCHEME = 1;
const SCHEME_SLASH = 2;
const SCHEME_SECOND_SLASH = 3;
const HOST = 4;
const HOST_AFTER_AT = 5;
const PATH = 6;
const QUERY = 7;
const FRAGMENT = 8;
const ANYTHING = 9;

/**
 * A request target (RFC 9112 §3.2): origin, absolute, authority (CONNECT) or asterisk form. A strict parser checks its
 * characters, a tolerant one takes everything up to the next space or line end, as many clients send what they like.
 *
 * It stops before the delimiter.
 */
export class RequestTargetParser {
  readonly #message: MessageState;
  #state = START;
  /** Where `parse` stopped. */
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  begin(isConnect: boolean): void {
    this.#state = !this.#message.strict ? ANYTHING : isConnect ? HOST : START;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    let p = from;
    for (; p < end; p++) {
      const c = data[p]!;
      switch (this.#state) {
        case ANYTHING:
          if (c === SPACE || c === CR || c === LF) return this.#stop(p);
          continue;
        case PATH:
          if (TARGET[c] === 1) continue;
          if (c === QUESTION_MARK) this.#state = QUERY;
          else if (c === HASH) this.#state = FRAGMENT;
          else return this.#endOrFail("Invalid char in url path", c, p, base);
          continue;
        case QUERY:
          if (TARGET[c] === 1 || c === QUESTION_MARK) continue;
          if (c !== HASH) return this.#endOrFail("Invalid char in url query", c, p, base);
          this.#state = FRAGMENT;
          continue;
        case FRAGMENT:
          if (TARGET[c] === 1 || c === QUESTION_MARK || c === HASH) continue;
          return this.#endOrFail("Invalid char in url fragment start", c, p, base);
        case START:
          if (c === SLASH || c === ASTERISK) this.#state = PATH;
          else if (isAlpha(c)) this.#state = SCHEME;
          else return this.#fail("Unexpected start char in url", c, p, base);
          continue;
        case SCHEME:
          if (isAlpha(c)) continue;
          if (c !== COLON) return this.#fail("Unexpected char in url schema", c, p, base);
          this.#state = SCHEME_SLASH;
          continue;
        case SCHEME_SLASH:
          if (c !== SLASH) return this.#fail("Unexpected char in url schema", c, p, base);
          this.#state = SCHEME_SECOND_SLASH;
          continue;
        case SCHEME_SECOND_SLASH:
          if (c !== SLASH) return this.#message.fail("INVALID_URL", "Unexpected char in url schema", base + p);
          this.#state = HOST;
          continue;
        case HOST:
        case HOST_AFTER_AT:
          if (AUTHORITY[c] === 1) this.#state = HOST;
          else if (c === SLASH) this.#state = PATH;
          else if (c === QUESTION_MARK) this.#state = QUERY;
          else if (c !== AT) return this.#endOrFail("Unexpected char in url server", c, p, base);
          else if (this.#state === HOST_AFTER_AT)
            return this.#message.fail("INVALID_URL", "Double @ in url", base + p + 1);
          else this.#state = HOST_AFTER_AT;
          continue;
      }
    }
    this.position = p;
    return MORE;
  }

  #stop(p: number): typeof DONE {
    this.position = p;
    return DONE;
  }

  #endOrFail(reason: string, c: number, p: number, base: number): typeof DONE | typeof FAILED {
    if (c === SPACE || c === CR || c === LF) return this.#stop(p);
    if (c === TAB || c === FORM_FEED) return this.#message.fail("INVALID_URL", INVALID_CHARACTERS, base + p + 1);
    return this.#message.fail("INVALID_URL", reason, base + p);
  }

  #fail(reason: string, c: number, p: number, base: number): typeof FAILED {
    const isSpace = c === SPACE || c === CR || c === LF || c === TAB || c === FORM_FEED;
    return isSpace
      ? this.#message.fail("INVALID_URL", INVALID_CHARACTERS, base + p + 1)
      : this.#message.fail("INVALID_URL", reason, base + p);
  }
}

const INVALID_CHARACTERS = "Invalid characters in url";
