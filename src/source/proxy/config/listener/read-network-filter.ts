import {
  type DocumentNode,
  FollowingError,
  MessageReader,
  readEach,
  refuse,
} from "../../../../wire/config-document/index.ts";
import type { WeightedClusterConfig } from "../cluster/weighted-cluster.ts";
import type { ConnectionLimitConfig, FilterChainConfig, NetworkFilterConfig, TcpProxyConfig } from "../config.ts";
import { type ExtensionNames, readExtension } from "../extension.ts";
import { CONNECTION_LIMIT, TCP_PROXY, TCP_WEIGHT, TCP_WEIGHTED } from "../fields/listener-fields.ts";
import { UNSUPPORTED_NETWORK_FILTERS } from "../fields/unsupported-extensions.ts";
import { readHttpConnectionManager } from "../http/read-http-connection-manager.ts";
import { checkIdle, IDLE_NETWORK_FILTERS } from "../idle-extensions.ts";
import type { ReadContext } from "../read-context.ts";

const NETWORK_FILTERS = {
  "tcp-proxy": {
    names: ["envoy.filters.network.tcp_proxy", "envoy.tcp_proxy", "tcp_proxy"],
    types: [
      "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
      "envoy.config.filter.network.tcp_proxy.v2.TcpProxy",
    ],
  },
  "http-connection-manager": {
    names: [
      "envoy.filters.network.http_connection_manager",
      "envoy.http_connection_manager",
      "http_connection_manager",
    ],
    types: [
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      "envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager",
    ],
  },
  "connection-limit": {
    names: ["envoy.filters.network.connection_limit"],
    types: ["envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"],
  },
  ...IDLE_NETWORK_FILTERS,
} as const satisfies Record<string, ExtensionNames>;

const DEFAULT_IDLE_TIMEOUT_MILLIS = 3_600_000;

type Filters = Pick<FilterChainConfig, "networkFilter" | "connectionLimits">;

/** Reads the network filters of a filter chain: limits of connections, and the one that ends it. Throws TaplineError (`configuration`). */
export function readNetworkFilters(message: MessageReader<"filters">, context: ReadContext): Filters {
  const nodes = message.list("filters");
  if (nodes.length === 0)
    refuse(
      message.place,
      "FilterChain: there are no filters",
      "add one: envoy.filters.network.tcp_proxy or envoy.filters.network.http_connection_manager",
    );
  const connectionLimits: ConnectionLimitConfig[] = [];
  const terminal = readEach(nodes, (node, index): NetworkFilterConfig | undefined => {
    const { kind, config } = readExtension(node, "network filter", NETWORK_FILTERS, UNSUPPORTED_NETWORK_FILTERS);
    if (kind === "connection-limit") {
      connectionLimits.push(readConnectionLimit(config));
      return undefined;
    }
    if (kind !== "tcp-proxy" && kind !== "http-connection-manager") {
      checkIdle(config, IDLE_NETWORK_FILTERS[kind], IDLE_NETWORK_FILTERS[kind].names[0]!);
      return undefined;
    }
    if (index < nodes.length - 1)
      refuse(
        nodes[index + 1]!.place,
        "FilterChain: there is a network filter behind the one that ends the chain",
        "put it before",
      );
    return kind === "tcp-proxy" ? readTcpProxy(config) : readHttpConnectionManager(config, context);
  });
  if (terminal.length < nodes.length) throw new FollowingError(message.place);
  const networkFilter = terminal.at(-1);
  if (networkFilter === undefined)
    return refuse(
      message.place,
      "FilterChain: the last network filter must be a tcp_proxy or an http_connection_manager",
    );
  return { networkFilter, connectionLimits };
}

function readTcpProxy(node: DocumentNode): TcpProxyConfig {
  const message = new MessageReader(node, TCP_PROXY);
  const maxConnectAttempts = message.uint32("max_connect_attempts");
  if (maxConnectAttempts === 0)
    refuse(message.placeOf("max_connect_attempts"), "max_connect_attempts: value must be greater than or equal to 1");
  const form = message.requiredOneOf("cluster", "weighted_clusters");
  const maxDurationMillis = message.durationMillis("max_downstream_connection_duration");
  const jitter = message.node("max_downstream_connection_duration_jitter_percentage");
  const percent =
    jitter &&
    new MessageReader(jitter, { name: "Percent", fields: ["value"] }).number("value", { least: 0, most: 100 });
  return {
    kind: "tcp-proxy",
    clusters:
      form === "cluster"
        ? [{ name: message.requiredString("cluster"), weight: 1 }]
        : readWeights(message.requiredNode("weighted_clusters")),
    statPrefix: message.requiredString("stat_prefix"),
    idleTimeoutMillis: message.durationMillis("idle_timeout") ?? DEFAULT_IDLE_TIMEOUT_MILLIS,
    maxConnectAttempts: maxConnectAttempts ?? 1,
    ...(maxDurationMillis !== undefined && { maxDurationMillis }),
    ...(percent !== undefined && { maxDurationJitterPercent: percent }),
    place: message.placeOf(form),
  };
}

function readWeights(node: DocumentNode): WeightedClusterConfig[] {
  const nodes = new MessageReader(node, TCP_WEIGHTED).list("clusters");
  const all = nodes.map((item) => {
    const message = new MessageReader(item, TCP_WEIGHT);
    const weight = message.uint32("weight") ?? 0;
    if (weight === 0)
      refuse(message.placeOf("weight"), "ClusterWeight: weight: value must be greater than or equal to 1");
    return { name: message.requiredString("name"), weight };
  });
  return all.length > 0 ? all : refuse(node.place, "WeightedCluster: clusters: value must contain at least 1 item");
}

function readConnectionLimit(node: DocumentNode): ConnectionLimitConfig {
  const message = new MessageReader(node, CONNECTION_LIMIT);
  const most = message.integer("max_connections", { least: 1n });
  if (most === undefined) refuse(node.place, "ConnectionLimit: max_connections is missing");
  return { maxConnections: Number(most), delayMillis: message.durationMillis("delay") ?? 0 };
}
