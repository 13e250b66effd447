import { SectionCollector } from "../../analysis/http/http1/section-collector.ts";
import type { MemoryBudget } from "../../model/index.ts";
import type { BodyOverride, Element, MessageHandler, MessageHead } from "../../wire/http1/index.ts";
import { HEAD_FLAGS, Http1Parser } from "../../wire/http1/index.ts";

export interface BackendAnswer {
  readonly status: number;
  /** Its fields by their names in lower case, of several the first; none of answers that say nothing but yes. */
  readonly headers: ReadonlyMap<string, string>;
  /** Empty where it was not asked for. */
  readonly body: Uint8Array;
}

/** Reads the answers that come on one connection, one after the other. */
export class AnswerReader implements MessageHandler {
  readonly #parser = new Http1Parser({ kind: "response", strict: true, handler: this });
  readonly #head: SectionCollector;
  #keepsBody = false;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #status = 0;
  #data: Uint8Array = NO_BYTES;
  #base = 0;
  #knowsIdleTime = false;
  #problem: string | undefined;
  /** The answer is complete. */
  isOver = false;
  /** Another request may follow on the connection. */
  staysOpen = false;
  /** For how long it may stay idle: what the backend says, less what a request needs to get there. */
  idleMillis = DEFAULT_IDLE_MILLIS;

  constructor(budget: MemoryBudget) {
    this.#head = new SectionCollector(HEAD_LIMITS, budget);
  }

  /** A request is being sent. */
  begin(keepsBody: boolean): void {
    this.#keepsBody = keepsBody;
    this.#chunks = [];
    this.#size = 0;
    this.isOver = false;
  }

  /** Gives what is wrong with it. The bytes are borrowed. */
  push(data: Uint8Array): string | undefined {
    this.#data = data;
    this.#base = this.#parser.position;
    const end = this.#parser.push(data);
    if (this.#head.isOpen) this.#head.keep(data, end, this.#base);
    if (this.#problem === undefined && end < data.length) this.#problem = "the answer is no HTTP/1";
    return this.#problem;
  }

  /** The connection ended: whether that completes the answer. */
  finish(): boolean {
    return this.#parser.finish() === "complete-by-close" && this.isOver;
  }

  close(): void {
    this.#head.release();
  }

  get answer(): BackendAnswer {
    const isLookedInto = this.#keepsBody || this.#status >= 300;
    return {
      status: this.#status,
      headers: isLookedInto ? this.#readFields() : NO_FIELDS,
      body: this.#chunks.length === 0 ? NO_BYTES : Buffer.concat(this.#chunks),
    };
  }

  messageBegin(at: number): void {
    if (this.isOver) this.#problem = "more than one answer";
    this.#head.open(at);
  }

  span(element: Element, start: number, end: number): void {
    if (element === "fieldName") this.#head.name(start, end);
    else if (element === "fieldValue") this.#head.value(start, end);
  }

  complete(element: Element): void {
    if (element === "fieldValue") this.#head.endField();
  }

  headersComplete(at: number, head: MessageHead): BodyOverride {
    this.#head.close(this.#data, this.#base, at);
    this.#status = head.status;
    const closes = head.major === 1 && head.minor === 0 ? (head.flags & HEAD_FLAGS.KEEP_ALIVE) === 0 : false;
    this.staysOpen = !closes && (head.flags & HEAD_FLAGS.CLOSE) === 0;
    return "none";
  }

  body(data: Uint8Array, start: number, end: number): void {
    this.#size += end - start;
    if (this.#size > MAX_ANSWER_BYTES) this.#problem ??= `the answer has more than ${MAX_ANSWER_BYTES} bytes`;
    else if (this.#keepsBody) this.#chunks.push(new Uint8Array(data.subarray(start, end)));
  }

  chunkHeader(): void {}

  chunkComplete(): void {}

  messageComplete(): void {
    if (this.#status === 101) this.#problem = "the answer changes the protocol";
    // The answer follows an informational one (RFC 9110 section 15.2).
    if (this.#status < 200) return;
    this.isOver = true;
    this.staysOpen &&= !this.#parser.endsWithConnection;
    if (this.#knowsIdleTime) return;
    this.#knowsIdleTime = true;
    this.idleMillis = readIdleTime(this.#readFields().get("keep-alive")) ?? DEFAULT_IDLE_MILLIS;
  }

  violation(): void {}

  failure(_code: string, reason: string): void {
    this.#problem ??= `the answer is no HTTP/1: ${reason}`;
  }

  #readFields(): ReadonlyMap<string, string> {
    const fields = new Map<string, string>();
    for (const { name, value } of this.#head.readFields(true)) {
      const key = name?.toLowerCase() ?? "";
      if (!fields.has(key)) fields.set(key, value ?? "");
    }
    return fields;
  }
}

/** `Keep-Alive: timeout=5` (RFC 2068 section 19.7.1.1), as Node's servers and Apache send it. */
function readIdleTime(value = ""): number | undefined {
  const [, seconds] = /timeout=(\d+)/i.exec(value) ?? [];
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) * 1000 - SPARED_MILLIS);
}

const HEAD_LIMITS = { headBytes: 64 * 1024, headerCount: 256 };
/** A list of hosts; answers to reports are not looked into. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const DEFAULT_IDLE_MILLIS = 4000;
const SPARED_MILLIS = 1000;
const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const NO_BYTES = new Uint8Array(0);
