import { CR, FORM_FEED, LF, SPACE, TAB } from "./characters.ts";
import { DONE, FAILED, type MessageState, MORE, type Progress } from "./message-state.ts";
import { CONNECT, METHOD_TREE, PRI } from "./methods.ts";
import { ProtocolVersionParser } from "./protocol-version.ts";
import { RequestTargetParser } from "./request-target.ts";
import { WordTree } from "./word-tree.ts";

const METHOD = 0;
const AFTER_METHOD = 1;
const BEFORE_TARGET = 2;
const TARGET = 3;
const AFTER_TARGET = 4;
const BEFORE_PROTOCOL = 5;
const VERSION = 6;
const LINE_END = 7;
const LINE_FEED = 8;
const PREFACE = 9;
const TARGET_LINE_FEED = 10;

/** The rest of HTTP/2's connection preface after `PRI * HTTP/2.0` (RFC 9113 §3.4). */
const PREFACE_REST = "\r\n\r\nSM\r\n\r\n";

/** `method SP request-target SP HTTP-version CRLF` (RFC 9112 §3), strictly: see TolerantRequestLine. Without a version the request is HTTP/0.9's. */
export class RequestLineParser {
  readonly #message: MessageState;
  readonly #target: RequestTargetParser;
  readonly #version: ProtocolVersionParser;
  #state = METHOD;
  #node = WordTree.ROOT;
  #start = 0;
  #matched = 0;
  position = 0;

  constructor(message: MessageState) {
    this.#message = message;
    this.#target = new RequestTargetParser(message);
    this.#version = new ProtocolVersionParser(message);
  }

  begin(at: number): void {
    this.#state = METHOD;
    this.#node = WordTree.ROOT;
    this.#start = at;
  }

  parse(data: Uint8Array, from: number, end: number, base: number): Progress {
    const message = this.#message;
    const { handler } = message;
    let p = from;
    while (p < end) {
      const c = data[p]!;
      switch (this.#state) {
        case METHOD: {
          const next = METHOD_TREE.next(this.#node, c);
          if (next !== 0) {
            this.#node = next;
            p++;
            continue;
          }
          message.method = METHOD_TREE.wordAt(this.#node);
          if (message.method < 0) return message.fail("INVALID_METHOD", "Invalid method encountered", base + p);
          this.#endMethod(base + p);
          continue;
        }
        case AFTER_METHOD:
          if (c !== SPACE) return message.fail("INVALID_METHOD", "Expected space after method", base + p);
          p++;
          this.#state = BEFORE_TARGET;
          continue;
        case BEFORE_TARGET:
          if (c === SPACE) {
            p++;
            continue;
          }
          this.#start = base + p;
          this.#target.begin(message.method === CONNECT);
          this.#state = TARGET;
          continue;
        case TARGET: {
          const progress = this.#target.parse(data, p, end, base);
          if (progress === FAILED) return FAILED;
          p = this.#target.position;
          if (progress === MORE) break;
          handler.span("target", this.#start, base + p);
          this.#state = AFTER_TARGET;
          continue;
        }
        case AFTER_TARGET:
          p++;
          if (c === CR) this.#state = TARGET_LINE_FEED;
          else {
            handler.complete("target", base + p);
            if (c === LF) return this.#endVersionless(p);
            this.#state = BEFORE_PROTOCOL;
          }
          continue;
        case TARGET_LINE_FEED:
          if (c !== LF) return message.fail("INVALID_URL", "Expected CRLF", base + p);
          handler.complete("target", base + p + 1);
          return this.#endVersionless(p + 1);
        case BEFORE_PROTOCOL:
          if (c === SPACE) {
            p++;
            continue;
          }
          if (c === TAB || c === FORM_FEED)
            return message.fail("INVALID_URL", "Invalid characters in url", base + p + 1);
          this.#version.begin(base + p);
          this.#state = VERSION;
          continue;
        case VERSION: {
          const progress = this.#version.parse(data, p, end, base);
          if (progress === FAILED) return FAILED;
          p = this.#version.position;
          if (progress === MORE) break;
          this.#matched = 0;
          this.#state = message.method === PRI ? PREFACE : LINE_END;
          continue;
        }
        case LINE_END:
          p++;
          if (c === CR) {
            this.#state = LINE_FEED;
            continue;
          }
          return message.fail("INVALID_VERSION", "Expected CRLF after version", c === LF ? base + p : base + p - 1);
        case LINE_FEED:
          if (c !== LF) return message.fail("STRICT", "Expected CRLF after version", base + p);
          return this.#end(p + 1);
        case PREFACE:
          if (c !== PREFACE_REST.charCodeAt(this.#matched))
            return message.fail("INVALID_VERSION", "Expected HTTP/2 Connection Preface", base + p);
          p++;
          if (++this.#matched === PREFACE_REST.length)
            return message.fail("PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade", base + p);
          continue;
      }
    }
    this.position = p;
    return MORE;
  }

  /** Reports what stands in an unfinished element at the end of the input. */
  finish(at: number): void {
    const { handler } = this.#message;
    if (this.#state === METHOD) handler.span("method", this.#start, at);
    else if (this.#state === TARGET) handler.span("target", this.#start, at);
    else if (this.#state === VERSION) this.#version.finish(at);
  }

  #endMethod(at: number): void {
    this.#message.handler.span("method", this.#start, at);
    this.#message.handler.complete("method", at);
    this.#state = AFTER_METHOD;
  }

  #endVersionless(p: number): typeof DONE {
    this.#message.major = 0;
    this.#message.minor = 9;
    return this.#end(p);
  }

  #end(p: number): typeof DONE {
    this.position = p;
    return DONE;
  }
}
