import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import type { WeightedClusterConfig } from "../cluster/weighted-cluster.ts";
import type { HttpConnectionManagerConfig } from "../config.ts";
import { CONNECTION_MANAGER, PROTOCOL_OPTIONS } from "../fields/http-fields.ts";
import type { ReadContext } from "../read-context.ts";
import { listRoutingReasons } from "../routes/list-routing-reasons.ts";
import { readRouteTable } from "../routes/read-route-table.ts";
import type { RouteTable } from "../routes/route-table.ts";
import { readHttpFilters } from "./read-http-filters.ts";
import { type Manager, readHttpSettings } from "./read-http-settings.ts";

const CODECS = { 0: "AUTO", 1: "HTTP1", 2: "HTTP2", 3: "HTTP3" } as const;
const DEFAULT_IDLE_TIMEOUT_MILLIS = 3_600_000;

/** Reads `HttpConnectionManager` of v2 or v3. Throws TaplineError (`configuration`). */
export function readHttpConnectionManager(node: DocumentNode, context: ReadContext): HttpConnectionManagerConfig {
  const message: Manager = new MessageReader(node, CONNECTION_MANAGER);
  // HTTP/1 and HTTP/2 are told apart by what is said.
  const codec = message.enumeration("codec_type", CODECS) ?? "AUTO";
  if (codec === "HTTP3")
    refuse(
      message.placeOf("codec_type"),
      "HttpConnectionManager: HTTP3 is not supported",
      "Tapline speaks TCP: use AUTO",
    );
  const options = message.node("common_http_protocol_options");
  const idle =
    options === undefined ? undefined : new MessageReader(options, PROTOCOL_OPTIONS).durationMillis("idle_timeout");
  const reasons: string[] = [];
  const settings = readHttpSettings(message, (reason) => reasons.push(reason), context.node);
  const filters = readHttpFilters(message.list("http_filters"), message.placeOf("http_filters"), context);
  const { validatesClusters, ...table } = readRouteTable(message.requiredNode("route_config"), filters.byName, context);
  reasons.push(...listRoutingReasons(table));
  return {
    kind: "http-connection-manager",
    codec,
    clusters: listClusters(table),
    statPrefix: message.requiredString("stat_prefix"),
    idleTimeoutMillis: idle ?? DEFAULT_IDLE_TIMEOUT_MILLIS,
    maxConnectAttempts: 1,
    httpTaps: filters.httpTaps,
    exporters: filters.exporters,
    headerMutations: filters.headerMutations,
    ...(filters.forwardProxy !== undefined && { forwardProxy: filters.forwardProxy }),
    table,
    settings: {
      ...settings,
      addsEnvoyHeaders: filters.addsEnvoyHeaders,
      keepsExpectedTimeout: filters.keepsExpectedTimeout,
    },
    // A protocol that differs is seen to where listener and cluster are known.
    routing: reasons.length > 0 ? { mode: "routed", reasons } : { mode: "verbatim", bridges: false },
    validatesClusters,
    place: message.placeOf("route_config"),
  };
}

/** Every cluster that the table names, by what part of the requests that may take it. */
function listClusters(table: RouteTable): readonly WeightedClusterConfig[] {
  const names = new Set<string>();
  for (const { routes } of table.virtualHosts)
    for (const { action } of routes)
      if (action.kind === "forward" && action.target.kind === "clusters")
        for (const { name } of action.target.clusters) names.add(name);
  return [...names].map((name) => ({ name, weight: 1 }));
}
