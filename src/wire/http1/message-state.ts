import {
  type FailureCode,
  HEAD_FLAGS,
  type MessageHandler,
  type MessageHead,
  type Violation,
} from "./message-handler.ts";

/** The result of a step of the parser. */
export const MORE = 0;
export const DONE = 1;
export const FAILED = 2;
export type Progress = typeof MORE | typeof DONE | typeof FAILED;

/** State shared by the parts of the parser: the facts of the current message, and where its events go. */
export class MessageState implements MessageHead {
  readonly isRequest: boolean;
  /** Every violation of the grammar ends the parsing, as in llhttp's strict mode. */
  readonly strict: boolean;
  readonly handler: MessageHandler;
  method = -1;
  status = 0;
  major = 0;
  minor = 0;
  flags = 0;
  contentLength = 0;
  /** A request waits for the response that begins next; or a request begins, as what follows its line showed. */
  isDue = false;
  /** Where the parsing failed. */
  failedAt = 0;

  constructor(isRequest: boolean, strict: boolean, handler: MessageHandler) {
    this.isRequest = isRequest;
    this.strict = strict;
    this.handler = handler;
  }

  reset(): void {
    this.method = -1;
    this.status = 0;
    this.major = 0;
    this.minor = 0;
    this.flags = 0;
    this.contentLength = 0;
  }

  has(flag: keyof typeof HEAD_FLAGS): boolean {
    return (this.flags & HEAD_FLAGS[flag]) !== 0;
  }

  fail(code: FailureCode, reason: string, at: number): typeof FAILED {
    this.failedAt = at;
    this.handler.failure(code, reason, at);
    return FAILED;
  }

  /** A violation that can be read over: true where that is allowed, after it was reported; otherwise the parsing has failed. */
  tolerates(problem: Violation, code: FailureCode, reason: string, at: number): boolean {
    if (this.strict) {
      this.fail(code, reason, at);
      return false;
    }
    this.handler.violation(problem, at);
    return true;
  }
}
