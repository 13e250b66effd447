import { BufferKind, MapKind, Status, StreamKind } from "./abi.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { Context, LocalResponse } from "./context.ts";
import { HeaderMap } from "./header-map.ts";
import type { Machine } from "./machine.ts";
import { MessageFlow } from "./message-flow.ts";
import type { Pair } from "./pairs.ts";
import type { Properties, PropertyValue } from "./properties.ts";

/** Where a stream's parts go when the filter lets them pass, in order: `request` to the service, `response` to the client. */
export interface StreamOutput {
  headers(side: Side, headers: readonly Pair[], isEnd: boolean): void;
  body(side: Side, bytes: Uint8Array, isEnd: boolean): void;
  /** Always a message's end. */
  trailers(side: Side, trailers: readonly Pair[]): void;
  /** The stream ends here. @param reason `closed-by-filter`, `buffer-limit`, `filter-failed` */
  reset(reason: string): void;
}

export type Side = "request" | "response";

/** The plugin's context, which answers to calls (while they are heard of) and further properties come from. */
export type PluginContext = Pick<Context, "id" | "map" | "buffer" | "property">;

export interface StreamOptions {
  readonly output: StreamOutput;
  readonly properties?: Properties;
}

/**
 * One exchange on its way through a filter. Its parts are pushed in as they come, and come out at the output, changed or not, when the
 * filter lets them: at once, or when it continues what it had paused.
 *
 * A response of the filter's own (`proxy_send_local_response`) goes out through the filter's response callbacks, and ends the exchange:
 * what comes of the request and the service's response afterwards is passed over. `close` must be called once, whatever happened.
 */
export class HttpStream implements Context {
  readonly id: number;
  readonly rootId: number;
  readonly #machine: Machine | undefined;
  readonly #plugin: PluginContext;
  readonly #output: StreamOutput;
  readonly #properties: Properties;
  readonly #own = new Map<string, Uint8Array>();
  readonly #request: MessageFlow;
  readonly #response: MessageFlow;
  readonly #failure: "open" | "closed";
  /** The filter has answered by itself. */
  #isAnswered = false;
  #isClosed = false;
  #pending: LocalResponse | undefined;

  /** @param machine none where the filter does not run */
  constructor(
    machine: Machine | undefined,
    plugin: PluginContext,
    { failure, bufferLimit }: { readonly failure: "open" | "closed"; readonly bufferLimit: number },
    { output, properties = () => undefined }: StreamOptions,
  ) {
    this.#machine = machine;
    this.#plugin = plugin;
    this.rootId = plugin.id;
    this.#output = output;
    this.#properties = properties;
    this.#failure = failure;
    this.id = machine?.nextContextId() ?? 0;
    const run = (callback: string, ...args: number[]): number => this.#run(callback, args);
    const flow = (side: Side): MessageFlow =>
      new MessageFlow({ side, output, run, bufferLimit, overflow: () => this.#overflow(side) });
    this.#request = flow("request");
    this.#response = flow("response");
    if (machine !== undefined) machine.open(this);
    else if (failure === "closed") this.#answerItself(NOT_RUNNING);
  }

  /** The filter answered by itself: nothing more of the request is wanted. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  requestHeaders(headers: readonly Pair[], isEnd: boolean): void {
    if (!this.#isAnswered) this.#request.pushHeaders(headers, isEnd);
  }

  requestBody(bytes: Uint8Array, isEnd: boolean): void {
    if (!this.#isAnswered) this.#request.pushBody(bytes, isEnd);
  }

  requestTrailers(trailers: readonly Pair[]): void {
    if (!this.#isAnswered) this.#request.pushTrailers(trailers);
  }

  responseHeaders(headers: readonly Pair[], isEnd: boolean): void {
    if (!this.#isAnswered) this.#response.pushHeaders(headers, isEnd);
  }

  responseBody(bytes: Uint8Array, isEnd: boolean): void {
    if (!this.#isAnswered) this.#response.pushBody(bytes, isEnd);
  }

  responseTrailers(trailers: readonly Pair[]): void {
    if (!this.#isAnswered) this.#response.pushTrailers(trailers);
  }

  /**
   * The exchange is over, whole or broken off. The filter hears of it once.
   * @param order Envoy logs before it is done; the specification says it the other way
   */
  close(order: "log-first" | "done-first" = "log-first"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const machine = this.#machine;
    if (machine === undefined) return;
    if (order === "log-first") machine.run("proxy_on_log", this);
    machine.run("proxy_on_done", this);
    if (order === "done-first") machine.run("proxy_on_log", this);
    machine.close(this);
  }

  map(kind: number): HeaderMap | undefined {
    switch (kind) {
      case MapKind.RequestHeaders:
        return this.#request.headers;
      case MapKind.RequestTrailers:
        return this.#request.trailers;
      case MapKind.ResponseHeaders:
        return this.#response.headers;
      case MapKind.ResponseTrailers:
        return this.#response.trailers;
      default:
        return this.#plugin.map(kind);
    }
  }

  buffer(kind: number): BodyBuffer | undefined {
    if (kind === BufferKind.RequestBody) return this.#request.readable;
    return kind === BufferKind.ResponseBody ? this.#response.readable : this.#plugin.buffer(kind);
  }

  property(path: string): PropertyValue | undefined {
    return this.#own.get(path) ?? this.#properties(path) ?? this.#headerProperty(path) ?? this.#plugin.property(path);
  }

  setProperty(path: string, value: Uint8Array): Status {
    if (this.#own.size >= MAX_PROPERTIES) return Status.InternalFailure;
    this.#own.set(path, value);
    return Status.Ok;
  }

  continueStream(kind: number): Status {
    const flow =
      kind === StreamKind.Request ? this.#request : kind === StreamKind.Response ? this.#response : undefined;
    if (flow === undefined) return Status.BadArgument;
    this.#machine?.defer(() => {
      if (!this.#isClosed && !(this.#isAnswered && flow === this.#request)) flow.resume();
    });
    return Status.Ok;
  }

  closeStream(): Status {
    this.#machine?.defer(() => this.#reset("closed-by-filter"));
    return Status.Ok;
  }

  sendLocalResponse(response: LocalResponse): Status {
    if (this.#isAnswered || this.#isClosed || this.#response.hasPassed) return Status.BadArgument;
    this.#isAnswered = true;
    this.#request.stop();
    this.#response.stop();
    this.#pending = response;
    this.#machine?.defer(() => this.#sendPending());
    return Status.Ok;
  }

  /** Whatever waits for the filter passes; or else the exchange is answered with 503, or broken off where its response has begun. */
  machineFailed(): void {
    if (this.#isClosed) return;
    if (this.#failure === "open") {
      this.#request.resume();
      this.#response.resume();
    } else if (!this.#response.hasPassed) this.#answerItself(NOT_RUNNING);
    else if (!this.#response.hasEnded) this.#reset("filter-failed");
  }

  #run(callback: string, args: readonly number[]): number {
    return this.#machine?.run(callback, this, ...args) ?? 0;
  }

  #sendPending(): void {
    const response = this.#pending;
    this.#pending = undefined;
    if (response !== undefined && !this.#isClosed) this.#answerItself(response);
  }

  /** The response that is not the service's, through the filter if that runs. */
  #answerItself({ status, headers, body, grpcStatus }: LocalResponse): void {
    this.#isAnswered = true;
    this.#request.stop();
    const map = new HeaderMap([[":status", String(status)], ...headers]);
    if (body.length > 0 && map.get("content-length") === undefined) map.add("content-length", String(body.length));
    if (body.length > 0 && map.get("content-type") === undefined) map.add("content-type", "text/plain");
    if (grpcStatus >= 0) map.add("grpc-status", String(grpcStatus));
    this.#response.restart();
    this.#response.pushHeaders(map.pairs, body.length === 0);
    if (body.length > 0) this.#response.pushBody(body, true);
  }

  #overflow(side: Side): void {
    if (side === "request" && !this.#isAnswered && !this.#response.hasPassed) this.#answerItself(TOO_LARGE);
    else this.#reset("buffer-limit");
  }

  #reset(reason: string): void {
    if (this.#isClosed) return;
    this.#isAnswered = true;
    this.#request.stop();
    this.#response.stop();
    this.#output.reset(reason);
  }

  /** Properties that the messages themselves tell. */
  #headerProperty(path: string): PropertyValue | undefined {
    const [, message, name] = /^(request|response)\.headers\.(.+)$/.exec(path) ?? [];
    if (name !== undefined) return (message === "request" ? this.#request : this.#response).headers?.get(name);
    const header = REQUEST_PROPERTIES.get(path);
    if (header !== undefined) return this.#request.headers?.get(header);
    if (path !== "response.code") return undefined;
    const status = this.#response.headers?.get(":status");
    return status === undefined ? undefined : BigInt(status);
  }
}

const REQUEST_PROPERTIES: ReadonlyMap<string, string> = new Map([
  ["request.path", ":path"],
  ["request.method", ":method"],
  ["request.host", ":authority"],
  ["request.scheme", ":scheme"],
  ["request.id", "x-request-id"],
  ["request.useragent", "user-agent"],
  ["request.referer", "referer"],
]);
const MAX_PROPERTIES = 1000;

const NO_BODY = { details: "", headers: [], body: new Uint8Array(0), grpcStatus: -1 };
const NOT_RUNNING: LocalResponse = { ...NO_BODY, status: 503 };
const TOO_LARGE: LocalResponse = { ...NO_BODY, status: 413 };
