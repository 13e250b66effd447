import { CR, isWhiteSpace, LF, SLASH, SPACE, TOKEN } from "./characters.ts";
import { DONE, type MessageState, MORE, type Progress } from "./message-state.ts";
import { METHOD_TREE, PRI } from "./methods.ts";
import { PROTOCOL, VersionWord } from "./version-word.ts";
import { WordTree } from "./word-tree.ts";

const METHOD = 0;
const BEFORE_TARGET = 1;
const TARGET = 2;
const SPACES = 3;
const WORD = 4;
const LINE_FEED = 5;

/**
 * A request line as a lenient reader takes it (RFC 9112 §3: split at white space; the version is the last word that looks like one,
 * and the target what stands between it and the method). Where it is against the grammar that is said: `invalid:request-line`,
 * `invalid:version`. What stands behind a version is passed over. A line without a version is HTTP/0.9's.
 *
 *     GET  /a b HTTP/1.01
 *     ─┬─  ─┬── ───┬─────
 *      │    │      └ the last word, if it begins with HTTP/; or else the last one before it that is a version
 *      │    └ target: up to the word before the last
 *      └ method
 */
export class TolerantRequestLine {
  readonly #message: MessageState;
  #state = METHOD;
  #node = WordTree.ROOT;
  #known = true;
  #start = 0;
  #targetStart = 0;
  /** Where the target's first word ends, the word before the last, and the last. */
  #wordEnd = 0;
  #targetEnd = 0;
  #lastStart = 0;
  #lastEnd = 0;
  #version = new VersionWord();
  /** The last word before the last that is a version, and where the target before it ends. */
  #earlier: VersionWord | undefined;
  #earlierStart = 0;
  #earlierEnd = 0;
  #earlierTargetEnd = 0;
  #odd = false;
  #oddMethod = false;
  /** The target begins like a path or an URL. */
  #asksForPath = false;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  begin(at: number): void {
    this.#state = METHOD;
    this.#node = WordTree.ROOT;
    this.#known = true;
    this.#start = at;
    this.#version.refuse();
    this.#earlier?.refuse();
    this.#odd = false;
    this.#oddMethod = false;
    this.#asksForPath = false;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case METHOD:
          if (TOKEN[c] === 1) {
            if (this.#known) this.#node = METHOD_TREE.next(this.#node, c);
            if (this.#node === 0) this.#known = false;
            p++;
            continue;
          }
          if (this.#isOddMethod(c, base + p)) {
            p++;
            continue;
          }
          message.method = this.#known ? METHOD_TREE.wordAt(this.#node) : -1;
          if (this.#start === base + p || !(isWhiteSpace(c) || isLineEnd(c)))
            return message.fail("INVALID_METHOD", "Invalid method encountered", base + p);
          message.handler.span("method", this.#start, base + p);
          message.handler.complete("method", base + p);
          if (c !== SPACE) this.#odd = true;
          if (!isLineEnd(c)) p++;
          this.#state = BEFORE_TARGET;
          continue;
        case BEFORE_TARGET:
          if (isWhiteSpace(c) || c === CR) {
            this.#odd = true;
            p++;
            continue;
          }
          this.#targetStart = base + p;
          this.#asksForPath = c === SLASH || (c | 0x20) === FIRST_LETTER;
          if (c === LF) return this.#endWithoutTarget(p + 1, base);
          // The target may be missing, and the version stand in its place.
          if ((c | 0x20) === FIRST_LETTER) this.#version.begin();
          this.#state = TARGET;
          continue;
        case TARGET:
          if (!this.#version.isOpen) while (p < end && data[p]! > SPACE) p++;
          else while (p < end && data[p]! > SPACE && this.#version.take(data[p]!)) p++;
          if (p === end || data[p]! > SPACE) continue;
          if (isWhiteSpace(data[p]!) || isLineEnd(data[p]!)) {
            this.#wordEnd = this.#targetEnd = this.#lastEnd = base + p;
            this.#lastStart = this.#targetStart;
            this.#state = SPACES;
          } else {
            this.#odd = true;
            p++;
          }
          continue;
        case SPACES:
          if (isLineEnd(c)) {
            if (base + p > this.#lastEnd) this.#odd = true;
            if (c === LF) return this.#end(p + 1, base, true);
            this.#state = LINE_FEED;
            p++;
          } else if (isWhiteSpace(c)) {
            if (c !== SPACE || base + p > this.#lastEnd) this.#odd = true;
            p++;
          } else {
            // A word that was taken for the version is none when another follows that looks like one.
            if (this.#version.isComplete && this.#lastStart !== this.#targetStart) this.#keepVersion();
            this.#targetEnd = this.#lastEnd;
            this.#lastStart = base + p;
            this.#version.begin();
            p += this.#version.takeUsual(data, p, end);
            this.#state = WORD;
          }
          continue;
        case WORD:
          if (isWhiteSpace(c) || isLineEnd(c)) {
            this.#lastEnd = base + p;
            this.#state = SPACES;
            continue;
          }
          if (c < SPACE) this.#odd = true;
          this.#version.take(c);
          p++;
          continue;
        case LINE_FEED:
          if (c === LF) return this.#end(p + 1, base, false);
          // A CR by itself is white space.
          this.#odd = true;
          this.#state = SPACES;
          continue;
      }
    }
    this.position = p;
    return MORE;
  }

  /** Whether it is a character that no method has, and that is borne if the line ends in a version. */
  #isOddMethod(c: number, at: number): boolean {
    const length = at - this.#start;
    // A first byte that is no text begins another protocol's message, but where the line and what follows it were seen.
    const mayBeOther = length > 0 || (c !== NUL && this.#message.isDue);
    const isOdd = (c > SPACE && c < 0x7f) || (mayBeOther && (c === NUL || c >= 0x7f));
    if (!isOdd || length >= LONGEST_ODD_METHOD) return false;
    this.#oddMethod = true;
    this.#known = false;
    return true;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    const { handler } = this.#message;
    if (this.#state === METHOD) handler.span("method", this.#start, at);
    else if (this.#state === TARGET) handler.span("target", this.#targetStart, at);
    else if (this.#state > TARGET) handler.span("target", this.#targetStart, this.#targetEnd);
  }

  #keepVersion(): void {
    const earlier = this.#earlier ?? new VersionWord();
    this.#earlier = this.#version;
    this.#version = earlier;
    this.#earlierStart = this.#lastStart;
    this.#earlierEnd = this.#lastEnd;
    this.#earlierTargetEnd = this.#targetEnd;
  }

  /** The words behind it are no version, nor part of the target. */
  #takeEarlier(earlier: VersionWord): void {
    this.#earlier = this.#version;
    this.#version = earlier;
    this.#lastStart = this.#earlierStart;
    this.#lastEnd = this.#earlierEnd;
    this.#targetEnd = this.#earlierTargetEnd;
    this.#odd = true;
  }

  #endWithoutTarget(p: number, base: number): Progress {
    const message = this.#message;
    if (message.method < 0) return message.fail("INVALID_URL", "Unexpected start char in url", this.#targetStart);
    this.#wordEnd = this.#targetEnd = this.#lastEnd = this.#targetStart;
    return this.#end(p, base, false);
  }

  #end(p: number, base: number, bare: boolean): Progress {
    const message = this.#message;
    const { handler } = message;
    const at = base + p;
    const earlier = this.#earlier;
    if (!this.#version.isProtocol && earlier?.isComplete === true) this.#takeEarlier(earlier);
    const { isProtocol: hasVersion, isComplete: isExact, major, minor } = this.#version;
    // Without a version, only a known method shows that it is a request, or whoever has seen what follows.
    if (!hasVersion && message.method < 0 && !(message.isDue && this.#asksForPath))
      return message.fail("INVALID_METHOD", "Invalid method encountered", at);
    const isTargetMissing = hasVersion && this.#lastStart === this.#targetStart;
    const targetEnd = isTargetMissing ? this.#targetStart : hasVersion ? this.#targetEnd : this.#lastEnd;
    if (isTargetMissing || targetEnd === this.#targetStart) this.#odd = true;
    handler.span("target", this.#targetStart, targetEnd);
    handler.complete("target", at);
    // A version that is cut or has more digits says nothing but the protocol.
    message.major = isExact ? major : hasVersion ? 1 : 0;
    message.minor = isExact ? minor : hasVersion ? 1 : 9;
    if (hasVersion) handler.span("version", this.#lastStart + PROTOCOL.length, this.#lastEnd);
    handler.complete("version", at);
    if (bare) handler.violation("bare-lf", at);
    if (message.method === PRI && major === 2 && isExact)
      return message.fail("PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade", at);
    if (hasVersion && !this.#version.isGrammatical) handler.violation("invalid:version", at);
    // White space within the target.
    if (this.#odd || this.#oddMethod || targetEnd !== this.#wordEnd) handler.violation("invalid:request-line", at);
    this.position = p;
    return DONE;
  }
}

function isLineEnd(c: number): boolean {
  return c === CR || c === LF;
}

/** Longer than any method in use, and than what people mistype for one. */
const LONGEST_ODD_METHOD = 64;

const NUL = 0;
const FIRST_LETTER = 0x68;
