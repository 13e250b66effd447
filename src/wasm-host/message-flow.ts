import { CONTINUE } from "./abi.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { HeaderMap } from "./header-map.ts";
import type { Pair } from "./pairs.ts";

interface FlowOptions {
  readonly side: "request" | "response";
  readonly output: {
    headers(side: "request" | "response", headers: readonly Pair[], isEnd: boolean): void;
    body(side: "request" | "response", bytes: Uint8Array, isEnd: boolean): void;
    trailers(side: "request" | "response", trailers: readonly Pair[]): void;
  };
  readonly run: (callback: string, ...args: number[]) => number;
  readonly bufferLimit: number;
  /** More is held than may be. */
  readonly overflow: () => void;
}

/**
 * A message on its way through a filter.
 *
 * A filter that pauses with the headers sees no body until it continues; the body that came meanwhile it sees in one piece then. One that
 * pauses with a part of the body sees, with the next part, all that it held. What it let pass is gone.
 */
export class MessageFlow {
  readonly #options: FlowOptions;
  #held: "nothing" | "headers" | "body" | "trailers" = "nothing";
  /** Came while the headers were held: the filter has not seen it. */
  readonly #waiting = new BodyBuffer();
  #body = new BodyBuffer();
  #isEnded = false;
  #isInBody = false;
  #isStopped = false;
  /** Counts the messages that took this one's place. */
  #successor = 0;
  #hasPassed = false;
  #hasEnded = false;
  headers: HeaderMap | undefined;
  trailers: HeaderMap | undefined;

  constructor(options: FlowOptions) {
    this.#options = options;
  }

  /** Its headers went out. */
  get hasPassed(): boolean {
    return this.#hasPassed;
  }

  /** All of it went out. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The body that the filter may read and change now. */
  get readable(): BodyBuffer | undefined {
    return this.#isInBody || this.#body.size > 0 ? this.#body : undefined;
  }

  pushHeaders(headers: readonly Pair[], isEnd: boolean): void {
    if (this.#isStopped) return;
    this.headers = new HeaderMap(headers);
    this.#isEnded = isEnd;
    const action = this.#run("headers", this.headers.pairs.length, isEnd ? 1 : 0);
    if (action === undefined) return;
    if (action === CONTINUE) this.#passHeaders(isEnd);
    else this.#held = "headers";
  }

  pushBody(bytes: Uint8Array, isEnd: boolean): void {
    if (this.#isStopped) return;
    this.#isEnded = isEnd;
    if (this.#held !== "headers") this.#showBody(bytes, isEnd);
    else {
      this.#waiting.append(bytes);
      if (this.#waiting.size > this.#options.bufferLimit) this.#options.overflow();
    }
  }

  pushTrailers(trailers: readonly Pair[]): void {
    if (this.#isStopped) return;
    this.trailers = new HeaderMap(trailers);
    this.#isEnded = true;
    if (this.#held !== "headers") this.#showTrailers();
  }

  /** The filter continues what it had paused. */
  resume(): void {
    if (this.#isStopped) return;
    const held = this.#held;
    this.#held = "nothing";
    switch (held) {
      case "headers":
        this.#resumeHeaders();
        break;
      case "body":
        this.#passBody(this.#isEnded && this.trailers === undefined);
        break;
      case "trailers":
        this.#passBody(false);
        this.#passTrailers();
    }
  }

  /** Nothing passes any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Another message takes its place. */
  restart(): void {
    this.#isStopped = false;
    this.#successor++;
    this.#held = "nothing";
    this.#body = new BodyBuffer();
    this.#waiting.take();
    this.trailers = undefined;
  }

  #resumeHeaders(): void {
    const hasMore = this.#waiting.size > 0 || this.trailers !== undefined;
    this.#passHeaders(this.#isEnded && !hasMore);
    if (this.#waiting.size > 0) this.#showBody(this.#waiting.take(), this.#isEnded && this.trailers === undefined);
    if (this.trailers !== undefined && !this.#isStopped) this.#showTrailers();
  }

  #showBody(bytes: Uint8Array, isEnd: boolean): void {
    this.#body.append(bytes);
    this.#isInBody = true;
    const action = this.#run("body", this.#body.size, isEnd ? 1 : 0);
    this.#isInBody = false;
    if (action === undefined) return;
    if (action === CONTINUE) {
      this.#held = "nothing";
      this.#passBody(isEnd);
    } else {
      this.#held = "body";
      if (this.#body.size > this.#options.bufferLimit) this.#options.overflow();
    }
  }

  #showTrailers(): void {
    const action = this.#run("trailers", this.trailers!.pairs.length);
    if (action === undefined) return;
    if (action === CONTINUE) {
      this.#held = "nothing";
      this.#passBody(false);
      this.#passTrailers();
    } else this.#held = "trailers";
  }

  /** The callback's action; undefined where nothing of this message passes any more. */
  #run(part: string, ...args: number[]): number | undefined {
    const successor = this.#successor;
    const action = this.#options.run(`proxy_on_${this.#options.side}_${part}`, ...args);
    return this.#isStopped || successor !== this.#successor ? undefined : action;
  }

  #passHeaders(isEnd: boolean): void {
    this.#hasPassed = true;
    this.#hasEnded = isEnd;
    this.#options.output.headers(this.#options.side, this.headers!.pairs, isEnd);
  }

  #passBody(isEnd: boolean): void {
    const bytes = this.#body.take();
    this.#hasEnded ||= isEnd;
    if (bytes.length > 0 || isEnd) this.#options.output.body(this.#options.side, bytes, isEnd);
  }

  #passTrailers(): void {
    this.#hasEnded = true;
    this.#options.output.trailers(this.#options.side, this.trailers!.pairs);
  }
}
