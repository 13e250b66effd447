import type { Duplex, Readable, Writable } from "node:stream";
import type { TaplineError } from "../../../model/index.ts";
import type { Host } from "../cluster/resolve-endpoints.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { TargetCluster } from "../config/routes/route-table.ts";
import { replyToFailedDial, replyUnavailable } from "../local-reply/local-reply.ts";
import type { AdmittedRequest } from "./admit-request.ts";
import type { DownstreamStream } from "./client/downstream.ts";
import { StreamTimers } from "./client/stream-timers.ts";
import { clusterFromHeader, drawCluster } from "./draw-cluster.ts";
import { findNamedHost } from "./find-named-host.ts";
import { CONNECT } from "./find-route.ts";
import { ForwardedHead, type HeadParts, type SentRequest } from "./forwarded-head.ts";
import { type HeaderList, headerValue, joinRepeated, removeHeaders, removeHopByHop } from "./headers/header-list.ts";
import { JOINED_IN_RESPONSES } from "./headers/joined-headers.ts";
import { hostOf } from "./headers/rewrite-host.ts";
import { DEADLINE_EXCEEDED, type LocalAnswer } from "./local-answer.ts";
import type { FailureReason, UpstreamExchange, UpstreamRequest, UpstreamResponse } from "./upstream-exchange.ts";

export interface ForwardedParts extends HeadParts {
  /** Answers by the proxy itself; false: something was answered already. */
  readonly answer: (answer: LocalAnswer, cluster: TargetCluster | undefined, sent: SentRequest) => void;
  /** Takes the response's headers over to what every response of this proxy has. */
  readonly finishHeaders: (headers: HeaderList) => void;
  readonly upgrade: TakeTunnel | undefined;
}

/**
 * Answers with it, and carries bytes both ways from then on.
 *
 * @param first what has come from the endpoint already
 * @param moved to be called whenever bytes pass
 */
export type TakeTunnel = (
  status: number,
  headers: HeaderList,
  endpoint: Duplex,
  first: Buffer,
  moved: () => void,
) => void;

/** One request on its way to an endpoint, and the response on its way back. */
export class ForwardedRequest {
  readonly #stream: DownstreamStream;
  readonly #head: ForwardedHead;
  readonly #parts: ForwardedParts;
  readonly #timers: StreamTimers;
  #exchange: UpstreamExchange | undefined;
  #responded = false;
  #isRequestWhole = false;
  #isOver = false;
  #started = performance.now();

  constructor(stream: DownstreamStream, request: AdmittedRequest, parts: ForwardedParts) {
    this.#stream = stream;
    this.#head = new ForwardedHead(stream, request, parts);
    this.#parts = parts;
    const { settings } = parts.router.manager;
    const { timeoutMillis, idleTimeoutMillis, maxStreamMillis } = parts.route.action;
    this.#timers = new StreamTimers({
      idleMillis: idleTimeoutMillis ?? settings.streamIdleMillis,
      routeMillis: request.upgrade === undefined ? timeoutMillis : 0,
      requestMillis: request.upgrade === undefined ? settings.requestMillis : 0,
      longestMillis: maxStreamMillis ?? settings.maxStreamMillis,
      // Who is waited for: the client until its request is whole, then the endpoint.
      onIdle: () => this.#fail({ status: this.#isRequestWhole ? 504 : 408, text: "stream timeout" }),
      onRoute: () => this.#fail({ status: 504, text: "upstream request timeout" }),
      onRequest: () => this.#fail({ status: 408, text: "request timeout" }),
      onLongest: () =>
        this.#fail({
          status: this.#isRequestWhole ? 504 : 408,
          text: "downstream duration timeout",
          grpcStatus: DEADLINE_EXCEEDED,
        }),
    });
  }

  run(): void {
    const target = this.#chooseTarget();
    // Filters have it after its route was found.
    this.#head.mutate(this.#head.request.headers, "requestHeaders", []);
    if (target === undefined) {
      this.#fail({ status: this.#parts.route.action.notFoundStatus });
      return;
    }
    const { cluster, upstream } = target;
    const { names } = upstream.cluster;
    if (names !== undefined) {
      this.#timers.start();
      void findNamedHost(this.#head, names, cluster, this.#parts, (answer) => this.#fail(answer)).then((named) =>
        this.#send(upstream, named?.host, named?.request),
      );
      return;
    }
    const host = upstream.cluster.nextHost();
    this.#send(upstream, host, host && this.#head.prepare(cluster, host));
  }

  #send(upstream: Upstream, host: Host | undefined, request: UpstreamRequest | undefined): void {
    // An answer was given, or the client has gone.
    if (this.#isOver) return;
    if (host === undefined || request === undefined) {
      this.#fail({ status: 503, text: "no healthy upstream" });
      return;
    }
    const { router, connection } = this.#parts;
    const spoken = this.#stream.version === "HTTP/2" ? "h2" : "http/1.1";
    const serverName = upstream.config.autoSni === undefined ? undefined : hostOf(request.authority);
    const over = upstream.cluster.begin(host);
    if (this.#stream.isBodiless) this.#requestEnded();
    else this.#timers.start();
    if (request.method === CONNECT) {
      this.#openTunnel(upstream, host, serverName, over);
      return;
    }
    const pool = router.pool(upstream, host, connection, spoken, serverName);
    pool.send(request, {
      begun: (exchange) => {
        this.#exchange = exchange;
        connection.forwardedOn = exchange.connection;
        if (this.#isOver) exchange.reset();
        else this.#sendBody(exchange);
      },
      refused: (error) => {
        over();
        const { status, text } = replyToFailedDial(error as TaplineError, upstream.cluster.hosts.length);
        this.#fail({ status, text });
      },
      inform: (status, headers) => this.#inform(status, headers),
      respond: (response) => this.#respond(response, over),
      upgraded: (headers, socket, first) => this.#upgraded(101, headers, socket, first, over),
      failed: (_error, reason) => {
        over();
        this.#failed(reason);
      },
    });
  }

  /** The client has gone. */
  abandon(): void {
    if (this.#isOver) return;
    this.#end();
    this.#exchange?.reset();
  }

  /** The upgrade that it asks for is not taken: told after its cluster was chosen, before the filters have it. */
  refuseUpgrade(): void {
    this.#chooseTarget();
    this.#fail({ status: 403 });
  }

  /** The client's body cannot be read. */
  refuse(answer: LocalAnswer): void {
    this.#fail(answer);
  }

  #chooseTarget(): { cluster: TargetCluster; upstream: Upstream } | undefined {
    const { target } = this.#parts.route.action;
    const { router } = this.#parts;
    const cluster =
      target.kind === "clusters"
        ? drawCluster(target.clusters)
        : clusterFromHeader(headerValue(this.#head.request.headers, target.header));
    const upstream = cluster && router.upstream(cluster.name);
    if (cluster === undefined || upstream === undefined) return undefined;
    this.#head.cluster = cluster;
    return { cluster, upstream };
  }

  #sendBody({ sink, finish }: UpstreamExchange): void {
    const { body, isBodiless, trailers } = this.#stream;
    sink.on("error", ignore);
    if (isBodiless) return;
    this.#carry(body, sink, () => {
      this.#requestEnded();
      const list = trailers();
      removeHopByHop(list);
      if (list.length > 0) this.#head.mutate(list, "requestTrailers", []);
      finish(list);
    });
  }

  /** Hands a body on as fast as it is taken. @param whole called at its end, unless the request is over before */
  #carry(body: Readable, sink: Writable, whole: () => void): void {
    body.on("data", (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#timers.moved();
      if (sink.write(bytes)) return;
      body.pause();
      sink.once("drain", () => {
        if (!this.#isOver) body.resume();
      });
    });
    body.on("end", () => {
      if (!this.#isOver) whole();
    });
  }

  #requestEnded(): void {
    this.#isRequestWhole = true;
    this.#timers.requestEnded();
  }

  #inform(status: number, headers: HeaderList): void {
    this.#timers.moved();
    removeHopByHop(headers);
    removeHeaders(headers, "content-length");
    // `100` is answered here, unless it is to come from the endpoint.
    if (status !== 101 && (status !== 100 || this.#parts.router.manager.settings.forwardsContinue) && !this.#responded)
      this.#stream.inform(status, headers);
  }

  #respond({ status, headers, body, isBodiless, trailers }: UpstreamResponse, over: () => void): void {
    if (this.#isOver) return;
    // Another protocol, for which nobody has asked, or a status that HTTP/2 has not, as Node sees it.
    if (status < 200 || (status > 599 && this.#stream.version === "HTTP/2")) {
      over();
      this.#failed("protocol error");
      return;
    }
    this.#responded = true;
    this.#timers.moved();
    const { finishHeaders, router } = this.#parts;
    removeHopByHop(headers);
    joinRepeated(headers, JOINED_IN_RESPONSES);
    removeHeaders(headers, "x-envoy-upstream-service-time");
    if (router.manager.settings.addsEnvoyHeaders)
      headers.push(["x-envoy-upstream-service-time", String(Math.round(performance.now() - this.#started))]);
    this.#head.edit(headers, "responseEdits", headers);
    this.#head.mutate(headers, "responseHeaders", headers);
    finishHeaders(headers);
    const { sink, respond, finish } = this.#stream;
    respond(status, headers, isBodiless);
    const done = (list: HeaderList) => {
      over();
      this.#end();
      finish(list);
    };
    if (isBodiless) {
      done([]);
      return;
    }
    this.#carry(body, sink, () => {
      const list = trailers();
      removeHopByHop(list);
      if (list.length > 0) this.#head.mutate(list, "responseTrailers", headers);
      done(list);
    });
  }

  /** The tunnel of a `CONNECT` ends here: what comes out of it is the endpoint's. */
  #openTunnel(upstream: Upstream, host: Host, serverName: string | undefined, over: () => void): void {
    const { router, connection } = this.#parts;
    this.#requestEnded();
    router.dialTunnel(upstream, host, connection, serverName).then(
      (stream) => {
        connection.forwardedOn = stream.side.tapped.connection;
        this.#upgraded(200, [], stream, Buffer.alloc(0), over);
      },
      (error) => {
        over();
        const { status, text } = replyToFailedDial(error as TaplineError, upstream.cluster.hosts.length);
        this.#fail({ status, text });
      },
    );
  }

  #upgraded(status: number, headers: HeaderList, socket: Duplex, first: Buffer, over: () => void): void {
    const { upgrade, finishHeaders } = this.#parts;
    if (upgrade === undefined || this.#isOver) {
      socket.destroy();
      over();
      // Nobody has asked for another protocol.
      this.#failed("protocol error");
      return;
    }
    this.#responded = true;
    this.#timers.moved();
    removeHeaders(headers, "content-length");
    this.#head.edit(headers, "responseEdits", headers);
    this.#head.mutate(headers, "responseHeaders", headers);
    finishHeaders(headers);
    socket.on("close", over);
    upgrade(status, headers, socket, first, () => this.#timers.moved());
  }

  #failed(reason: FailureReason): void {
    if (this.#isOver) return;
    const { text } = replyUnavailable(reason);
    this.#fail({ status: reason === "protocol error" ? 502 : 503, text });
  }

  /** Answers with it, or breaks off what was begun. */
  #fail(answer: LocalAnswer): void {
    if (this.#isOver) return;
    this.#end();
    this.#exchange?.reset();
    if (this.#responded) this.#stream.reset();
    else this.#parts.answer(answer, this.#head.cluster, { ...this.#head.sentTarget, headers: this.#head.sent });
  }

  #end(): void {
    this.#isOver = true;
    this.#timers.stop();
    // The rest of a request that was answered is not read.
    if (!this.#isRequestWhole) this.#stream.body.pause();
  }
}

function ignore(): void {}
