import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import type { NetworkFilterConfig, TcpProxyConfig } from "./config.ts";
import { type ExtensionNames, readExtension } from "./extension.ts";
import type { ReadContext } from "./read-context.ts";
import { readHttpConnectionManager } from "./read-http-connection-manager.ts";

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
} as const satisfies Record<string, ExtensionNames>;

const ONE_CLUSTER = "Tapline taps and does not route: name one cluster";

const TCP_PROXY = {
  name: "TcpProxy",
  fields: ["stat_prefix", "cluster", "idle_timeout", "max_connect_attempts"],
  unsupported: {
    weighted_clusters: ONE_CLUSTER,
    metadata_match: ONE_CLUSTER,
    hash_policy: "",
    on_demand: ONE_CLUSTER,
    deprecated_v1: "",
    access_log: "",
    access_log_options: "",
    access_log_flush_interval: "",
    flush_access_log_on_connected: "",
    downstream_idle_timeout: "use idle_timeout",
    upstream_idle_timeout: "use idle_timeout",
    max_downstream_connection_duration: "",
    max_downstream_connection_duration_jitter_percentage: "",
    tunneling_config: "",
    proxy_protocol_tlvs: "",
    backoff_options: "",
    upstream_connect_mode: "",
    max_early_data_bytes: "",
    check_drain_close: "",
  },
} as const satisfies MessageShape<string>;

const DEFAULT_IDLE_TIMEOUT_MILLIS = 3_600_000;

/** Reads the one network filter of a filter chain. Throws TaplineError (`configuration`). */
export function readNetworkFilter(node: DocumentNode, context: ReadContext): NetworkFilterConfig {
  const { kind, config } = readExtension(node, "network filter", NETWORK_FILTERS);
  return kind === "tcp-proxy" ? readTcpProxy(config) : readHttpConnectionManager(config, context);
}

function readTcpProxy(node: DocumentNode): TcpProxyConfig {
  const message = new MessageReader(node, TCP_PROXY);
  const maxConnectAttempts = message.uint32("max_connect_attempts");
  if (maxConnectAttempts === 0)
    refuse(message.placeOf("max_connect_attempts"), "max_connect_attempts: value must be greater than or equal to 1");
  return {
    kind: "tcp-proxy",
    cluster: message.requiredString("cluster"),
    statPrefix: message.requiredString("stat_prefix"),
    idleTimeoutMillis: message.durationMillis("idle_timeout") ?? DEFAULT_IDLE_TIMEOUT_MILLIS,
    maxConnectAttempts: maxConnectAttempts ?? 1,
    place: message.placeOf("cluster"),
  };
}
