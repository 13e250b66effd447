import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { type Connection, timerMillis } from "../../../model/index.ts";
import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { UpstreamConnection } from "../cluster/upstream-connection.ts";
import type { ChannelDuplex } from "./channel-duplex.ts";
import { flushHead } from "./client/flush-head.ts";
import { type HeaderList, headerValue, listHeaders, removeHeaders, toHeaderObject } from "./headers/header-list.ts";
import { KeptStreams } from "./kept-streams.ts";
import type { FailureReason, UpstreamExchange, UpstreamHandler, UpstreamRequest } from "./upstream-exchange.ts";

export interface DialledStream {
  readonly stream: ChannelDuplex;
  readonly protocol: UpstreamConnection["protocol"];
}

export interface EndpointPoolOptions {
  /** @param offers what ALPN offers. @throws why no connection could be made */
  readonly dial: (offers: readonly HttpProtocol[]) => Promise<DialledStream>;
  /** The HTTP to speak; several: whatever the server picks, HTTP/1.1 where it picks none. */
  readonly protocols: readonly HttpProtocol[];
  readonly idleMillis: number;
  readonly maxRequests: number;
  readonly allowsTrailers: boolean;
  /** The most headers of a response. */
  readonly maxHeaders: number;
  /** The most bytes of a response's head, over HTTP/1 and HTTP/2. */
  readonly maxHeadBytes: Readonly<Record<1 | 2, number>>;
}

/** The connections to one endpoint that are kept for later requests. */
export class EndpointPool {
  readonly #options: EndpointPoolOptions;
  readonly #kept: KeptStreams;
  #session: Promise<ClientHttp2Session> | undefined;
  readonly #used = new WeakMap<object, number>();
  readonly #open = new Set<ChannelDuplex>();
  #picked: HttpProtocol | undefined;
  /** Requests that wait for a connection. */
  #waiting = 0;
  /** Streams of HTTP/2 that are not over. */
  #streams = 0;
  #isStopped = false;

  constructor(options: EndpointPoolOptions) {
    this.#options = options;
    this.#picked = options.protocols.length === 1 ? options.protocols[0] : undefined;
    this.#kept = new KeptStreams({
      dial: async () => (await this.#dial(["http/1.1"])).stream,
      idleMillis: options.idleMillis,
      maxIdle: MAX_IDLE,
    });
  }

  /** Sends a request; `handler` is told what comes of it. */
  send(request: UpstreamRequest, handler: UpstreamHandler): void {
    this.#waiting++;
    const spoken = request.isUpgrade ? "http/1.1" : this.#picked;
    if (spoken === "http/1.1") this.#sendHttp1(request, handler);
    else void this.#sendPicked(request, handler);
  }

  async #sendPicked(request: UpstreamRequest, handler: UpstreamHandler): Promise<void> {
    try {
      this.#picked ??= await this.#pick();
      if (this.#picked === "h2") await this.#sendHttp2(request, handler);
      else this.#sendHttp1(request, handler);
    } catch (error) {
      this.#waiting--;
      handler.refused(error as Error);
    }
  }

  /** No request waits for it or passes through it. */
  get isIdle(): boolean {
    const sessions = this.#session === undefined ? 0 : 1;
    return this.#waiting + this.#streams === 0 && this.#open.size <= this.#kept.idleCount + sessions;
  }

  /** Closes everything. */
  stop(): void {
    this.#isStopped = true;
    for (const stream of this.#open) stream.destroy();
  }

  async #dial(offers: readonly HttpProtocol[]): Promise<DialledStream> {
    const dialled = await this.#options.dial(offers);
    const { stream } = dialled;
    if (this.#isStopped) {
      stream.destroy();
      throw new Error("the proxy is stopping");
    }
    this.#open.add(stream);
    stream.on("close", () => this.#open.delete(stream));
    return dialled;
  }

  async #pick(): Promise<HttpProtocol> {
    const { stream, protocol: alpn } = await this.#dial(this.#options.protocols);
    this.#picked = alpn === "h2" ? "h2" : "http/1.1";
    if (this.#picked === "h2") this.#session ??= Promise.resolve(this.#openSession(stream));
    else this.#kept.add(stream);
    return this.#picked;
  }

  #sendHttp1(asked: UpstreamRequest, handler: UpstreamHandler): void {
    let request: ClientRequest;
    try {
      request = this.#makeHttp1(asked);
    } catch (error) {
      // Node sends no such header.
      this.#waiting--;
      handler.refused(error as Error);
      return;
    }
    let exchange: Http1Exchange | undefined;
    request.on("error", (error: NodeJS.ErrnoException) => {
      if (exchange !== undefined) {
        exchange.fail(error);
        return;
      }
      this.#waiting--;
      handler.refused(error);
    });
    request.on("socket", (socket) => {
      this.#waiting--;
      const stream = socket as unknown as ChannelDuplex;
      this.#count(stream, request);
      exchange = new Http1Exchange(request, stream, handler, this.#options);
      handler.begun(exchange);
    });
    if (asked.isBodiless) request.end();
    else flushHead(request);
  }

  #makeHttp1(asked: UpstreamRequest): ClientRequest {
    const request = requestHttp1({
      maxHeaderSize: this.#options.maxHeadBytes[1],
      agent: this.#kept as unknown as Agent,
      method: asked.method,
      path: asked.path,
      host: "endpoint",
      headers: listHttp1(asked),
      // All are in the list: Node adds none.
      setDefaultHeaders: false,
      setHost: false,
      insecureHTTPParser: false,
    });
    // Node would leave out what is beyond two thousand.
    request.maxHeadersCount = 0;
    return request;
  }

  /** A connection that has had its requests is not kept. */
  #count(stream: ChannelDuplex, request: ClientRequest): void {
    const { maxRequests } = this.#options;
    if (maxRequests === 0) return;
    const used = (this.#used.get(stream) ?? 0) + 1;
    this.#used.set(stream, used);
    if (used >= maxRequests) request.shouldKeepAlive = false;
  }

  async #sendHttp2(asked: UpstreamRequest, handler: UpstreamHandler): Promise<void> {
    this.#session ??= this.#dial(["h2"]).then(({ stream }) => this.#openSession(stream));
    const session = await this.#session.catch((error) => {
      this.#session = undefined;
      throw error;
    });
    const { method, scheme, authority, path, headers, isBodiless } = asked;
    const stream = session.request(
      {
        ":method": method,
        ":scheme": scheme,
        ":authority": authority,
        ":path": path,
        ...toHeaderObject(headers),
      },
      { endStream: isBodiless, waitForTrailers: !isBodiless },
    );
    this.#streams++;
    stream.on("close", () => this.#streams--);
    const connection = connections.get(session)!;
    this.#waiting--;
    handler.begun(new Http2Exchange(stream, connection, handler, this.#options));
  }

  #openSession(stream: ChannelDuplex): ClientHttp2Session {
    const session = connectHttp2("http://endpoint", {
      createConnection: () => stream,
      // A header that is there twice is sent twice, as over HTTP/1.
      strictSingleValueFields: false,
      // Beyond it nghttp2 gives up the stream; the limit itself is looked at with the head.
      maxHeaderListPairs: this.#options.maxHeaders + PSEUDO,
    } as never);
    connections.set(session, stream.side.tapped.connection);
    const forget = () => {
      this.#session = undefined;
    };
    session.on("goaway", forget).on("error", forget).on("close", forget);
    const { idleMillis } = this.#options;
    if (idleMillis > 0) session.setTimeout(timerMillis(idleMillis), () => session.close());
    session.unref();
    return session;
  }
}

const MAX_IDLE = 1024;
const PSEUDO = 8;
const connections = new WeakMap<ClientHttp2Session, Connection>();
/** Without a body they are sent without a length. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "CONNECT", "TRACE"]);

/** Names and values in turn, with the one that says where the body ends. */
function listHttp1({ method, authority, headers, isBodiless, isUpgrade }: UpstreamRequest): string[] {
  const list = ["host", authority];
  const hasLength = headerValue(headers, "content-length") !== undefined;
  for (const [name, value] of headers) {
    if (name === "connection" && !isUpgrade) continue;
    // Node throws where trailers are announced of a message that can have none.
    if (name === "trailer" && (isBodiless || hasLength)) continue;
    list.push(name, value);
  }
  if (!isBodiless && !hasLength) list.push("transfer-encoding", "chunked");
  else if (isBodiless && !hasLength && !BODILESS.has(method)) list.push("content-length", "0");
  return list;
}

class Http1Exchange implements UpstreamExchange {
  readonly connection: Connection;
  readonly sink: ClientRequest;
  readonly #handler: UpstreamHandler;
  readonly #allowsTrailers: boolean;
  readonly #maxHeaders: number;
  #isOver = false;

  constructor(
    request: ClientRequest,
    stream: ChannelDuplex,
    handler: UpstreamHandler,
    { allowsTrailers, maxHeaders }: EndpointPoolOptions,
  ) {
    this.connection = stream.side.tapped.connection;
    this.sink = request;
    this.#handler = handler;
    this.#allowsTrailers = allowsTrailers;
    this.#maxHeaders = maxHeaders;
    request.on("information", ({ statusCode, rawHeaders }) => handler.inform(statusCode, listHeaders(rawHeaders)));
    request.on("upgrade", (response, socket, first) => {
      this.#isOver = true;
      stream.keepBytes();
      handler.upgraded(listHeaders(response.rawHeaders), socket, Buffer.from(first));
    });
    request.on("response", (response) => this.#respond(response));
    request.on("close", () => {
      // An error is made where there is one: it looks at the stack.
      if (!this.#isOver) this.fail(new Error("the connection ended before the response"));
    });
  }

  readonly finish = (trailers: HeaderList): void => {
    if (this.#allowsTrailers && trailers.length > 0) this.sink.addTrailers(trailers);
    this.sink.end();
  };

  readonly reset = (): void => {
    this.#isOver = true;
    this.sink.destroy();
  };

  fail(error: NodeJS.ErrnoException): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handler.failed(error, error.code?.startsWith("HPE_") ? "protocol error" : "connection termination");
  }

  #giveUp(): void {
    this.#isOver = true;
    this.sink.destroy();
    this.#handler.failed(new Error("too many headers"), "protocol error");
  }

  #respond(response: IncomingMessage): void {
    if (response.rawHeaders.length / 2 > this.#maxHeaders) {
      this.#giveUp();
      return;
    }
    const headers = listHeaders(response.rawHeaders);
    const isBodiless =
      this.sink.method === "HEAD" ||
      response.statusCode === 204 ||
      response.statusCode === 304 ||
      headerValue(headers, "content-length") === "0";
    response.on("error", (error) => this.fail(error)).on("aborted", () => this.fail(new Error("aborted")));
    response.on("end", () => {
      this.#isOver = true;
    });
    this.#handler.respond({
      status: response.statusCode!,
      headers,
      body: response,
      isBodiless,
      trailers: () => (this.#allowsTrailers ? listHeaders(response.rawTrailers) : []),
    });
    if (isBodiless) response.resume();
  }
}

class Http2Exchange implements UpstreamExchange {
  readonly connection: Connection;
  readonly sink: ClientHttp2Stream;
  readonly #handler: UpstreamHandler;
  #trailers: HeaderList = [];
  #sent: HeaderList = [];
  #isOver = false;

  constructor(
    stream: ClientHttp2Stream,
    connection: Connection,
    handler: UpstreamHandler,
    { maxHeaders, maxHeadBytes }: EndpointPoolOptions,
  ) {
    this.connection = connection;
    this.sink = stream;
    this.#handler = handler;
    stream.on("wantTrailers", () => stream.sendTrailers(toHeaderObject(this.#sent)));
    stream.on("headers", (headers: Record<string, unknown>) => {
      const status = Number(headers[":status"]);
      handler.inform(status, listObject(headers));
    });
    stream.on("response", (headers: Record<string, unknown>, flags: number, raw?: readonly string[]) => {
      const isBodiless = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const list = raw === undefined ? listObject(headers) : listHeaders(raw);
      const size = list.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
      if (list.length > maxHeaders || size > maxHeadBytes[2]) {
        stream.close(constants.NGHTTP2_INTERNAL_ERROR);
        this.#fail(new Error("the head is too large"), "remote reset");
        return;
      }
      removeHeaders(list, ":status");
      handler.respond({
        status: Number(headers[":status"]),
        headers: list,
        body: stream,
        isBodiless,
        trailers: () => this.#trailers,
      });
      if (isBodiless) stream.resume();
    });
    stream.on("trailers", (headers: Record<string, unknown>, _flags: number, raw?: readonly string[]) => {
      this.#trailers = raw === undefined ? listObject(headers) : listHeaders(raw);
    });
    stream.on("end", () => {
      this.#isOver ||= stream.rstCode === constants.NGHTTP2_NO_ERROR;
    });
    stream.on("error", (error) => this.#fail(error));
    stream.on("close", () => {
      if (!this.#isOver) this.#fail(new Error("the stream was reset"));
    });
  }

  readonly finish = (trailers: HeaderList): void => {
    this.#sent = trailers;
    this.sink.end();
  };

  readonly reset = (): void => {
    this.#isOver = true;
    this.sink.close(constants.NGHTTP2_CANCEL);
  };

  #fail(error: NodeJS.ErrnoException, reason?: FailureReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // nghttp2's: what came is no HTTP/2.
    const reset = error.code === "ERR_HTTP2_STREAM_ERROR" ? "remote reset" : "connection termination";
    this.#handler.failed(error, reason ?? (error.code === "ERR_HTTP2_ERROR" ? "protocol error" : reset));
  }
}

function listObject(headers: Record<string, unknown>): HeaderList {
  return Object.entries(headers)
    .filter(([name]) => !name.startsWith(":"))
    .flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)]));
}
