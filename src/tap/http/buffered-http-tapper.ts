import type { MessageKind, StreamObserver } from "../../analysis/stream-observer.ts";
import { EPOCH, type Header, type HttpExchange, type LedgerReason, type Timestamp } from "../../model/index.ts";
import type { HeaderValue, HttpBufferedTrace, HttpTraceMessage, TraceWrapper } from "../../wire/envoy/index.ts";
import { KeptBody } from "../kept-body.ts";
import { configuredSampleRate } from "../socket/socket-tapper.ts";
import { toTraceConnection } from "../trace-connection.ts";
import { withKeptBodies } from "./exchange-of-trace.ts";
import { bodyLimit, type TappedStream, toHeaderValues } from "./http-tapper.ts";

/**
 * Gathers an HTTP stream and submits it as one trace when it ends, if it matches then: Envoy's buffered HTTP tap. Bodies are
 * kept from the start, each up to its limit, as long as the stream may still match.
 */
export class BufferedHttpTapper implements StreamObserver {
  readonly #stream: TappedStream;
  #request: GatheredMessage | undefined;
  #response: GatheredMessage | undefined;

  constructor(stream: TappedStream) {
    this.#stream = stream;
  }

  onHeaders(message: MessageKind, headers: readonly Header[], time: Timestamp): void {
    const isRequest = message === "request";
    this.#stream.match.onHeaders(isRequest ? "request-headers" : "response-headers", headers);
    if (!this.#mayMatch()) return;
    const gathered: GatheredMessage = { headers, time, body: undefined, trailers: NO_HEADERS };
    if (isRequest) this.#request = gathered;
    else this.#response = gathered;
  }

  onBody(message: MessageKind, data: Uint8Array, _time: Timestamp): void {
    const { match, context } = this.#stream;
    match.onBody(message, data);
    const gathered = message === "request" ? this.#request : this.#response;
    if (!this.#mayMatch() || gathered === undefined) return;
    gathered.body ??= new KeptBody(bodyLimit(context.active.config, message), context.budget, context.counters);
    gathered.body.push(data);
  }

  onTrailers(message: MessageKind, trailers: readonly Header[], _time: Timestamp): void {
    this.#stream.match.onHeaders(`${message}-trailers`, trailers);
    const gathered = message === "request" ? this.#request : this.#response;
    if (this.#mayMatch() && gathered !== undefined) gathered.trailers = trailers;
  }

  onEnd(ended: HttpExchange): void {
    const request = this.#request;
    const response = this.#response;
    const { connection, context, match } = this.#stream;
    const { counters } = context;
    const { redactor } = context.active;
    const exchange = () => withKeptBodies(ended, request?.body?.body, response?.body?.body);
    match.onEnd(exchange);
    if (!match.matches || !this.#isKept(ended)) {
      if (match.matches) counters.sampledOut++;
      this.#drop(match.matches ? "sampled-out" : "unmatched");
      return;
    }
    const handle = this.#stream.open();
    const time = request?.time ?? response?.time ?? ended.times.requestStart ?? connection.opened ?? EPOCH;
    const shown = redactor === undefined ? exchange : () => redactor.exchange(exchange());
    const submission =
      handle.submitExchange === undefined
        ? handle.submit(this.#wrap(request, response), { time, exchange: shown })
        : handle.submitExchange(shown());
    handle.close();
    context.tapped();
    counters.bufferedSubmit++;
    const taken = counters.countMessage(submission);
    this.#settle(request, taken);
    this.#settle(response, taken);
  }

  onAbandoned(): void {
    this.#drop("abandoned");
  }

  onSkipped(size: number, reason: LedgerReason): void {
    this.#stream.context.counters.skip(size, reason);
  }

  #wrap(request: GatheredMessage | undefined, response: GatheredMessage | undefined): TraceWrapper {
    const { connection, context, upstream } = this.#stream;
    const { record, active } = context;
    const trace: { -readonly [Key in keyof HttpBufferedTrace]: HttpBufferedTrace[Key] } = { kind: "http-buffered" };
    if (request !== undefined) trace.request = this.#finish(request);
    if (response !== undefined) trace.response = this.#finish(response);
    if (record.downstreamConnection) trace.downstreamConnection = toTraceConnection(connection);
    const upstreamConnection = record.upstreamConnection ? upstream() : undefined;
    if (upstreamConnection !== undefined) trace.upstreamConnection = toTraceConnection(upstreamConnection);
    return active.config.sampling === undefined ? { trace } : { trace, ...configuredSampleRate(active.config) };
  }

  #isKept(exchange: HttpExchange): boolean {
    const { context, isDrawn } = this.#stream;
    const { sampler } = context.active;
    return sampler.keeps(exchange) || (isDrawn && sampler.admits());
  }

  /** Once it cannot match any more, nothing is kept. */
  #mayMatch(): boolean {
    const { match } = this.#stream;
    if (match.matches || match.mightChange) return true;
    this.#drop("unmatched");
    return false;
  }

  #drop(why: "unmatched" | "sampled-out" | "abandoned"): void {
    this.#request?.body?.settle(why);
    this.#response?.body?.settle(why);
    this.#request = undefined;
    this.#response = undefined;
  }

  #settle(gathered: GatheredMessage | undefined, taken: boolean): void {
    if (gathered?.body === undefined) return;
    const isHidden = this.#stream.context.active.redactor?.hides(toHeaderValues(gathered.headers)) === true;
    gathered.body.settle(isHidden ? "content-coded" : taken ? "submitted" : "lost");
  }

  #finish({ headers, body, trailers, time }: GatheredMessage): HttpTraceMessage {
    const { record, active } = this.#stream.context;
    const { redactor } = active;
    const message: { -readonly [Key in keyof HttpTraceMessage]: HttpTraceMessage[Key] } = {
      headers: toHeaderValues(redactor?.headers(headers) ?? headers),
      trailers: trailers.length === 0 ? NO_VALUES : toHeaderValues(redactor?.headers(trailers) ?? trailers),
    };
    if (body !== undefined)
      message.body = redactor === undefined ? body.body : redactor.body(body.body, toHeaderValues(headers));
    if (record.headersReceivedTime) message.headersReceivedTime = time;
    return message;
  }
}

const NO_HEADERS: readonly Header[] = [];
const NO_VALUES: readonly HeaderValue[] = [];

interface GatheredMessage {
  readonly headers: readonly Header[];
  readonly time: Timestamp;
  body: KeptBody | undefined;
  trailers: readonly Header[];
}
