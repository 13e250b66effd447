import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { ACCESS_LOG, OVERLOAD, TUNING } from "./reasons.ts";

const KEEPALIVE = { keepalive_time: 30 };

export const LISTENER = {
  name: "Listener",
  fields: [
    "name",
    "address",
    "additional_addresses",
    "filter_chains",
    "default_filter_chain",
    "listener_filters",
    "listener_filters_timeout",
    "continue_on_listener_filters_timeout",
    "per_connection_buffer_limit_bytes",
    "tcp_backlog_size",
    "bind_to_port",
    "socket_options",
  ],
  labels: ["stat_prefix", "metadata", "traffic_direction"],
  withoutEffect: {
    drain_type: ["draining when a health check or a control plane asks for it, which is not there", "MODIFY_ONLY"],
    max_connections_to_accept_per_socket_event: [TUNING, 1],
    freebind: ["addresses that the machine has not yet: listening on one fails and says so", true],
    tcp_fast_open_queue_length: [TUNING, 3],
    tcp_keepalive: [TUNING, KEEPALIVE],
    connection_balance_config: ["which thread takes a connection", { exact_balance: {} }],
    reuse_port: ["sockets that threads share: --concurrency shares them", true],
    enable_reuse_port: ["sockets that threads share: --concurrency shares them", true],
    enable_mptcp: [TUNING, true],
    access_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    ignore_global_conn_limit: [OVERLOAD, true],
    bypass_overload_manager: [OVERLOAD, true],
  },
  unsupported: {
    use_original_dst: "connections are taken where they arrive: leave it out, and give each listener its address",
    filter_chain_matcher: "use filter_chain_match in the filter chains",
    fcds_config: "there is no control plane: use filter_chains",
    deprecated_v1: "give address a port to listen on",
    transparent: "Node cannot ask for IP_TRANSPARENT: leave it out",
    udp_listener_config: "Tapline speaks TCP: expected a TCP listener",
    api_listener: "nothing embeds Tapline: use address and filter_chains",
    internal_listener: "use address, with a socket_address or a pipe",
  },
} as const satisfies MessageShape<string>;

export const ADDITIONAL_ADDRESS = {
  name: "AdditionalAddress",
  fields: ["address", "socket_options"],
  withoutEffect: { tcp_keepalive: [TUNING, KEEPALIVE] },
} as const satisfies MessageShape<string>;

export const FILTER_CHAIN = {
  name: "FilterChain",
  fields: ["filter_chain_match", "filters", "transport_socket", "tls_context", "transport_socket_connect_timeout"],
  labels: ["name", "metadata"],
  unsupported: {
    use_proxy_proto: "use the listener filter envoy.filters.listener.proxy_protocol",
    on_demand_configuration: "there is no control plane: leave it out",
  },
} as const satisfies MessageShape<string>;

export const FILTER_CHAIN_MATCH = {
  name: "FilterChainMatch",
  fields: [
    "destination_port",
    "prefix_ranges",
    "server_names",
    "transport_protocol",
    "application_protocols",
    "direct_source_prefix_ranges",
    "source_type",
    "source_prefix_ranges",
    "source_ports",
  ],
  unsupported: {
    address_suffix: "Envoy has not implemented it either: use prefix_ranges",
    suffix_len: "use prefix_ranges",
  },
} as const satisfies MessageShape<string>;

export const LISTENER_FILTER = {
  name: "ListenerFilter",
  fields: ["name", "config", "typed_config"],
  unsupported: {
    config_discovery: "there is no control plane: use typed_config",
    filter_disabled: "leave the filter out where it is disabled",
  },
} as const satisfies MessageShape<string>;

export const TLS_INSPECTOR = {
  name: "TlsInspector",
  fields: [],
  withoutEffect: {
    enable_ja3_fingerprinting: ["fingerprints, which nothing here asks for", true],
    enable_ja4_fingerprinting: ["fingerprints, which nothing here asks for", true],
    initial_read_buffer_size: [TUNING, 256],
    close_connection_on_client_hello_parsing_errors: ["a broken ClientHello ends its connection in any case", true],
    max_client_hello_size: ["as many bytes as RFC 8446 has a use for are read", 16384],
  },
} as const satisfies MessageShape<string>;

export const HTTP_INSPECTOR = { name: "HttpInspector", fields: [] } as const satisfies MessageShape<string>;

export const PROXY_PROTOCOL_FILTER = {
  name: "ProxyProtocol",
  fields: ["allow_requests_without_proxy_protocol", "disallowed_versions"],
  labels: ["stat_prefix"],
  withoutEffect: { tlv_location: ["TLVs for filters of Envoy's", "FILTER_STATE"] },
  unsupported: {
    rules: "TLVs are not made metadata: leave it out",
    pass_through_tlvs: "TLVs are not handed on: leave it out",
  },
} as const satisfies MessageShape<string>;

export const PROXY_PROTOCOL_SOCKET = {
  name: "ProxyProtocolUpstreamTransport",
  fields: ["config", "transport_socket"],
  unsupported: {
    allow_unspecified_address: "leave it out",
    tlv_as_pass_through: "TLVs are not handed on: leave it out",
  },
} as const satisfies MessageShape<string>;

export const PROXY_PROTOCOL_CONFIG = {
  name: "ProxyProtocolConfig",
  fields: ["version"],
  unsupported: {
    pass_through_tlvs: "TLVs are not handed on: leave it out",
    added_tlvs: "TLVs are not written: leave it out",
  },
} as const satisfies MessageShape<string>;

export const TCP_PROXY = {
  name: "TcpProxy",
  fields: [
    "stat_prefix",
    "cluster",
    "weighted_clusters",
    "idle_timeout",
    "max_connect_attempts",
    "max_downstream_connection_duration",
    "max_downstream_connection_duration_jitter_percentage",
  ],
  withoutEffect: {
    access_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    access_log_options: [ACCESS_LOG, { flush_access_log_on_connected: true }],
    access_log_flush_interval: [ACCESS_LOG, "1s"],
    flush_access_log_on_connected: [ACCESS_LOG, true],
    check_drain_close: ["draining when a health check asks for it, which is not there", true],
  },
  unsupported: {
    metadata_match: "there are no subsets of endpoints: name a cluster of those that are meant",
    hash_policy: "endpoints are not chosen by a hash: leave it out",
    on_demand: "there is no control plane: name a cluster of static_resources",
    deprecated_v1: "use cluster",
    downstream_idle_timeout: "use idle_timeout",
    upstream_idle_timeout: "use idle_timeout",
    tunneling_config: "bytes are forwarded as they are: leave it out",
    proxy_protocol_tlvs: "TLVs are not written: leave it out",
    backoff_options: "attempts follow one another at once: leave it out",
    upstream_connect_mode: "the endpoint is dialled when the client has connected: leave it out",
    max_early_data_bytes: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const TCP_WEIGHTED = { name: "WeightedCluster", fields: ["clusters"] } as const satisfies MessageShape<string>;

export const TCP_WEIGHT = {
  name: "ClusterWeight",
  fields: ["name", "weight"],
  unsupported: { metadata_match: "there are no subsets of endpoints: name a cluster of those that are meant" },
} as const satisfies MessageShape<string>;

export const CONNECTION_LIMIT = {
  name: "ConnectionLimit",
  fields: ["max_connections", "delay"],
  labels: ["stat_prefix"],
  unsupported: { runtime_enabled: "there is no runtime: leave the filter out where it is disabled" },
} as const satisfies MessageShape<string>;

export const SOCKET_OPTION = {
  name: "SocketOption",
  fields: ["level", "name", "int_value", "buf_value", "type"],
  labels: ["description", "state", "ip_version"],
} as const satisfies MessageShape<string>;
