import { type DocumentNode, MessageReader, readString, refuse } from "../../../wire/config-document/index.ts";
import type { HttpConnectionManagerConfig } from "./config.ts";
import {
  CONNECTION_MANAGER,
  NOT_ROUTED,
  PROTOCOL_OPTIONS,
  ROUTE,
  ROUTE_ACTION,
  ROUTE_MATCH,
  ROUTES,
  VIRTUAL_HOST,
} from "./fields/http-fields.ts";
import type { ReadContext } from "./read-context.ts";
import { readHttpFilters } from "./read-http-filters.ts";

const CODECS = { 0: "AUTO", 1: "HTTP1", 2: "HTTP2", 3: "HTTP3" } as const;
const DEFAULT_IDLE_TIMEOUT_MILLIS = 3_600_000;

/** Reads `HttpConnectionManager` of v2 or v3: one route to one cluster, tap filters and the router. Throws TaplineError (`configuration`). */
export function readHttpConnectionManager(node: DocumentNode, context: ReadContext): HttpConnectionManagerConfig {
  const message = new MessageReader(node, CONNECTION_MANAGER);
  // HTTP/1 and HTTP/2 are told apart by what is said.
  const codec = message.enumeration("codec_type", CODECS) ?? "AUTO";
  if (codec === "HTTP3") refuse(message.placeOf("codec_type"), "HttpConnectionManager: HTTP3 is not supported");
  const options = message.node("common_http_protocol_options");
  const idle =
    options === undefined ? undefined : new MessageReader(options, PROTOCOL_OPTIONS).durationMillis("idle_timeout");
  return {
    kind: "http-connection-manager",
    codec,
    ...readRoute(message.requiredNode("route_config")),
    statPrefix: message.requiredString("stat_prefix"),
    idleTimeoutMillis: idle ?? DEFAULT_IDLE_TIMEOUT_MILLIS,
    maxConnectAttempts: 1,
    ...readHttpFilters(message.list("http_filters"), message.placeOf("http_filters"), context),
  };
}

function readRoute(node: DocumentNode): Pick<HttpConnectionManagerConfig, "clusters" | "place"> {
  const routes = new MessageReader(node, ROUTES);
  const virtualHost = readOnly(routes.list("virtual_hosts"), node, "virtual host");
  const host = new MessageReader(virtualHost, VIRTUAL_HOST);
  const domain = readOnly(host.list("domains"), virtualHost, "domain");
  if (readString(domain, "domains") !== "*")
    refuse(domain.place, "VirtualHost: a domain other than * is not supported", NOT_ROUTED);
  const route = new MessageReader(readOnly(host.list("routes"), virtualHost, "route"), ROUTE);
  const match = new MessageReader(route.requiredNode("match"), ROUTE_MATCH);
  if (match.requiredString("prefix") !== "/")
    refuse(match.placeOf("prefix"), "RouteMatch: a prefix other than / is not supported", NOT_ROUTED);
  const action = new MessageReader(route.requiredNode("route"), ROUTE_ACTION);
  return { clusters: [{ name: action.requiredString("cluster"), weight: 1 }], place: action.placeOf("cluster") };
}

function readOnly(nodes: readonly DocumentNode[], parent: DocumentNode, what: string): DocumentNode {
  const [first, second] = nodes;
  if (first === undefined) refuse(parent.place, `there is no ${what}`, NOT_ROUTED);
  if (second !== undefined) refuse(second.place, `a second ${what} is not supported`, NOT_ROUTED);
  return first;
}
