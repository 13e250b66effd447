import type { Element, MessageHead } from "../../../../wire/http1/index.ts";
import type { Http1Message } from "../http1-message.ts";
import type { SectionCollector } from "../section-collector.ts";

/** Keeps where the parts of a message's start line stand, until the line is read. */
export class StartLine {
  readonly #isRequest: boolean;
  readonly #last: Element;
  /** The method or the reason phrase. */
  #wordStart = 0;
  #wordEnd = 0;
  #targetStart = 0;
  #targetEnd = 0;
  /** It was read to its end, or as far as the tap left it. */
  isKnown = false;

  constructor(kind: "request" | "response") {
    this.#isRequest = kind === "request";
    this.#last = this.#isRequest ? "version" : "reason";
  }

  begin(at: number): void {
    this.#wordEnd = this.#wordStart = at;
    this.#targetEnd = this.#targetStart = at;
    this.isKnown = false;
  }

  span(element: Element, start: number, end: number): void {
    if (element === "method" || element === "reason") {
      this.#wordStart = start;
      this.#wordEnd = end;
    } else if (element === "target") {
      this.#targetStart = start;
      this.#targetEnd = end;
    }
  }

  complete(element: Element): void {
    if (element === this.#last) this.isKnown = true;
  }

  /** A line that was cut is known by its target, or by its status. */
  takePart(head: MessageHead): void {
    this.isKnown = this.#isRequest ? this.#targetEnd > this.#wordStart : head.status > 0;
  }

  read(message: Http1Message, head: MessageHead, section: SectionCollector): void {
    message.status = head.status;
    // A line that was cut before its version does not say it; most are 1.1.
    if (head.major > 0 || head.minor > 0) {
      message.major = head.major;
      message.minor = head.minor;
    }
    const word = section.text(this.#wordStart, this.#wordEnd);
    if (this.#isRequest) {
      message.method = word;
      message.target = section.text(this.#targetStart, this.#targetEnd);
    } else message.reason = word;
  }
}
