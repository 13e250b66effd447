import { COMMA, CR, isDigit, LF, LIST_ELEMENT, SPACE, TAB, ZERO } from "./characters.ts";
import { HEAD_FLAGS } from "./message-handler.ts";
import { DONE, FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";
import { WordTree } from "./word-tree.ts";

/** The fields that say where a message ends and what becomes of the connection. */
export const FRAMING_FIELD_TREE = new WordTree(
  ["connection", "proxy-connection", "content-length", "transfer-encoding", "upgrade"],
  { ignoreCase: true },
);
export const CONNECTION = 0;
const PROXY_CONNECTION = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const UPGRADE = 4;

const CONNECTION_OPTIONS = new WordTree(["close", "upgrade", "keep-alive"], { ignoreCase: true });
const OPTION_FLAGS = [HEAD_FLAGS.CLOSE, HEAD_FLAGS.CONNECTION_UPGRADE, HEAD_FLAGS.KEEP_ALIVE];
const CHUNKED = new WordTree(["chunked"], { ignoreCase: true });

/** The field of that name, or -1. */
export function findFramingField(data: Uint8Array, start: number, end: number): number {
  return matchWord(FRAMING_FIELD_TREE, data, start, end);
}

function matchWord(words: WordTree, data: Uint8Array, start: number, end: number): number {
  let node = WordTree.ROOT;
  for (let p = start; p < end && node !== 0; p++) node = words.next(node, data[p]!);
  return node === 0 ? -1 : words.wordAt(node);
}

const LENGTH_DIGITS = 0;
const LENGTH_SPACE = 1;
const CODING = 2;
const AFTER_CHUNKED = 3;
const OTHER_CODING = 4;
const BEFORE_CODING = 5;
const OPTION = 6;
const AFTER_OPTION = 7;
const OTHER_OPTION = 8;
const ANYTHING = 9;

/** So many decimal digits are exact in a double. */
const SAFE_DIGITS = 15;
/** 2^64 - 1, as llhttp counts. */
const MAX_LENGTH = 18446744073709551615n;

/**
 * Understands the values of the framing fields as they pass: Content-Length (RFC 9110 §8.6), Transfer-Encoding (RFC 9112 §6.1),
 * Connection (RFC 9110 §7.6.1) and Upgrade. Stops at the line's end, or at what does not belong into a value.
 */
export class FramingFieldParser {
  readonly #message: MessageState;
  #state = ANYTHING;
  #node = 0;
  /** Flags to set in the head at the line's end. */
  #pending = 0;
  #length = 0;
  /** The length in full, when a double cannot hold it. */
  #bigLength: bigint | undefined;
  #start = 0;
  #ignored = false;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  /**
   * Reads a whole value that can only mean one thing: the first Content-Length, in digits, and `keep-alive` or `close`. False
   * when it is not such a one, and nothing was read.
   */
  readPlain(field: number, data: Uint8Array, start: number, end: number): boolean {
    const message = this.#message;
    if (field === CONTENT_LENGTH) {
      if (end - start > SAFE_DIGITS || message.has("CONTENT_LENGTH") || message.has("TRANSFER_ENCODING")) return false;
      let length = 0;
      for (let p = start; p < end; p++) {
        if (!isDigit(data[p]!)) return false;
        length = length * 10 + data[p]! - ZERO;
      }
      message.contentLength = length;
      message.flags |= HEAD_FLAGS.CONTENT_LENGTH;
      return true;
    }
    if (field > PROXY_CONNECTION) return false;
    const option = matchWord(CONNECTION_OPTIONS, data, start, end);
    if (option < 0) return false;
    message.flags |= OPTION_FLAGS[option]!;
    return true;
  }

  /** The field's name was read. False when it may not stand in this head at all; the parsing has failed then. */
  allows(field: number, at: number): boolean {
    const message = this.#message;
    this.#pending = 0;
    if (field === TRANSFER_ENCODING && message.has("CONTENT_LENGTH"))
      return message.tolerates("conflicting-length", "INVALID_TRANSFER_ENCODING", TE_WITH_LENGTH, at);
    if (field === CONTENT_LENGTH && message.has("TRANSFER_ENCODING"))
      return message.tolerates("conflicting-length", "INVALID_CONTENT_LENGTH", LENGTH_WITH_TE, at);
    return true;
  }

  /** The first byte of the field's value stands at `at`. */
  begin(field: number, at: number): Progress {
    const message = this.#message;
    this.#start = at;
    switch (field) {
      case CONNECTION:
      case PROXY_CONNECTION:
        this.#state = OPTION;
        this.#node = WordTree.ROOT;
        return MORE;
      case UPGRADE:
        message.flags |= HEAD_FLAGS.UPGRADE;
        this.#state = ANYTHING;
        return MORE;
      case TRANSFER_ENCODING:
        if (message.has("CHUNKED") && message.isRequest && !this.#allowsAfterChunked(at)) return FAILED;
        message.flags = (message.flags | HEAD_FLAGS.TRANSFER_ENCODING) & ~HEAD_FLAGS.CHUNKED;
        this.#state = CODING;
        this.#node = WordTree.ROOT;
        return MORE;
      default:
        this.#state = LENGTH_DIGITS;
        this.#length = 0;
        this.#bigLength = undefined;
        this.#ignored = false;
        if (message.has("CONTENT_LENGTH") && message.strict)
          return message.fail("UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length", at);
        return MORE;
    }
  }

  /** An empty value is an error for some fields. */
  allowsEmpty(field: number, at: number): boolean {
    if (field !== CONTENT_LENGTH) return true;
    return this.#message.tolerates("invalid-content-length", "INVALID_CONTENT_LENGTH", "Empty Content-Length", at);
  }

  /** The line is over, and not continued: what it says counts. */
  endLine(): void {
    this.#message.flags |= this.#pending;
    this.#pending = 0;
  }

  /** The value is continued on the next line (obsolete folding). */
  continueLine(): void {
    if (this.#pending === HEAD_FLAGS.CHUNKED) this.#pending = 0;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case LENGTH_DIGITS:
          if (!isDigit(c)) {
            this.#state = LENGTH_SPACE;
            continue;
          }
          p++;
          if (!this.#addDigit(c - ZERO, base + p)) return FAILED;
          continue;
        case LENGTH_SPACE:
          if (c === SPACE || c === TAB) break;
          if (c !== CR && c !== LF) {
            if (!this.#ignored && !this.#toleratesLength("Invalid character in Content-Length", base + p))
              return FAILED;
            this.#state = ANYTHING;
            continue;
          }
          if (!this.#ignored) this.#acceptLength(base + p);
          this.#state = ANYTHING;
          return this.#stop(p);

        case CODING:
          this.#node = CHUNKED.next(this.#node, c);
          if (this.#node === 0) {
            this.#state = OTHER_CODING;
            continue;
          }
          if (CHUNKED.wordAt(this.#node) === 0) this.#state = AFTER_CHUNKED;
          break;
        case AFTER_CHUNKED:
          if (c === SPACE || (c === TAB && !this.#message.strict)) break;
          if (c === CR || c === LF) {
            this.#pending = HEAD_FLAGS.CHUNKED;
            return this.#stop(p);
          }
          if (c === COMMA && this.#message.isRequest && !this.#allowsAfterChunked(base + p)) return FAILED;
          this.#state = OTHER_CODING;
          continue;
        case OTHER_CODING:
          if (c === COMMA) this.#state = BEFORE_CODING;
          else if (LIST_ELEMENT[c] !== 1) return this.#stop(p);
          break;
        case BEFORE_CODING:
          if (c === SPACE || c === TAB) break;
          if (c === CR || c === LF) return this.#stop(p);
          this.#state = CODING;
          this.#node = WordTree.ROOT;
          continue;

        case OPTION: {
          if (this.#node === WordTree.ROOT) {
            if (c === SPACE || c === TAB) break;
            if (c === CR || c === LF) return this.#stop(p);
          }
          this.#node = CONNECTION_OPTIONS.next(this.#node, c);
          if (this.#node === 0) {
            this.#state = OTHER_OPTION;
            continue;
          }
          const option = CONNECTION_OPTIONS.wordAt(this.#node);
          if (option < 0) break;
          this.#pending = OPTION_FLAGS[option]!;
          this.#state = AFTER_OPTION;
          break;
        }
        case AFTER_OPTION:
          if (c === SPACE || c === TAB) break;
          if (c === CR || c === LF) return this.#stop(p);
          if (c === COMMA) {
            this.#message.flags |= this.#pending;
            this.#pending = 0;
            this.#beginOption();
            break;
          }
          this.#pending = 0;
          this.#state = OTHER_OPTION;
          continue;
        case OTHER_OPTION:
          if (c === COMMA) this.#beginOption();
          else if (LIST_ELEMENT[c] !== 1) return this.#stop(p);
          break;
        default:
          return this.#stop(p);
      }
      p++;
    }
    this.position = p;
    return MORE;
  }

  #beginOption(): void {
    this.#state = OPTION;
    this.#node = WordTree.ROOT;
  }

  #allowsAfterChunked(at: number): boolean {
    const message = this.#message;
    if (message.strict) message.handler.span("fieldValue", this.#start, at);
    return message.tolerates(
      "invalid-transfer-encoding",
      "INVALID_TRANSFER_ENCODING",
      "Invalid `Transfer-Encoding` header value",
      at + 1,
    );
  }

  #addDigit(digit: number, at: number): boolean {
    if (this.#bigLength === undefined && this.#length < 900_719_925_474_099) {
      this.#length = this.#length * 10 + digit;
      return true;
    }
    if (this.#ignored) return true;
    this.#bigLength = (this.#bigLength ?? BigInt(this.#length)) * 10n + BigInt(digit);
    if (this.#bigLength > MAX_LENGTH) return this.#toleratesLength("Content-Length overflow", at);
    this.#length = Number(this.#bigLength);
    return true;
  }

  #toleratesLength(reason: string, at: number): boolean {
    this.#ignored = true;
    const message = this.#message;
    if (message.strict) message.handler.span("fieldValue", this.#start, at);
    return message.tolerates("invalid-content-length", "INVALID_CONTENT_LENGTH", reason, at);
  }

  /** Where there are several lengths, the first counts; they are reported, the more so when they differ. */
  #acceptLength(at: number): void {
    const message = this.#message;
    if (message.has("CONTENT_LENGTH")) {
      const same = message.contentLength === this.#length;
      message.handler.violation(same ? "duplicate-content-length" : "conflicting-length", at);
      return;
    }
    message.contentLength = this.#length;
    message.flags |= HEAD_FLAGS.CONTENT_LENGTH;
  }

  #stop(p: number): typeof DONE {
    this.position = p;
    return DONE;
  }
}

const TE_WITH_LENGTH = "Transfer-Encoding can't be present with Content-Length";
const LENGTH_WITH_TE = "Content-Length can't be present with Transfer-Encoding";
