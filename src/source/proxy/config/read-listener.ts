import { formatEndpoint } from "../../../model/index.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import type { FilterChainConfig, ListenerConfig } from "./config.ts";
import { readAddress } from "./read-address.ts";
import type { ReadContext } from "./read-context.ts";
import { readNetworkFilter } from "./read-network-filter.ts";
import { readDownstreamSocket } from "./read-transport-socket.ts";

const LISTENER = {
  name: "Listener",
  fields: ["name", "address", "filter_chains", "per_connection_buffer_limit_bytes", "tcp_backlog_size", "bind_to_port"],
  inert: [
    "stat_prefix",
    "metadata",
    "drain_type",
    "traffic_direction",
    // There are no listener filters to wait for.
    "listener_filters_timeout",
    "continue_on_listener_filters_timeout",
    "max_connections_to_accept_per_socket_event",
  ],
  unsupported: {
    additional_addresses: "add a listener for each",
    use_original_dst: "",
    default_filter_chain: "use filter_chains",
    filter_chain_matcher: "Tapline takes one filter chain for all connections",
    listener_filters: "",
    deprecated_v1: "",
    transparent: "",
    freebind: "",
    socket_options: "",
    tcp_fast_open_queue_length: "",
    udp_listener_config: "",
    api_listener: "",
    connection_balance_config: "",
    reuse_port: "",
    enable_reuse_port: "",
    access_log: "",
    internal_listener: "",
    enable_mptcp: "",
    ignore_global_conn_limit: "",
    bypass_overload_manager: "",
  },
} as const satisfies MessageShape<string>;

const FILTER_CHAIN = {
  name: "FilterChain",
  fields: ["filter_chain_match", "filters", "transport_socket", "tls_context", "transport_socket_connect_timeout"],
  inert: ["name", "metadata"],
  unsupported: { use_proxy_proto: "", on_demand_configuration: "" },
} as const satisfies MessageShape<string>;

const DEFAULT_BUFFER_LIMIT_BYTES = 1024 * 1024;

/** Reads a `Listener` of v2 or v3. Throws TaplineError (`configuration`). */
export function readListener(node: DocumentNode, context: ReadContext): ListenerConfig {
  const message = new MessageReader(node, LISTENER);
  const { endpoint, pipeMode } = readAddress(message.requiredNode("address"), "addresses-only");
  if (message.has("bind_to_port") && !message.bool("bind_to_port"))
    refuse(message.placeOf("bind_to_port"), "Listener: bind_to_port: false is not supported");
  const [filterChain, second] = message.list("filter_chains");
  if (filterChain === undefined) refuse(node.place, "Listener: no filter chains specified", "add filter_chains");
  if (second !== undefined)
    refuse(second.place, "Listener: a second filter chain is not supported", "expected one, for all connections");
  const backlog = message.uint32("tcp_backlog_size");
  const name = message.string("name") ?? "";
  return {
    name: name === "" ? formatEndpoint(endpoint) : name,
    address: endpoint,
    ...(pipeMode === undefined ? {} : { pipeMode }),
    filterChain: readFilterChain(filterChain, context),
    bufferLimitBytes: readBufferLimit(message),
    ...(backlog === undefined ? {} : { backlog }),
    place: node.place,
  };
}

/** Reads `per_connection_buffer_limit_bytes`; default 1 MiB. */
export function readBufferLimit(message: MessageReader<"per_connection_buffer_limit_bytes">): number {
  const limit = message.uint32("per_connection_buffer_limit_bytes");
  if (limit === 0)
    refuse(
      message.placeOf("per_connection_buffer_limit_bytes"),
      "per_connection_buffer_limit_bytes: 0 (no limit) is not supported",
      "expected at least 1, or nothing for 1 MiB",
    );
  return limit ?? DEFAULT_BUFFER_LIMIT_BYTES;
}

function readFilterChain(node: DocumentNode, context: ReadContext): FilterChainConfig {
  const message = new MessageReader(node, FILTER_CHAIN);
  const match = message.node("filter_chain_match");
  if (match !== undefined && !(match.kind === "mapping" && match.entries.length === 0))
    refuse(
      match.place,
      "FilterChain: filter_chain_match is not supported",
      "the one filter chain takes all connections",
    );
  const [filter, second] = message.list("filters");
  if (filter === undefined)
    refuse(
      node.place,
      "FilterChain: there are no filters",
      "add one: envoy.filters.network.tcp_proxy or envoy.filters.network.http_connection_manager",
    );
  if (second !== undefined) refuse(second.place, "FilterChain: a second network filter is not supported");
  const handshakeMillis = message.durationMillis("transport_socket_connect_timeout") ?? 0;
  return {
    transportSocket: readDownstreamSocket(
      { transportSocket: message.node("transport_socket"), tlsContext: message.node("tls_context") },
      context,
    ),
    networkFilter: readNetworkFilter(filter, context),
    ...(handshakeMillis === 0 ? {} : { transportSocketConnectTimeoutMillis: handshakeMillis }),
  };
}
