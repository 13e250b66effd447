import type { MessageKind, StreamObserver } from "../analysis/stream-observer.ts";
import { EPOCH, type Exchange, type Header, type Timestamp } from "../model/index.ts";
import type { HttpTraceMessage, TraceWrapper } from "../wire/envoy/index.ts";
import { withKeptBodies } from "./exchange-of-trace.ts";
import { bodyLimit, type HttpTapperOptions, KeptBody, toHeaderValues } from "./http-tapper.ts";
import { configuredSampleRate } from "./socket-tapper.ts";
import { toTraceConnection } from "./trace-connection.ts";

/**
 * Gathers an HTTP stream and submits it as one trace when it ends, if it matches then: Envoy's buffered HTTP tap. Bodies are
 * kept from the start, each up to its limit, as long as the stream may still match.
 */
export class BufferedHttpTapper implements StreamObserver {
  readonly #options: HttpTapperOptions;
  readonly #messages: Record<MessageKind, GatheredMessage | undefined> = { request: undefined, response: undefined };

  constructor(options: HttpTapperOptions) {
    this.#options = options;
  }

  onHeaders(message: MessageKind, headers: readonly Header[], time: Timestamp): void {
    this.#options.match.onHeaders(`${message}-headers`, headers);
    if (this.#mayMatch()) this.#messages[message] = { headers, time, body: undefined, trailers: [] };
  }

  onBody(message: MessageKind, data: Uint8Array, _time: Timestamp): void {
    const { match, config, budget, counters } = this.#options;
    match.onBody(message, data);
    const gathered = this.#messages[message];
    if (!this.#mayMatch() || gathered === undefined) return;
    gathered.body ??= new KeptBody(bodyLimit(config, message), budget, counters);
    gathered.body.push(data);
  }

  onTrailers(message: MessageKind, trailers: readonly Header[], _time: Timestamp): void {
    this.#options.match.onHeaders(`${message}-trailers`, trailers);
    const gathered = this.#messages[message];
    if (this.#mayMatch() && gathered !== undefined) gathered.trailers = trailers;
  }

  onEnd(ended: Exchange): void {
    const { request, response } = this.#messages;
    const { config, counters, downstream, match, open, record, redactor, tapped, upstream } = this.#options;
    const exchange = () => withKeptBodies(ended, request?.body?.body, response?.body?.body);
    match.onEnd(exchange);
    if (!match.matches || !this.#isKept(ended)) {
      if (match.matches) counters.sampledOut++;
      this.#drop(match.matches ? "sampled-out" : "unmatched");
      return;
    }
    const upstreamConnection = record.upstreamConnection ? upstream() : undefined;
    const handle = open();
    const wrapper: TraceWrapper = {
      trace: {
        kind: "http-buffered",
        ...(request && { request: this.#finish(request) }),
        ...(response && { response: this.#finish(response) }),
        ...(record.downstreamConnection && { downstreamConnection: toTraceConnection(downstream) }),
        ...(upstreamConnection && { upstreamConnection: toTraceConnection(upstreamConnection) }),
      },
      ...configuredSampleRate(config),
    };
    const taken = handle.submit(wrapper, {
      time: request?.time ?? response?.time ?? ended.times.requestStart ?? downstream.opened ?? EPOCH,
      exchange: redactor === undefined ? exchange : () => redactor.exchange(exchange()),
    });
    handle.close();
    tapped();
    counters.bufferedSubmit++;
    counters.countMessage(taken);
    for (const gathered of [request, response]) {
      const isHidden = gathered !== undefined && redactor?.hides(toHeaderValues(gathered.headers)) === true;
      gathered?.body?.settle(isHidden ? "content-coded" : taken ? "submitted" : "lost");
    }
  }

  #isKept(exchange: Exchange): boolean {
    const { sampler, isDrawn } = this.#options;
    return sampler.keeps(exchange) || (isDrawn && sampler.admits());
  }

  /** Once it cannot match any more, nothing is kept. */
  #mayMatch(): boolean {
    const { match } = this.#options;
    if (match.matches || match.mightChange) return true;
    this.#drop("unmatched");
    return false;
  }

  #drop(why: "unmatched" | "sampled-out"): void {
    for (const message of ["request", "response"] as const) {
      this.#messages[message]?.body?.settle(why);
      this.#messages[message] = undefined;
    }
  }

  #finish({ headers, body, trailers, time }: GatheredMessage): HttpTraceMessage {
    const { redactor } = this.#options;
    const shown = redactor === undefined ? body?.body : body && redactor.body(body.body, toHeaderValues(headers));
    return {
      headers: toHeaderValues(redactor?.headers(headers) ?? headers),
      ...(shown && { body: shown }),
      trailers: toHeaderValues(redactor?.headers(trailers) ?? trailers),
      ...(this.#options.record.headersReceivedTime && { headersReceivedTime: time }),
    };
  }
}

interface GatheredMessage {
  readonly headers: readonly Header[];
  readonly time: Timestamp;
  body: KeptBody | undefined;
  trailers: readonly Header[];
}
