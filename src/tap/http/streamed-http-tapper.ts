import type { MessageKind, StreamObserver } from "../../analysis/stream-observer.ts";
import { EPOCH, type Header, type HttpExchange, type LedgerReason, type Timestamp } from "../../model/index.ts";
import type { HttpTracePiece } from "../../wire/envoy/index.ts";
import { viewBody } from "../copy-body.ts";
import { KeptBody } from "../kept-body.ts";
import { configuredSampleRate } from "../socket/socket-tapper.ts";
import type { TraceSinkHandle } from "../trace-sink.ts";
import { withKeptBodies } from "./exchange-of-trace.ts";
import { bodyLimit, type TappedStream, toHeaderValues } from "./http-tapper.ts";

/**
 * Submits an HTTP stream piece by piece, as soon as it matches: Envoy's streamed HTTP tap. What came before is submitted
 * then, in the order of HTTP, the body of each message as one chunk; later pieces follow as they come, each cut to the limit.
 *
 * A stream that matches no longer (`not_match`) goes on as Envoy's does: its bodies come, headers and trailers do not. Unlike Envoy, a body
 * that makes the stream match starts the submission there and then, with the chunk that decided it.
 */
export class StreamedHttpTapper implements StreamObserver {
  readonly #stream: TappedStream;
  readonly #seen: Record<MessageKind, SeenMessage> = { request: {}, response: {} };
  #handle: TraceSinkHandle | undefined;
  #hasSubmitted = false;
  /** It matched, and there was no room for it. */
  #isSampledOut = false;
  #time: Timestamp = EPOCH;

  constructor(stream: TappedStream) {
    this.#stream = stream;
  }

  onHeaders(message: MessageKind, headers: readonly Header[], time: Timestamp): void {
    this.#time = time;
    this.#stream.match.onHeaders(`${message}-headers`, headers);
    this.#onFields(message, "headers", headers);
  }

  onTrailers(message: MessageKind, trailers: readonly Header[], time: Timestamp): void {
    this.#time = time;
    this.#stream.match.onHeaders(`${message}-trailers`, trailers);
    this.#onFields(message, "trailers", trailers);
  }

  onBody(message: MessageKind, data: Uint8Array, time: Timestamp): void {
    this.#time = time;
    const { match, context } = this.#stream;
    const { active, budget, counters } = context;
    const streaming = this.#handle !== undefined;
    match.onBody(message, data);
    const limit = bodyLimit(active.config, message);
    if (streaming) {
      const body = viewBody(data, limit);
      const kept = body.asBytes!.length;
      counters.bytes.enter(data.length);
      if (kept < data.length) counters.bytes.settleTruncated("max-buffered-bytes", data.length - kept);
      this.#settle(this.#submit({ kind: `${message}-body-chunk`, body }), kept);
    } else if (this.#mayMatch()) {
      this.#seen[message].body ??= new KeptBody(limit, budget, counters);
      this.#seen[message].body.push(data);
      if (match.matches) this.#submitSeen();
    }
  }

  onEnd(exchange: HttpExchange): void {
    const { match, context } = this.#stream;
    const { request, response } = this.#seen;
    match.onEnd(() => withKeptBodies(exchange, request.body?.body, response.body?.body));
    if (match.matches && this.#handle === undefined && !this.#isSampledOut) this.#submitSeen();
    if (match.matches && !this.#isSampledOut) context.tapped();
    this.#handle?.close();
    this.#drop();
  }

  onAbandoned(): void {
    this.#handle?.close();
    this.#drop("abandoned");
  }

  onSkipped(size: number, reason: LedgerReason): void {
    this.#stream.context.counters.skip(size, reason);
  }

  #onFields(message: MessageKind, part: "headers" | "trailers", fields: readonly Header[]): void {
    const { match } = this.#stream;
    if (this.#handle !== undefined) {
      if (match.matches) this.#submitFields(`${message}-${part}`, fields);
    } else if (this.#mayMatch()) {
      this.#seen[message][part] = fields;
      if (match.matches) this.#submitSeen();
    }
  }

  #submitSeen(): void {
    const { active, counters } = this.#stream.context;
    if (!active.sampler.admits()) {
      if (!this.#isSampledOut) counters.sampledOut++;
      this.#isSampledOut = true;
      this.#drop("sampled-out");
      return;
    }
    this.#handle = this.#stream.open();
    for (const message of ["request", "response"] as const) {
      const { headers, body, trailers } = this.#seen[message];
      if (headers !== undefined) this.#submitFields(`${message}-headers`, headers);
      if (body !== undefined)
        body.settle(this.#submit({ kind: `${message}-body-chunk`, body: body.body }) ? "submitted" : "lost");
      if (trailers !== undefined) this.#submitFields(`${message}-trailers`, trailers);
      this.#seen[message] = {};
    }
  }

  #submitFields(kind: Extract<HttpTracePiece, { headers: unknown }>["kind"], fields: readonly Header[]): void {
    const { redactor } = this.#stream.context.active;
    this.#submit({ kind, headers: toHeaderValues(redactor?.headers(fields) ?? fields) });
  }

  /** Whether it was taken. */
  #submit(piece: HttpTracePiece): boolean {
    const { context, id } = this.#stream;
    const { active, counters } = context;
    const rate = this.#hasSubmitted ? {} : configuredSampleRate(active.config);
    const trace = { kind: "http-streamed", traceId: id, piece } as const;
    const submission = this.#handle!.submit({ trace, ...rate }, { time: this.#time });
    this.#hasSubmitted = true;
    counters.streamedSubmit++;
    return counters.countMessage(submission);
  }

  #settle(taken: boolean, size: number): void {
    const { bytes } = this.#stream.context.counters;
    if (taken) bytes.settleHandled(size);
    else bytes.settleDropped("sink", size);
  }

  #mayMatch(): boolean {
    const { match } = this.#stream;
    if (!this.#isSampledOut && (match.matches || match.mightChange)) return true;
    this.#drop();
    return false;
  }

  #drop(why: "unmatched" | "sampled-out" | "abandoned" = "unmatched"): void {
    for (const message of ["request", "response"] as const) {
      this.#seen[message].body?.settle(why);
      this.#seen[message] = {};
    }
  }
}

/** The parts of a message that came before the stream matched. */
interface SeenMessage {
  headers?: readonly Header[];
  body?: KeptBody;
  trailers?: readonly Header[];
}
