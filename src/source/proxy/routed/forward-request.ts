import type { Duplex, Readable, Writable } from "node:stream";
import type { Connection, TaplineError } from "../../../model/index.ts";
import type { HostUnknown, NameCache } from "../cluster/name-cache.ts";
import type { Host } from "../cluster/resolve-endpoints.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { ForwardAction, Mutations, Route, TargetCluster, VirtualHost } from "../config/routes/route-table.ts";
import { isSwitchedOn } from "../config/routes/settle-routing.ts";
import { replyToFailedDial, replyUnavailable } from "../local-reply/local-reply.ts";
import type { AdmittedRequest } from "./admit-request.ts";
import type { DownstreamStream } from "./client/downstream.ts";
import { StreamTimers } from "./client/stream-timers.ts";
import { clusterFromHeader, drawCluster } from "./draw-cluster.ts";
import { CONNECT, isGrpc } from "./find-route.ts";
import { applyEdits, mutateHeaders, type TemplateContext } from "./headers/edit-headers.ts";
import {
  appendValue,
  type HeaderList,
  headerValue,
  joinRepeated,
  removeHeaders,
  removeHopByHop,
  setHeader,
} from "./headers/header-list.ts";
import { JOINED_IN_RESPONSES } from "./headers/joined-headers.ts";
import { hostOf, nameOf, rewriteHost } from "./headers/rewrite-host.ts";
import { DEADLINE_EXCEEDED, type LocalAnswer } from "./local-answer.ts";
import { rewritePrefix } from "./redirect.ts";
import type { Router } from "./router.ts";
import type { UpstreamExchange, UpstreamRequest, UpstreamResponse } from "./upstream-exchange.ts";

export interface ForwardedParts {
  readonly router: Router;
  readonly connection: Connection;
  readonly host: VirtualHost;
  readonly route: Route & { readonly action: ForwardAction };
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

/** A request as it goes to the endpoint. */
export interface SentRequest {
  readonly headers: HeaderList;
  readonly authority: string;
  readonly path: string;
}

/** One request on its way to an endpoint, and the response on its way back. */
export class ForwardedRequest {
  readonly #stream: DownstreamStream;
  #request: AdmittedRequest;
  readonly #parts: ForwardedParts;
  readonly #timers: StreamTimers;
  #exchange: UpstreamExchange | undefined;
  #cluster: TargetCluster | undefined;
  /** Its headers as they go to the endpoint. */
  #sent: HeaderList = [];
  #sentTarget: Pick<SentRequest, "authority" | "path">;
  #responded = false;
  #isRequestWhole = false;
  #isOver = false;
  #started = performance.now();

  constructor(stream: DownstreamStream, request: AdmittedRequest, parts: ForwardedParts) {
    this.#stream = stream;
    this.#request = request;
    this.#parts = parts;
    this.#sent = request.headers;
    this.#sentTarget = request;
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
    this.#mutate(this.#request.headers, "requestHeaders", []);
    if (target === undefined) {
      this.#fail({ status: this.#parts.route.action.notFoundStatus });
      return;
    }
    const { cluster, upstream } = target;
    const { names } = upstream.cluster;
    if (names !== undefined) {
      this.#timers.start();
      void this.#findNamed(names, cluster).then((named) => this.#send(upstream, named?.host, named?.request));
      return;
    }
    const host = upstream.cluster.nextHost();
    this.#send(upstream, host, host && this.#prepare(cluster, host));
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
      failed: (_error, isProtocol) => {
        over();
        this.#failed(isProtocol);
      },
    });
  }

  /**
   * The host that the request names, and the request as it is sent there: the filter has looked it up before the route's rewriting, as
   * the client or the filter's own configuration names it; the cluster looks up what the rewriting made of it.
   *
   * @returns undefined where the cluster knows none
   */
  async #findNamed(
    names: NameCache,
    cluster: TargetCluster,
  ): Promise<{ host: Host; request: UpstreamRequest } | undefined> {
    const { route, host: virtualHost, router } = this.#parts;
    const { forwardProxy, table } = router.manager;
    const levels = [cluster, route, virtualHost, table];
    let host: Host | undefined;
    if (forwardProxy !== undefined && isSwitchedOn(forwardProxy.name, forwardProxy.isDisabled, levels)) {
      const rewrite = levels.find(({ dialledHost }) => dialledHost !== undefined)?.dialledHost;
      const authority = rewriteHost(rewrite, this.#request.headers, "") || this.#request.authority;
      if (authority === "") {
        this.#fail({ status: 400, text: "Empty host header" });
        return undefined;
      }
      this.#request = { ...this.#request, authority };
      try {
        host = await names.find(authority);
      } catch (error) {
        const { why } = error as HostUnknown;
        // The bounds are those of the cluster's cache, which need not be the filter's.
        if (why !== "unresolved" && forwardProxy.names.name !== names.name) return undefined;
        this.#fail({ status: 503, text: LOOKUP_FAILURES[why] });
        return undefined;
      }
    }
    let request = this.#prepare(cluster, host);
    try {
      if (host === undefined) {
        host = await names.find(request.authority);
        // The host may be rewritten by what was found.
        request = this.#prepare(cluster, host);
      } else if (request.authority !== this.#request.authority) host = await names.find(request.authority);
      return { host, request };
    } catch {
      return undefined;
    }
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
        : clusterFromHeader(headerValue(this.#request.headers, target.header));
    const upstream = cluster && router.upstream(cluster.name);
    if (cluster === undefined || upstream === undefined) return undefined;
    this.#cluster = cluster;
    return { cluster, upstream };
  }

  /** @param host undefined: what it is is looked up by what this makes of the request */
  #prepare(cluster: TargetCluster, host: Host | undefined): UpstreamRequest {
    const { route, router } = this.#parts;
    const { action } = route;
    const { settings } = router.manager;
    const { method, scheme, upgrade } = this.#request;
    const headers: HeaderList = [...this.#request.headers];
    const path =
      action.prefixRewrite === undefined
        ? this.#request.path
        : rewritePrefix(this.#request.path, route.match.path, action.prefixRewrite);
    // In the place of what a proxy before this one told.
    if (action.prefixRewrite !== undefined && settings.addsEnvoyHeaders)
      setHeader(headers, "x-envoy-original-path", this.#request.path);
    if (settings.addsEnvoyHeaders && action.timeoutMillis > 0)
      if (!settings.keepsExpectedTimeout || headerValue(headers, "x-envoy-expected-rq-timeout-ms") === undefined)
        setHeader(headers, "x-envoy-expected-rq-timeout-ms", String(Math.round(action.timeoutMillis)));
    if (action.maxStreamMillis !== undefined && isGrpc(headers) && headerValue(headers, "grpc-timeout") === undefined)
      headers.push(["grpc-timeout", `${Math.round(action.maxStreamMillis)}m`]);
    // Values are made of what the request has become so far, those of the response of what it was in the end.
    this.#sent = headers;
    applyEdits(headers, "requestEdits", this.#levels(), router.manager.table.mostSpecificEditsWin, () =>
      this.#context([]),
    );
    // A header that names the host may be one that was added.
    const rewrite = cluster.hostRewrite ?? action.hostRewrite;
    const rewritten = rewriteHost(rewrite, headers, host === undefined ? "" : nameOf(host));
    const given = this.#request.authority;
    // Whether or not it is the same as before.
    if (rewritten !== undefined) {
      if (settings.addsEnvoyHeaders) setHeader(headers, "x-envoy-original-host", given);
      if (action.appendsForwardedHost && headerValue(headers, "x-forwarded-host")?.split(",").at(-1) !== given)
        appendValue(headers, "x-forwarded-host", given);
    }
    const authority = rewritten ?? given;
    this.#sentTarget = { authority, path };
    return {
      method,
      scheme,
      authority,
      path,
      headers,
      isBodiless: this.#stream.isBodiless,
      isUpgrade: upgrade !== undefined,
    };
  }

  /** As the filters `header_mutation` say. @param response the response's headers, as far as they are known */
  #mutate(headers: HeaderList, part: keyof Mutations, response: HeaderList): void {
    const { headerMutations } = this.#parts.router.manager;
    if (headerMutations.length > 0)
      mutateHeaders(headers, part, headerMutations, this.#levels(), () => this.#context(response));
  }

  #levels() {
    const { route, host, router } = this.#parts;
    return [this.#cluster, route, host, router.manager.table];
  }

  #context(response: HeaderList): TemplateContext {
    const { method, scheme } = this.#request;
    const { authority, path } = this.#sentTarget;
    const pseudo: HeaderList = [
      [":method", method],
      [":scheme", scheme],
      [":authority", authority],
      [":path", path],
    ];
    return {
      connection: this.#parts.connection,
      client: this.#request.client,
      protocol: this.#stream.version,
      cluster: this.#cluster?.name,
      pseudo,
      request: this.#sent,
      response,
    };
  }

  #sendBody({ sink, finish }: UpstreamExchange): void {
    const { body, isBodiless, trailers } = this.#stream;
    sink.on("error", ignore);
    if (isBodiless) return;
    this.#carry(body, sink, () => {
      this.#requestEnded();
      const list = trailers();
      removeHopByHop(list);
      if (list.length > 0) this.#mutate(list, "requestTrailers", []);
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
      this.#failed(true);
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
    applyEdits(headers, "responseEdits", this.#levels(), router.manager.table.mostSpecificEditsWin, () =>
      this.#context(headers),
    );
    this.#mutate(headers, "responseHeaders", headers);
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
      if (list.length > 0) this.#mutate(list, "responseTrailers", headers);
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
    const { upgrade, finishHeaders, router } = this.#parts;
    if (upgrade === undefined || this.#isOver) {
      socket.destroy();
      over();
      // Nobody has asked for another protocol.
      this.#failed(true);
      return;
    }
    this.#responded = true;
    this.#timers.moved();
    removeHeaders(headers, "content-length");
    applyEdits(headers, "responseEdits", this.#levels(), router.manager.table.mostSpecificEditsWin, () =>
      this.#context(headers),
    );
    this.#mutate(headers, "responseHeaders", headers);
    finishHeaders(headers);
    socket.on("close", over);
    upgrade(status, headers, socket, first, () => this.#timers.moved());
  }

  #failed(isProtocol: boolean): void {
    if (this.#isOver) return;
    const { text } = replyUnavailable("connection termination");
    this.#fail(
      isProtocol
        ? { status: 502, text: text.replace("connection termination", "protocol error") }
        : { status: 503, text },
    );
  }

  /** Answers with it, or breaks off what was begun. */
  #fail(answer: LocalAnswer): void {
    if (this.#isOver) return;
    this.#end();
    this.#exchange?.reset();
    if (this.#responded) this.#stream.reset();
    else this.#parts.answer(answer, this.#cluster, { ...this.#sentTarget, headers: this.#sent });
  }

  #end(): void {
    this.#isOver = true;
    this.#timers.stop();
    // The rest of a request that was answered is not read.
    if (!this.#isRequestWhole) this.#stream.body.pause();
  }
}

function ignore(): void {}

/** As the dynamic forward proxy of Envoy answers. */
const LOOKUP_FAILURES = {
  unresolved: "DNS resolution failure",
  overflow: "DNS cache overflow",
  "pending-overflow": "Dynamic forward proxy pending request overflow",
} as const;
