import type { MessageKind, StreamObserver } from "../analysis/stream-observer.ts";
import type { Header, Timestamp } from "../model/index.ts";
import type { HeaderValue, HttpTraceMessage } from "../wire/envoy/index.ts";
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
    if (this.#mayMatch())
      this.#messages[message] = { headers: toHeaderValues(headers), time, body: undefined, trailers: [] };
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
    if (this.#mayMatch() && gathered !== undefined) gathered.trailers = toHeaderValues(trailers);
  }

  onEnd(): void {
    const { request, response } = this.#messages;
    if (!this.#options.match.matches) {
      this.#drop();
      return;
    }
    const { config, counters, downstream, open, record, tapped, upstream } = this.#options;
    const upstreamConnection = record.upstreamConnection ? upstream() : undefined;
    const handle = open();
    const taken = handle.submit({
      trace: {
        kind: "http-buffered",
        ...(request && { request: this.#finish(request) }),
        ...(response && { response: this.#finish(response) }),
        ...(record.downstreamConnection && { downstreamConnection: toTraceConnection(downstream) }),
        ...(upstreamConnection && { upstreamConnection: toTraceConnection(upstreamConnection) }),
      },
      ...configuredSampleRate(config),
    });
    handle.close();
    tapped();
    counters.bufferedSubmit++;
    counters.countMessage(taken);
    for (const gathered of [request, response]) gathered?.body?.settle(taken ? "submitted" : "lost");
  }

  /** Once it cannot match any more, nothing is kept. */
  #mayMatch(): boolean {
    const { match } = this.#options;
    if (match.matches || match.mightChange) return true;
    this.#drop();
    return false;
  }

  #drop(): void {
    for (const message of ["request", "response"] as const) {
      this.#messages[message]?.body?.settle("unmatched");
      this.#messages[message] = undefined;
    }
  }

  #finish({ headers, body, trailers, time }: GatheredMessage): HttpTraceMessage {
    return {
      headers,
      ...(body && { body: body.body }),
      trailers,
      ...(this.#options.record.headersReceivedTime && { headersReceivedTime: time }),
    };
  }
}

interface GatheredMessage {
  readonly headers: readonly HeaderValue[];
  readonly time: Timestamp;
  body: KeptBody | undefined;
  trailers: readonly HeaderValue[];
}
