import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { CIRCUIT, DNS, HEALTH, STATISTICS, TUNING } from "./reasons.ts";

const NO_SUBSETS = "there are no subsets of endpoints: make a cluster of those that are meant";

const TTLS = "how long answers of DNS hold, which the system's resolver does not say: dns_refresh_rate is taken";

const ZONES = "zones: none is the proxy's own";

export const CLUSTER = {
  name: "Cluster",
  fields: [
    "name",
    "type",
    "cluster_type",
    "connect_timeout",
    "lb_policy",
    "least_request_lb_config",
    "round_robin_lb_config",
    "ring_hash_lb_config",
    "maglev_lb_config",
    "common_lb_config",
    "load_assignment",
    "hosts",
    "dns_refresh_rate",
    "dns_lookup_family",
    "typed_dns_resolver_config",
    "transport_socket",
    "tls_context",
    "per_connection_buffer_limit_bytes",
    "http_protocol_options",
    "http2_protocol_options",
    "upstream_http_protocol_options",
    "typed_extension_protocol_options",
    "upstream_bind_config",
    "metadata",
    "max_requests_per_connection",
    "common_http_protocol_options",
    "health_checks",
    "outlier_detection",
    "close_connections_on_host_health_failure",
  ],
  labels: ["alt_stat_name"],
  withoutEffect: {
    circuit_breakers: [CIRCUIT, { thresholds: [{ max_connections: 1000 }] }],
    preconnect_policy: ["connections that are made before they are needed", { per_upstream_preconnect_ratio: 1.5 }],
    connection_pool_per_downstream_connection: ["connections that are kept for later requests", true],
    upstream_connection_options: [TUNING, { tcp_keepalive: { keepalive_time: 30 } }],
    dns_jitter: [DNS, "1s"],
    dns_failure_refresh_rate: [DNS, { base_interval: "2s", max_interval: "10s" }],
    respect_dns_ttl: [DNS, true],
    use_tcp_for_dns_lookups: [DNS, true],
    wait_for_warm_on_init: ["the order in which Envoy starts", true],
    cleanup_interval: ["hosts of clusters of type ORIGINAL_DST, of which there are none", "5s"],
    ignore_health_on_host_removal: [HEALTH, true],
    drain_connections_on_host_removal: [HEALTH, true],
    track_timeout_budgets: [STATISTICS, true],
    track_cluster_stats: [STATISTICS, { timeout_budgets: true }],
    lrs_server: [STATISTICS, { self: {} }],
    lrs_report_endpoint_metrics: [STATISTICS, ["x"]],
  },
  unsupported: {
    eds_cluster_config: "there is no control plane: use load_assignment",
    transport_socket_matches: "use transport_socket, and a cluster for each kind of endpoint",
    transport_socket_matcher: "use transport_socket, and a cluster for each kind of endpoint",
    extension_protocol_options: "use typed_extension_protocol_options",
    protocol_selection: "use typed_extension_protocol_options",
    dns_resolvers: "the system's resolver is asked: leave it out",
    dns_resolution_config: "the system's resolver is asked: leave it out",
    lb_subset_config: NO_SUBSETS,
    original_dst_lb_config: "use load_assignment",
    load_balancing_policy: "use lb_policy",
    filters: "there are no filters of upstream connections: leave it out",
    upstream_config: "use the protocol options of the cluster",
  },
} as const satisfies MessageShape<string>;

export const DYNAMIC_CLUSTER = {
  name: "ClusterConfig of a dynamic forward proxy",
  fields: ["dns_cache_config", "allow_insecure_cluster_options"],
  withoutEffect: { allow_coalesced_connections: ["connections that several names share: each name has its own", true] },
  unsupported: { sub_clusters_config: "use dns_cache_config" },
} as const satisfies MessageShape<string>;

export const DNS_CACHE = {
  name: "DnsCacheConfig",
  fields: [
    "name",
    "dns_lookup_family",
    "dns_refresh_rate",
    "host_ttl",
    "max_hosts",
    "dns_failure_refresh_rate",
    "disable_dns_refresh_on_failure",
    "dns_cache_circuit_breaker",
    "typed_dns_resolver_config",
    "preresolve_hostnames",
    "dns_query_timeout",
  ],
  withoutEffect: { dns_min_refresh_rate: [TTLS, "5s"], use_tcp_for_dns_lookups: [DNS, true] },
  unsupported: {
    dns_resolution_config: "the system's resolver is asked: leave it out",
    key_value_config: "names are kept in memory: leave it out",
  },
} as const satisfies MessageShape<string>;

export const DNS_CACHE_LIMITS = {
  name: "DnsCacheCircuitBreakers",
  fields: ["max_pending_requests"],
} as const satisfies MessageShape<string>;

export const FAILURE_REFRESH_RATE = {
  name: "RefreshRate",
  fields: ["base_interval", "max_interval"],
} as const satisfies MessageShape<string>;

export const COMMON_LB = {
  name: "CommonLbConfig",
  fields: ["healthy_panic_threshold", "locality_weighted_lb_config", "zone_aware_lb_config"],
  withoutEffect: {
    update_merge_window: ["how changes of endpoints are taken", "1s"],
    ignore_new_hosts_until_first_hc: [HEALTH, true],
    close_connections_on_host_set_change: ["how changes of endpoints are taken", true],
    override_host_status: [HEALTH, { statuses: ["UNKNOWN"] }],
  },
  unsupported: { consistent_hashing_lb_config: "endpoints are not chosen by a hash: leave it out" },
} as const satisfies MessageShape<string>;

export const ZONE_AWARE_LB = {
  name: "ZoneAwareLbConfig",
  fields: [],
  withoutEffect: {
    routing_enabled: [ZONES, { value: 50 }],
    min_cluster_size: [ZONES, 6],
  },
  unsupported: { fail_traffic_on_panic: "endpoints that are not healthy are taken where too few are: leave it out" },
} as const satisfies MessageShape<string>;

export const LEAST_REQUEST = {
  name: "LeastRequestLbConfig",
  fields: ["choice_count", "active_request_bias"],
  unsupported: {
    slow_start_config: "endpoints are not warmed up: leave it out",
    locality_lb_config: "use common_lb_config",
    enable_full_scan: "use choice_count",
    selection_method: "use choice_count",
  },
} as const satisfies MessageShape<string>;

export const ROUND_ROBIN = {
  name: "RoundRobinLbConfig",
  fields: [],
  unsupported: {
    slow_start_config: "endpoints are not warmed up: leave it out",
    locality_lb_config: "use common_lb_config",
  },
} as const satisfies MessageShape<string>;

export const HASHING = {
  name: "RingHashLbConfig",
  fields: [],
  withoutEffect: {
    minimum_ring_size: ["rings: without a hash_policy Envoy chooses at random", 1024],
    maximum_ring_size: ["rings: without a hash_policy Envoy chooses at random", 2048],
    hash_function: ["rings: without a hash_policy Envoy chooses at random", "XX_HASH"],
    table_size: ["rings: without a hash_policy Envoy chooses at random", 65537],
  },
} as const satisfies MessageShape<string>;

export const LOAD_ASSIGNMENT = {
  name: "ClusterLoadAssignment",
  fields: ["endpoints", "policy"],
  labels: ["cluster_name"],
  unsupported: { named_endpoints: "give the endpoints where they stand" },
} as const satisfies MessageShape<string>;

export const ASSIGNMENT_POLICY = {
  name: "Policy",
  fields: ["overprovisioning_factor"],
  withoutEffect: { endpoint_stale_after: ["control planes, of which there is none", "60s"] },
  unsupported: {
    drop_overloads: "requests are not dropped by chance: leave it out",
    weighted_priority_health: "the health of a priority is the share of its endpoints: leave it out",
    disable_overprovisioning: "use overprovisioning_factor",
  },
} as const satisfies MessageShape<string>;

export const LOCALITY_ENDPOINTS = {
  name: "LocalityLbEndpoints",
  fields: ["lb_endpoints", "load_balancing_weight", "priority"],
  labels: ["locality", "metadata"],
  withoutEffect: { proximity: ["it is for subsets, of which there are none", 1] },
  unsupported: {
    load_balancer_endpoints: "use lb_endpoints",
    leds_cluster_locality_config: "there is no control plane: use lb_endpoints",
  },
} as const satisfies MessageShape<string>;

export const LB_ENDPOINT = {
  name: "LbEndpoint",
  fields: ["endpoint", "health_status", "load_balancing_weight", "metadata"],
  unsupported: { endpoint_name: "use endpoint" },
} as const satisfies MessageShape<string>;

export const ENDPOINT = {
  name: "Endpoint",
  fields: ["address", "additional_addresses", "hostname"],
  withoutEffect: { health_check_config: [HEALTH, { port_value: 80 }] },
} as const satisfies MessageShape<string>;

export const ENDPOINT_ADDRESS = {
  name: "AdditionalAddress",
  fields: ["address"],
} as const satisfies MessageShape<string>;

export const BIND_CONFIG = {
  name: "BindConfig",
  fields: ["source_address", "socket_options"],
  withoutEffect: { freebind: ["addresses that the machine has not yet: dialling from one fails", true] },
  unsupported: {
    extra_source_addresses: "one source address is used",
    additional_source_addresses: "one source address is used",
    local_address_selector: "one source address is used",
  },
} as const satisfies MessageShape<string>;

export const UPSTREAM_HTTP = {
  name: "UpstreamHttpProtocolOptions",
  fields: ["auto_sni", "auto_san_validation"],
  unsupported: { override_auto_sni_header: "auto_sni takes the host: leave it out" },
} as const satisfies MessageShape<string>;

export const POOL_OPTIONS = {
  name: "HttpProtocolOptions of a cluster",
  fields: ["idle_timeout", "max_requests_per_connection", "max_headers_count", "max_response_headers_kb"],
  withoutEffect: { max_connection_duration: ["connections that are kept for later requests", "600s"] },
  unsupported: {
    max_stream_duration: "use max_stream_duration of the route",
    headers_with_underscores_action: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const CLUSTER_HTTP_OPTIONS = {
  name: "HttpProtocolOptions",
  fields: [
    "explicit_http_config",
    "use_downstream_protocol_config",
    "auto_config",
    "upstream_http_protocol_options",
    "common_http_protocol_options",
  ],
  labels: ["@type"],
  unsupported: {
    http_filters: "there are no filters of upstream requests: leave it out",
    header_validation_config: "leave it out",
    outlier_detection: "endpoints are not ejected: leave it out",
    retry_policy: "requests are not tried again: leave it out",
    request_mirror_policies: "requests are not mirrored: leave it out",
    hash_policy: "endpoints are not chosen by a hash: leave it out",
  },
} as const satisfies MessageShape<string>;

export const EXPLICIT_HTTP = {
  name: "ExplicitHttpConfig",
  fields: ["http_protocol_options", "http2_protocol_options"],
  unsupported: { http3_protocol_options: "Tapline speaks TCP" },
} as const satisfies MessageShape<string>;

export const BOTH_HTTP = {
  name: "AutoHttpConfig",
  fields: ["http_protocol_options", "http2_protocol_options"],
  withoutEffect: { alternate_protocols_cache_options: ["HTTP/3, which is not spoken", { name: "x" }] },
  unsupported: { http3_protocol_options: "Tapline speaks TCP" },
} as const satisfies MessageShape<string>;
