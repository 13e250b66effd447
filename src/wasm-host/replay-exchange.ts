import type { HttpExchange, RequestMessage, ResponseMessage } from "../model/index.ts";
import { concatenate } from "../wire/bytes/concatenate.ts";
import { exchangeProperties, fieldPairs, requestPairs, responsePairs } from "./exchange-parts.ts";
import type { HttpStream, Side } from "./http-stream.ts";
import type { Pair } from "./pairs.ts";
import type { Plugin } from "./plugin.ts";

/** A message, before a filter or behind it. */
export interface MessageParts {
  readonly headers: readonly Pair[];
  readonly body: Uint8Array;
  readonly trailers: readonly Pair[];
}

/** A recorded exchange, before and behind a filter. */
export interface Replay {
  readonly exchange: HttpExchange;
  /** Absent where the message was not recorded. */
  readonly before: { readonly request?: MessageParts; readonly response?: MessageParts };
  /** Absent where it never came out of the filter. */
  readonly after: { readonly request?: MessageParts; readonly response?: MessageParts };
  /**
   * - `passed`: through the filter to its end.
   * - `answered`: the filter answered by itself.
   * - `held`: the filter paused it and did not continue within the time that was given.
   * - `reset`: the filter ended it.
   */
  readonly outcome: "passed" | "answered" | "held" | "reset";
  /** Microseconds that the module ran for it, by the clock of its host. */
  readonly micros: number;
  /** Bytes of the module's memory afterwards. */
  readonly memory: number;
}

export interface ReplayOptions {
  /** Bodies come in parts of so many bytes. */
  readonly partBytes: number;
  /** How long a filter may pause an exchange, and how long its calls are waited for afterwards. */
  readonly patienceMillis: number;
}

/** Runs a recorded exchange through a filter, as a proxy would have: the response comes once the request has gone out. */
export async function replayExchange(plugin: Plugin, exchange: HttpExchange, options: ReplayOptions): Promise<Replay> {
  const { request, response } = exchange;
  const before = {
    ...(request && { request: partsOf(requestPairs(request), request) }),
    ...(response && { response: partsOf(responsePairs(response.status, response.headers), response) }),
  };
  const started = plugin.machine.micros;
  const { machine } = plugin;
  const collected = new Collected();
  const stream = plugin.openStream({ output: collected, properties: exchangeProperties(exchange) });
  const patient = (done: () => boolean): Promise<boolean> => waitFor(collected, done, options.patienceMillis);
  let isHeld = false;
  if (before.request !== undefined) {
    push(stream, "request", before.request, options.partBytes);
    isHeld = !(await patient(() => collected.isWhole("request") || collected.isOver));
  }
  if (!isHeld && before.response !== undefined && !stream.isAnswered) {
    push(stream, "response", before.response, options.partBytes);
    isHeld = !(await patient(() => collected.isWhole("response") || collected.isOver));
  } else if (stream.isAnswered) isHeld = !(await patient(() => collected.isWhole("response") || collected.isOver));
  const isAnswered = stream.isAnswered;
  stream.close();
  await waitFor(collected, () => machine.callsUnderWay === 0, options.patienceMillis);
  return {
    exchange,
    before,
    after: collected.messages,
    outcome: collected.isOver ? "reset" : isHeld ? "held" : isAnswered ? "answered" : "passed",
    micros: machine.micros - started,
    memory: machine.memory.size,
  };
}

function partsOf(headers: readonly Pair[], { body, trailers }: RequestMessage | ResponseMessage): MessageParts {
  return { headers, body: body.bytes, trailers: fieldPairs(trailers) };
}

function push(stream: HttpStream, side: Side, { headers, body, trailers }: MessageParts, partBytes: number): void {
  const isRequest = side === "request";
  const pushBody = (bytes: Uint8Array, isEnd: boolean): void =>
    isRequest ? stream.requestBody(bytes, isEnd) : stream.responseBody(bytes, isEnd);
  const isBare = body.length === 0 && trailers.length === 0;
  if (isRequest) stream.requestHeaders(headers, isBare);
  else stream.responseHeaders(headers, isBare);
  for (let at = 0; at < body.length; at += partBytes)
    pushBody(body.subarray(at, at + partBytes), at + partBytes >= body.length && trailers.length === 0);
  if (trailers.length === 0) return;
  if (isRequest) stream.requestTrailers(trailers);
  else stream.responseTrailers(trailers);
}

/** The messages as they come out. */
class Collected {
  readonly #parts = new Map<Side, { headers: readonly Pair[]; body: Uint8Array[]; trailers: readonly Pair[] }>();
  readonly #whole = new Set<Side>();
  isOver = false;
  changed: () => void = () => {};

  headers(side: Side, headers: readonly Pair[], isEnd: boolean): void {
    this.#parts.set(side, { headers, body: [], trailers: [] });
    this.#end(side, isEnd);
  }

  body(side: Side, bytes: Uint8Array, isEnd: boolean): void {
    this.#parts.get(side)?.body.push(bytes);
    this.#end(side, isEnd);
  }

  trailers(side: Side, trailers: readonly Pair[]): void {
    const parts = this.#parts.get(side);
    if (parts !== undefined) parts.trailers = trailers;
    this.#end(side, true);
  }

  reset(): void {
    this.isOver = true;
    this.changed();
  }

  isWhole(side: Side): boolean {
    return this.#whole.has(side);
  }

  get messages(): { readonly request?: MessageParts; readonly response?: MessageParts } {
    return Object.fromEntries(
      [...this.#parts].map(([side, parts]) => [side, { ...parts, body: concatenate(parts.body) }]),
    );
  }

  #end(side: Side, isEnd: boolean): void {
    if (isEnd) this.#whole.add(side);
    this.changed();
  }
}

const LOOKS_EVERY_MILLIS = 5;

/** @returns false where it was not so within the time */
async function waitFor(collected: Collected, done: () => boolean, millis: number): Promise<boolean> {
  const until = performance.now() + millis;
  while (!done()) {
    const left = until - performance.now();
    if (left <= 0) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(left, LOOKS_EVERY_MILLIS));
      collected.changed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    collected.changed = () => {};
  }
  return true;
}
