import { CR, isDigit, LF, SPACE, ZERO } from "./characters.ts";
import { DONE, FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";
import { ProtocolVersionParser } from "./protocol-version.ts";

const VERSION = 0;
const AFTER_VERSION = 1;
const STATUS = 2;
const AFTER_STATUS = 3;
const REASON = 4;
const LINE_FEED = 5;

/** `HTTP-version SP status-code SP [ reason-phrase ] CRLF` (RFC 9112 §4); the second space may be missing. */
export class StatusLineParser {
  readonly #message: MessageState;
  readonly #version: ProtocolVersionParser;
  #state = VERSION;
  #digits = 0;
  #start = 0;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
    this.#version = new ProtocolVersionParser(message);
  }

  begin(at: number): void {
    this.#version.begin(at);
    this.#state = VERSION;
    this.#digits = 0;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    const { handler } = message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case VERSION: {
          const progress = this.#version.parse(data, p, end, base);
          if (progress === FAILED) return FAILED;
          p = this.#version.position;
          if (progress === DONE) this.#state = AFTER_VERSION;
          continue;
        }
        case AFTER_VERSION:
          if (c !== SPACE) return message.fail("INVALID_VERSION", "Expected space after version", base + p);
          p++;
          this.#state = STATUS;
          continue;
        case STATUS:
          if (!isDigit(c)) return message.fail("INVALID_STATUS", "Invalid status code", base + p);
          message.status = message.status * 10 + c - ZERO;
          p++;
          if (++this.#digits === 3) this.#state = AFTER_STATUS;
          continue;
        case AFTER_STATUS:
          p++;
          if (c === SPACE) {
            this.#start = base + p;
            this.#state = REASON;
          } else if (c === CR) this.#state = LINE_FEED;
          else return message.fail("INVALID_STATUS", "Invalid response status", c === LF ? base + p : base + p - 1);
          continue;
        case REASON:
          while (p < end && data[p] !== CR && data[p] !== LF) p++;
          if (p === end) continue;
          handler.span("reason", this.#start, base + p);
          this.#state = LINE_FEED;
          if (data[p++] === CR) continue;
          return message.fail("CR_EXPECTED", "Missing expected CR after response line", base + p);
        case LINE_FEED:
          if (c !== LF) return message.fail("STRICT", "Expected LF after CR", base + p);
          return this.#end(p + 1, base);
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    if (this.#state === VERSION) this.#version.finish(at);
    else if (this.#state === REASON) this.#message.handler.span("reason", this.#start, at);
  }

  #end(p: number, base: number): typeof DONE {
    this.#message.handler.complete("reason", base + p);
    this.position = p;
    return DONE;
  }
}
