import type { Connection } from "../../../model/index.ts";
import type { Host } from "../cluster/resolve-endpoints.ts";
import type { ForwardAction, Mutations, Route, TargetCluster, VirtualHost } from "../config/routes/route-table.ts";
import type { AdmittedRequest } from "./admit-request.ts";
import type { DownstreamStream } from "./client/downstream.ts";
import { isGrpc } from "./find-route.ts";
import { applyEdits, mutateHeaders, type TemplateContext } from "./headers/edit-headers.ts";
import { appendValue, type HeaderList, headerValue, setHeader } from "./headers/header-list.ts";
import { nameOf, rewriteHost } from "./headers/rewrite-host.ts";
import { rewritePrefix } from "./redirect.ts";
import type { Router } from "./router.ts";
import type { UpstreamRequest } from "./upstream-exchange.ts";

/** A request as it goes to the endpoint. */
export interface SentRequest {
  readonly headers: HeaderList;
  readonly authority: string;
  readonly path: string;
}

export interface HeadParts {
  readonly router: Router;
  readonly connection: Connection;
  readonly host: VirtualHost;
  readonly route: Route & { readonly action: ForwardAction };
}

/** The head of a request that is forwarded: as it came, as it goes to the endpoint, and the edits of it and of its response. */
export class ForwardedHead {
  /** As it came, with the authority that a filter has looked up. */
  request: AdmittedRequest;
  /** Its cluster, once it is chosen. */
  cluster: TargetCluster | undefined;
  /** Its headers as they go to the endpoint. */
  sent: HeaderList;
  sentTarget: Pick<SentRequest, "authority" | "path">;
  readonly #stream: DownstreamStream;
  readonly #parts: HeadParts;

  constructor(stream: DownstreamStream, request: AdmittedRequest, parts: HeadParts) {
    this.#stream = stream;
    this.#parts = parts;
    this.request = request;
    this.sent = request.headers;
    this.sentTarget = request;
  }

  /** @param host undefined: what it is is looked up by what this makes of the request */
  prepare(cluster: TargetCluster, host: Host | undefined): UpstreamRequest {
    const { route, router } = this.#parts;
    const { action } = route;
    const { settings } = router.manager;
    const { method, scheme, upgrade } = this.request;
    const headers: HeaderList = [...this.request.headers];
    const path =
      action.prefixRewrite === undefined
        ? this.request.path
        : rewritePrefix(this.request.path, route.match.path, action.prefixRewrite);
    // In the place of what a proxy before this one told.
    if (action.prefixRewrite !== undefined && settings.addsEnvoyHeaders)
      setHeader(headers, "x-envoy-original-path", this.request.path);
    if (settings.addsEnvoyHeaders && action.timeoutMillis > 0)
      if (!settings.keepsExpectedTimeout || headerValue(headers, "x-envoy-expected-rq-timeout-ms") === undefined)
        setHeader(headers, "x-envoy-expected-rq-timeout-ms", String(Math.round(action.timeoutMillis)));
    if (action.maxStreamMillis !== undefined && isGrpc(headers) && headerValue(headers, "grpc-timeout") === undefined)
      headers.push(["grpc-timeout", `${Math.round(action.maxStreamMillis)}m`]);
    // Values are made of what the request has become so far, those of the response of what it was in the end.
    this.sent = headers;
    this.edit(headers, "requestEdits", []);
    // A header that names the host may be one that was added.
    const rewrite = cluster.hostRewrite ?? action.hostRewrite;
    const rewritten = rewriteHost(rewrite, headers, host === undefined ? "" : nameOf(host));
    const given = this.request.authority;
    // Whether or not it is the same as before.
    if (rewritten !== undefined) {
      if (settings.addsEnvoyHeaders) setHeader(headers, "x-envoy-original-host", given);
      if (action.appendsForwardedHost && headerValue(headers, "x-forwarded-host")?.split(",").at(-1) !== given)
        appendValue(headers, "x-forwarded-host", given);
    }
    const authority = rewritten ?? given;
    this.sentTarget = { authority, path };
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

  /** As the route, its virtual host and the table say. @param response the response's headers, as far as they are known */
  edit(headers: HeaderList, part: "requestEdits" | "responseEdits", response: HeaderList): void {
    const { table } = this.#parts.router.manager;
    applyEdits(headers, part, this.#levels(), table.mostSpecificEditsWin, () => this.#context(response));
  }

  /** As the filters `header_mutation` say. @param response the response's headers, as far as they are known */
  mutate(headers: HeaderList, part: keyof Mutations, response: HeaderList): void {
    const { headerMutations } = this.#parts.router.manager;
    if (headerMutations.length > 0)
      mutateHeaders(headers, part, headerMutations, this.#levels(), () => this.#context(response));
  }

  #levels() {
    const { route, host, router } = this.#parts;
    return [this.cluster, route, host, router.manager.table];
  }

  #context(response: HeaderList): TemplateContext {
    const { method, scheme } = this.request;
    const { authority, path } = this.sentTarget;
    const pseudo: HeaderList = [
      [":method", method],
      [":scheme", scheme],
      [":authority", authority],
      [":path", path],
    ];
    return {
      connection: this.#parts.connection,
      client: this.request.client,
      protocol: this.#stream.version,
      cluster: this.cluster?.name,
      pseudo,
      request: this.sent,
      response,
    };
  }
}
