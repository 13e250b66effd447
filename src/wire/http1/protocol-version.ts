import { DOT, isDigit, SLASH, ZERO } from "./characters.ts";
import { DONE, type FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";
import { PROTOCOL_TREE, refuseMethod } from "./methods.ts";
import { WordTree } from "./word-tree.ts";

const PROTOCOL = 0;
const AFTER_PROTOCOL = 1;
const MAJOR = 2;
const AFTER_MAJOR = 3;
const MINOR = 4;

/** `HTTP/1.1` (RFC 9112 §2.3), in a request line or a status line. */
export class ProtocolVersionParser {
  readonly #message: MessageState;
  #state = PROTOCOL;
  #node = WordTree.ROOT;
  #start = 0;
  /** Where `parse` stopped. */
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
  }

  /** @param at the position of the first byte */
  begin(at: number): void {
    this.#state = PROTOCOL;
    this.#node = WordTree.ROOT;
    this.#start = at;
  }

  /** @param base the position of `data[0]` */
  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    const { handler } = message;
    let p = from;
    for (; p < end; p++) {
      const c = data[p]!;
      switch (this.#state) {
        case PROTOCOL: {
          this.#node = PROTOCOL_TREE.next(this.#node, c);
          if (this.#node === 0) {
            handler.span("protocol", this.#start, base + p);
            return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
          }
          const protocol = PROTOCOL_TREE.wordAt(this.#node);
          if (protocol < 0) continue;
          handler.span("protocol", this.#start, base + p + 1);
          handler.complete("protocol", base + p + 1);
          if (message.strict && message.isRequest) {
            const refusal = refuseMethod(message.method, protocol);
            if (refusal !== undefined) return message.fail("INVALID_CONSTANT", refusal, base + p + 1);
          }
          this.#state = AFTER_PROTOCOL;
          continue;
        }
        case AFTER_PROTOCOL:
          if (c !== SLASH) return message.fail("INVALID_CONSTANT", EXPECTED_PROTOCOL, base + p);
          this.#start = base + p + 1;
          this.#state = MAJOR;
          continue;
        case MAJOR:
          if (!isDigit(c)) return this.#failVersion("Invalid major version", base + p);
          message.major = c - ZERO;
          this.#state = AFTER_MAJOR;
          continue;
        case AFTER_MAJOR:
          if (c !== DOT) return this.#failVersion("Expected dot", base + p);
          this.#state = MINOR;
          continue;
        case MINOR:
          if (!isDigit(c)) return this.#failVersion("Invalid minor version", base + p);
          message.minor = c - ZERO;
          if (message.strict && !isKnownVersion(message.major, message.minor))
            return this.#failVersion("Invalid HTTP version", base + p + 1);
          handler.span("version", this.#start, base + p + 1);
          handler.complete("version", base + p + 1);
          this.position = p + 1;
          return DONE;
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    if (this.#state === PROTOCOL) this.#message.handler.span("protocol", this.#start, at);
    else if (this.#state !== AFTER_PROTOCOL) this.#message.handler.span("version", this.#start, at);
  }

  #failVersion(reason: string, at: number): typeof FAILED {
    this.#message.handler.span("version", this.#start, at);
    return this.#message.fail("INVALID_VERSION", reason, at);
  }
}

const EXPECTED_PROTOCOL = "Expected HTTP/, RTSP/ or ICE/";

function isKnownVersion(major: number, minor: number): boolean {
  return (major === 1 && minor <= 1) || (major === 0 && minor === 9) || (major === 2 && minor === 0);
}
