import { BodyCollector, EMPTY_BODY } from "../../analysis/body-collector.ts";
import type { MessageKind, StreamObserver } from "../../analysis/stream-observer.ts";
import type { Body, Header, HttpExchange, MemoryBudget, Timestamp } from "../../model/index.ts";

export interface StreamExporterOptions {
  /** Bytes kept of a body. */
  readonly maxBodyBytes: number;
  /** Charged with them until the exchange has ended. */
  readonly budget: MemoryBudget;
  /** Takes the exchange when it has ended; its bodies are its own. */
  readonly submit: (exchange: HttpExchange) => void;
  /** The exchange is not handed on, for this reason, in the ledger's words. */
  readonly abandon: (reason: "abandoned" | "route") => void;
}

/** Gathers the bodies of one stream and hands on the exchange that it was, with them. */
export class StreamExporter implements StreamObserver {
  readonly #options: StreamExporterOptions;
  #request: BodyCollector | undefined;
  #response: BodyCollector | undefined;

  constructor(options: StreamExporterOptions) {
    this.#options = options;
  }

  onHeaders(): void {}

  onBody(message: MessageKind, data: Uint8Array, _time: Timestamp): void {
    this.#collectorOf(message).push(data, 0, data.length);
  }

  onTrailers(_message: MessageKind, _trailers: readonly Header[], _time: Timestamp): void {}

  onEnd(ended: HttpExchange): void {
    const { messages: _, ...exchange } = ended;
    const { request, response } = exchange;
    this.#options.submit({
      ...exchange,
      ...(request && { request: { ...request, body: takeBody(this.#request, request.body) } }),
      ...(response && { response: { ...response, body: takeBody(this.#response, response.body) } }),
    });
    // Bodies that belong to no message were kept for nothing.
    if (request === undefined) this.#request?.take(false);
    if (response === undefined) this.#response?.take(false);
  }

  onAbandoned(): void {
    this.#abandon("abandoned");
  }

  /** The stream's route switches exporting off: instead of its end. */
  leaveOut(): void {
    this.#abandon("route");
  }

  #abandon(reason: "abandoned" | "route"): void {
    this.#request?.take(false);
    this.#response?.take(false);
    this.#options.abandon(reason);
  }

  #collectorOf(message: MessageKind): BodyCollector {
    const { maxBodyBytes, budget } = this.#options;
    if (message === "request") {
      this.#request ??= new BodyCollector(maxBodyBytes, budget);
      return this.#request;
    }
    this.#response ??= new BodyCollector(maxBodyBytes, budget);
    return this.#response;
  }
}

/** The body that was collected: the analysis may have kept less, more, or nothing. */
function takeBody(collector: BodyCollector | undefined, { size, complete }: Body): Body {
  const body = collector === undefined ? EMPTY_BODY : collector.take(complete);
  return { ...body, complete, size: Math.max(size, body.size), truncated: body.truncated || size > body.size };
}
