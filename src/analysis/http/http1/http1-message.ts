import type { Body, Header, MemoryBudget, Timestamp } from "../../../model/index.ts";
import { BodyCollector, type BodyCut, EMPTY_BODY } from "../../body-collector.ts";
import type { StreamObserver } from "../../stream-observer.ts";
import type { PendingExchange } from "./pending-exchange.ts";

/** A request or response while it is read. */
export class Http1Message {
  readonly started: Timestamp;
  /** Where it begins in its direction's stream. */
  readonly position: number;
  /** How far its sender had received the other direction when it began to send it, where that is known. */
  readonly acknowledged: number | undefined;
  finished: Timestamp | undefined;
  major = 1;
  minor = 1;
  /** For requests; empty in a response. */
  method = "";
  target = "";
  /** For responses; 0 in a request. */
  status = 0;
  reason = "";
  headers: Header[] = NO_HEADERS;
  trailers: Header[] = NO_HEADERS;
  headBytes = 0;
  problems: string[] | undefined;
  /** The whole message was read. */
  complete = false;
  /** The body's end was seen; what follows it may still be missing. */
  bodyComplete = false;
  /** Bytes of it were never seen. */
  gap = false;
  /** The tap or a limit cut something off. */
  cut = false;
  /** The exchange that it was found to belong to. */
  exchange: PendingExchange | undefined;
  /** Who watches its exchange while it passes. */
  observer: StreamObserver | undefined;
  #body: BodyCollector | undefined;

  constructor(started: Timestamp, position: number, acknowledged: number | undefined) {
    this.started = started;
    this.position = position;
    this.acknowledged = acknowledged;
  }

  /** Joins the values of all fields of that name (in lower case) with commas (RFC 9110 §5.3); undefined without one. */
  header(name: string): string | undefined {
    let found: string | undefined;
    for (const header of this.headers) {
      if (header.name?.length !== name.length || header.name.toLowerCase() !== name) continue;
      found = found === undefined ? header.value : `${found}, ${header.value}`;
    }
    return found;
  }

  /** Its sender says that it is the last on its connection (RFC 9112 §9.3). */
  get endsConnection(): boolean {
    const options = this.header("connection")?.toLowerCase() ?? "";
    return /(?:^|,)\s*close\s*(?:,|$)/.test(options) || (this.minor === 0 && !options.includes("keep-alive"));
  }

  addProblem(problem: string): void {
    if (this.problems === undefined) this.problems = [problem];
    else if (!this.problems.includes(problem)) this.problems.push(problem);
  }

  /** Why the body is not kept any more. */
  get bodyCutBy(): BodyCut | undefined {
    return this.#body?.cutBy;
  }

  /** Gives how many bytes of the piece were not kept. */
  pushBody(data: Uint8Array, start: number, end: number, limit: number, budget: MemoryBudget): number {
    this.#body ??= new BodyCollector(limit, budget);
    return this.#body.push(data, start, end);
  }

  skipBody(size: number, limit: number, budget: MemoryBudget): void {
    this.#body ??= new BodyCollector(limit, budget);
    this.#body.skip(size);
  }

  /** The body as it stands, without letting go of it. */
  peekBody(): Body {
    return this.#body?.peek(this.bodyComplete) ?? this.#emptyBody();
  }

  /** The body, once, when the message is over. */
  takeBody(): Body {
    const body = this.#body?.take(this.bodyComplete) ?? this.#emptyBody();
    this.#body = undefined;
    return body;
  }

  #emptyBody(): Body {
    return this.bodyComplete ? EMPTY_BODY : { ...EMPTY_BODY, complete: false };
  }
}

/** Shared by all messages without fields: nobody may change it. */
const NO_HEADERS: Header[] = [];
