import { CR, isDigit, isWhiteSpace, LF, SLASH, SPACE, TAB, TOKEN, ZERO } from "./characters.ts";
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
 * are, up to four of them; otherwise 0, and what stands there begins the reason). Where a response is due, another protocol may stand
 * before the status, or none.
 */
export class TolerantStatusLine {
  readonly #message: MessageState;
  #state = WORD;
  readonly #version = new VersionWord();
  #icy = 0;
  #digits = 0;
  #wordStart = 0;
  #spaceStart = 0;
  #odd = false;
  /** So many characters of another protocol's name. */
  #otherLength = 0;
  /** Only a status of three digits shows that it is a status line. */
  #mustHaveStatus = false;
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
    this.#otherLength = 0;
    this.#mustHaveStatus = false;
    this.#message.status = 0;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case WORD:
          if (base + p === this.#wordStart) {
            if (this.#mayBeBare(c)) {
              this.#state = STATUS;
              continue;
            }
            const length = this.#version.takeUsual(data, p, end);
            p += length;
            if (length > 0) continue;
          }
          if (isWhiteSpace(c) || c === CR || c === LF) {
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
          if (isWhiteSpace(c)) {
            if (c !== SPACE || base + p > this.#spaceStart) this.#odd = true;
            p++;
            continue;
          }
          if (c === SLASH && this.#version.isName) {
            // `HTTP /1.1`: the rest of the version.
            this.#odd = true;
            this.#wordStart = base + p + 1 - PROTOCOL.length;
            this.#version.take(c);
            p++;
            this.#state = WORD;
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
          } else if (isWhiteSpace(c) || c === CR || c === LF) {
            if (this.#mustHaveStatus && this.#digits !== 3)
              return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
            this.#spaceStart = base + p;
            this.#state = BEFORE_REASON;
          } else if (this.#mustHaveStatus) {
            return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
          } else {
            // No number: it is a part of what the line says.
            message.status = 0;
            this.#digits = 0;
            this.#state = REASON;
          }
          continue;
        case BEFORE_REASON:
          if (isWhiteSpace(c) && base + p === this.#spaceStart) {
            if (c !== SPACE) this.#odd = true;
            p++;
            continue;
          }
          this.#wordStart = base + p;
          this.#state = REASON;
          continue;
        case REASON:
          while (p < end && data[p] !== CR && data[p] !== LF) {
            if (data[p]! < SPACE && data[p] !== TAB) this.#odd = true;
            p++;
          }
          if (p === end) continue;
          if (base + p > this.#wordStart) message.handler.span("reason", this.#wordStart, base + p);
          if (data[p] === LF) return this.#end(p + 1, base, true);
          this.#state = LINE_FEED;
          p++;
          continue;
        case LINE_FEED:
          if (c === LF) return this.#end(p + 1, base, false);
          // A CR by itself is white space.
          this.#odd = true;
          this.#wordStart = base + p;
          this.#state = REASON;
          continue;
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    if (this.#state === REASON) this.#message.handler.span("reason", this.#wordStart, at);
    // The other digits did not come: the first of them are no status.
    if (this.#state === STATUS && this.#digits < 3) this.#message.status = 0;
  }

  /** A status without a protocol before it, where a response is due. */
  #mayBeBare(c: number): boolean {
    this.#mustHaveStatus = this.#message.isDue && isDigit(c);
    return this.#mustHaveStatus;
  }

  /** False where it can be no protocol that a status follows. */
  #matchProtocol(c: number): boolean {
    this.#icy = c === ICY.charCodeAt(this.#icy) ? this.#icy + 1 : NONE;
    if (this.#version.take(c) || this.#icy > 0) return true;
    return this.#message.isDue && (TOKEN[c] === 1 || c === SLASH) && ++this.#otherLength <= LONGEST_OTHER;
  }

  #endProtocol(): boolean {
    const message = this.#message;
    const { isProtocol, isName, isComplete, major, minor } = this.#version;
    const isIcy = this.#icy === ICY.length;
    message.major = isComplete ? major : 1;
    message.minor = isComplete ? minor : isIcy ? 0 : 1;
    this.#mustHaveStatus = this.#otherLength > 0 || isName;
    return isIcy || isProtocol || this.#mustHaveStatus;
  }

  #end(p: number, base: number, bare: boolean): Progress {
    const { handler } = this.#message;
    const at = base + p;
    handler.complete("version", at);
    if (!this.#version.isGrammatical) handler.violation("invalid:version", at);
    if (this.#digits !== 3 || this.#message.status < 100) handler.violation("invalid:status", at);
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

/** Longer than a protocol's name and version. */
const LONGEST_OTHER = 16;
