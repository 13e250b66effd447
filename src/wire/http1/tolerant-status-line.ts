import { CR, isDigit, LF, SPACE, TAB, ZERO } from "./characters.ts";
import { DONE, type MessageState, MORE, type Progress } from "./message-state.ts";
import { PROTOCOL, VersionWord } from "./version-word.ts";

const WORD = 0;
const BEFORE_STATUS = 1;
const STATUS = 2;
const BEFORE_REASON = 3;
const REASON = 4;
const LINE_FEED = 5;

/** SHOUTcast's `ICY 200 OK`. */
const ICY = "ICY";
const NONE = -1;

/**
 * A status line as a lenient reader takes it (RFC 9112 §4): white space of any kind and length between its parts. Where it is
 * against the grammar that is said: `invalid:status-line`, `invalid:version`, `invalid:status` (then the status is what its digits
 * are, up to four of them; otherwise 0, and what stands there begins the reason).
 */
export class TolerantStatusLine {
  readonly #message: MessageState;
  #state = WORD;
  readonly #version = new VersionWord();
  /** How many characters of the first word are ICY's; none, once one was not. */
  #icy = 0;
  #digits = 0;
  #wordStart = 0;
  #spaceStart = 0;
  #odd = false;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  begin(at: number): void {
    this.#wordStart = at;
    this.#state = WORD;
    this.#version.begin();
    this.#icy = 0;
    this.#digits = 0;
    this.#odd = false;
    this.#message.status = 0;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case WORD:
          if (c === SPACE || c === TAB || c === CR || c === LF) {
            if (!this.#endProtocol()) return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
            if (this.#version.isProtocol) message.handler.span("version", this.#wordStart + PROTOCOL.length, base + p);
            this.#spaceStart = base + p;
            this.#state = BEFORE_STATUS;
          } else {
            if (!this.#matchProtocol(c)) return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
            p++;
          }
          continue;
        case BEFORE_STATUS:
          if (c === SPACE || c === TAB) {
            if (c === TAB || base + p > this.#spaceStart) this.#odd = true;
            p++;
            continue;
          }
          this.#wordStart = base + p;
          this.#state = STATUS;
          continue;
        case STATUS:
          if (isDigit(c) && this.#digits < MAX_DIGITS) {
            message.status = message.status * 10 + c - ZERO;
            this.#digits++;
            p++;
          } else if (c === SPACE || c === TAB || c === CR || c === LF) {
            this.#spaceStart = base + p;
            this.#state = BEFORE_REASON;
          } else {
            // No number: it is a part of what the line says.
            message.status = 0;
            this.#digits = 0;
            this.#state = REASON;
          }
          continue;
        case BEFORE_REASON:
          if ((c === SPACE || c === TAB) && base + p === this.#spaceStart) {
            p++;
            continue;
          }
          this.#wordStart = base + p;
          this.#state = REASON;
          continue;
        case REASON:
          while (p < end && data[p] !== CR && data[p] !== LF) p++;
          if (p === end) continue;
          if (base + p > this.#wordStart) message.handler.span("reason", this.#wordStart, base + p);
          if (data[p] === LF) return this.#end(p + 1, base, true);
          this.#state = LINE_FEED;
          p++;
          continue;
        case LINE_FEED:
          if (c !== LF) return message.fail("STRICT", "Expected LF after CR", base + p);
          return this.#end(p + 1, base, false);
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    if (this.#state === REASON) this.#message.handler.span("reason", this.#wordStart, at);
  }

  /** False where it can be no protocol of ours. */
  #matchProtocol(c: number): boolean {
    this.#icy = c === ICY.charCodeAt(this.#icy) ? this.#icy + 1 : NONE;
    return this.#version.take(c) || this.#icy > 0;
  }

  #endProtocol(): boolean {
    const message = this.#message;
    const { isProtocol, isComplete, major, minor } = this.#version;
    const isIcy = this.#icy === ICY.length;
    message.major = isComplete ? major : 1;
    message.minor = isComplete ? minor : isIcy ? 0 : 1;
    return isIcy || isProtocol;
  }

  #end(p: number, base: number, bare: boolean): Progress {
    const { handler } = this.#message;
    const at = base + p;
    handler.complete("version", at);
    if (!this.#version.isComplete) handler.violation("invalid:version", at);
    if (this.#digits !== 3) handler.violation("invalid:status", at);
    if (this.#odd) handler.violation("invalid:status-line", at);
    handler.complete("reason", at);
    if (bare) handler.violation("bare-lf", at);
    this.position = p;
    return DONE;
  }
}

/** More digits than any status has; so many are still told. */
const MAX_DIGITS = 4;
const EXPECTED_PROTOCOL = "Expected HTTP/";
