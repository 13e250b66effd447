import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { CIRCUIT, STATISTICS, TRACING } from "./reasons.ts";

const NO_RETRIES = "requests are not tried again: leave it out";
const NO_MIRRORS = "requests are not mirrored: leave it out";
const NO_HASH = "endpoints are not chosen by a hash: leave it out";
const NO_LIMITS = "requests are not limited in their rate: leave it out";
const NO_HEDGING = "requests are sent once: leave it out";
const NO_PLUGINS = "there are no plugins: name a cluster";
const NO_REGEX_REWRITE = "use prefix_rewrite";
const NO_UPGRADE_FILTERS = "the filters of the manager see what is upgraded: leave it out";
const EDITS = [
  "request_headers_to_add",
  "request_headers_to_remove",
  "response_headers_to_add",
  "response_headers_to_remove",
] as const;
const BUFFERS: readonly [string, unknown] = ["what retries and mirrors would keep: there are none", 65536];

export const ROUTES = {
  name: "RouteConfiguration",
  fields: [
    ...EDITS,
    "virtual_hosts",
    "most_specific_header_mutations_wins",
    "validate_clusters",
    "ignore_port_in_host_matching",
    "typed_per_filter_config",
    "max_direct_response_body_size_bytes",
  ],
  labels: ["name", "metadata"],
  unsupported: {
    vhds: "there is no control plane: use virtual_hosts",
    internal_only_headers: "leave it out",
    cluster_specifier_plugins: NO_PLUGINS,
    request_mirror_policies: NO_MIRRORS,
    vhost_header: "virtual hosts are chosen by the host: leave it out",
    ignore_path_parameters_in_path_matching: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const VIRTUAL_HOST = {
  name: "VirtualHost",
  fields: [...EDITS, "domains", "routes", "require_tls", "typed_per_filter_config"],
  labels: ["name", "metadata"],
  withoutEffect: {
    virtual_clusters: [STATISTICS, [{ name: "x", headers: [{ name: ":path", string_match: { exact: "/" } }] }]],
    per_request_buffer_limit_bytes: BUFFERS,
    request_body_buffer_limit: BUFFERS,
    include_is_timeout_retry_header: ["headers of requests that are tried again: none is", true],
  },
  unsupported: {
    matcher: "use routes",
    rate_limits: NO_LIMITS,
    cors: "preflight requests are not answered: leave it out",
    include_request_attempt_count: "attempts are not counted: leave it out",
    include_attempt_count_in_response: "attempts are not counted: leave it out",
    retry_policy: NO_RETRIES,
    retry_policy_typed_config: NO_RETRIES,
    hedge_policy: NO_HEDGING,
    request_mirror_policies: NO_MIRRORS,
  },
} as const satisfies MessageShape<string>;

export const ROUTE = {
  name: "Route",
  fields: [...EDITS, "match", "route", "redirect", "direct_response", "typed_per_filter_config"],
  labels: ["name", "metadata", "stat_prefix"],
  withoutEffect: {
    decorator: [TRACING, { operation: "x" }],
    tracing: [TRACING, { random_sampling: { numerator: 1 } }],
    per_request_buffer_limit_bytes: BUFFERS,
    request_body_buffer_limit: BUFFERS,
  },
  unsupported: {
    filter_action: "use route, redirect or direct_response",
    non_forwarding_action: "use route, redirect or direct_response",
  },
} as const satisfies MessageShape<string>;

export const ROUTE_MATCH = {
  name: "RouteMatch",
  fields: [
    "prefix",
    "path",
    "safe_regex",
    "path_separated_prefix",
    "connect_matcher",
    "case_sensitive",
    "headers",
    "query_parameters",
    "grpc",
    "runtime_fraction",
  ],
  unsupported: {
    path_match_policy: "use prefix, path, safe_regex or path_separated_prefix",
    cookies: "use headers, with the name cookie",
    tls_context: "use a filter chain of its own",
    dynamic_metadata: "nothing here has metadata: leave it out",
    filter_state: "nothing here has filter state: leave it out",
  },
} as const satisfies MessageShape<string>;

export const QUERY_MATCHER = {
  name: "QueryParameterMatcher",
  fields: ["name", "string_match", "present_match"],
} as const satisfies MessageShape<string>;

export const ROUTE_ACTION = {
  name: "RouteAction",
  fields: [
    "cluster",
    "cluster_header",
    "weighted_clusters",
    "cluster_not_found_response_code",
    "prefix_rewrite",
    "host_rewrite_literal",
    "host_rewrite",
    "auto_host_rewrite",
    "host_rewrite_header",
    "append_x_forwarded_host",
    "timeout",
    "idle_timeout",
    "max_stream_duration",
    "upgrade_configs",
  ],
  withoutEffect: {
    priority: [CIRCUIT, "HIGH"],
    flush_timeout: ["how long what was answered may take to be sent: as the stream's idle timeout", "5s"],
    early_data_policy: ["early data of TLS, which is not taken", { name: "x" }],
    include_vh_rate_limits: ["limits of the virtual host, of which there are none", true],
  },
  unsupported: {
    cluster_specifier_plugin: NO_PLUGINS,
    inline_cluster_specifier_plugin: NO_PLUGINS,
    metadata_match: "there are no subsets of endpoints: name a cluster of those that are meant",
    regex_rewrite: NO_REGEX_REWRITE,
    path_rewrite_policy: NO_REGEX_REWRITE,
    path_rewrite: NO_REGEX_REWRITE,
    host_rewrite_path_regex: "use host_rewrite_literal",
    retry_policy: NO_RETRIES,
    retry_policy_typed_config: NO_RETRIES,
    request_mirror_policies: NO_MIRRORS,
    rate_limits: NO_LIMITS,
    hash_policy: NO_HASH,
    cors: "preflight requests are not answered: leave it out",
    max_grpc_timeout: "use max_stream_duration, or timeout",
    grpc_timeout_offset: "use max_stream_duration, or timeout",
    internal_redirect_policy: "redirects go to the client: leave it out",
    internal_redirect_action: "redirects go to the client: leave it out",
    max_internal_redirects: "redirects go to the client: leave it out",
    hedge_policy: NO_HEDGING,
  },
} as const satisfies MessageShape<string>;

export const MAX_STREAM_DURATION = {
  name: "MaxStreamDuration",
  fields: ["max_stream_duration"],
  unsupported: {
    grpc_timeout_header_max: "grpc-timeout is left to the endpoint: leave it out",
    grpc_timeout_header_offset: "grpc-timeout is left to the endpoint: leave it out",
  },
} as const satisfies MessageShape<string>;

export const WEIGHTED_CLUSTER = {
  name: "WeightedCluster",
  fields: ["clusters", "total_weight"],
  withoutEffect: { runtime_key_prefix: ["Envoy's runtime, which no feature here asks", "x"] },
  unsupported: { header_name: "weights are taken by chance: leave it out", use_hash_policy: NO_HASH },
} as const satisfies MessageShape<string>;

export const CLUSTER_WEIGHT = {
  name: "ClusterWeight",
  fields: [...EDITS, "name", "weight", "typed_per_filter_config", "host_rewrite_literal"],
  unsupported: {
    cluster_header: "use cluster_header of the route",
    metadata_match: "there are no subsets of endpoints: name a cluster of those that are meant",
  },
} as const satisfies MessageShape<string>;

export const REDIRECT = {
  name: "RedirectAction",
  fields: [
    "https_redirect",
    "scheme_redirect",
    "host_redirect",
    "port_redirect",
    "path_redirect",
    "prefix_rewrite",
    "response_code",
    "strip_query",
  ],
  unsupported: { regex_rewrite: NO_REGEX_REWRITE },
} as const satisfies MessageShape<string>;

export const DIRECT_RESPONSE = {
  name: "DirectResponseAction",
  fields: ["status", "body"],
  unsupported: { body_format: "use body" },
} as const satisfies MessageShape<string>;

export const HEADER_VALUE_OPTION = {
  name: "HeaderValueOption",
  fields: ["header", "append", "append_action", "keep_empty_value"],
} as const satisfies MessageShape<string>;

export const HEADER_VALUE = {
  name: "HeaderValue",
  fields: ["key", "value"],
  unsupported: { raw_value: "Envoy does not send it here: use value" },
} as const satisfies MessageShape<string>;

export const UPGRADE = {
  name: "UpgradeConfig",
  fields: ["upgrade_type", "enabled"],
  unsupported: {
    connect_config: "it stands in the upgrade_configs of a route",
    filters: NO_UPGRADE_FILTERS,
  },
} as const satisfies MessageShape<string>;

export const ROUTE_UPGRADE = {
  name: "UpgradeConfig of a route",
  fields: ["upgrade_type", "enabled", "connect_config"],
} as const satisfies MessageShape<string>;

export const CONNECT_MATCHER = { name: "ConnectMatcher", fields: [] } as const satisfies MessageShape<string>;

export const CONNECT_CONFIG = {
  name: "ConnectConfig",
  fields: [],
  unsupported: {
    proxy_protocol_config: "use envoy.transport_sockets.upstream_proxy_protocol in the cluster",
    allow_post: "only CONNECT opens a tunnel: leave it out",
  },
} as const satisfies MessageShape<string>;

export const FILTER_CONFIG = {
  name: "FilterConfig",
  fields: ["disabled", "config"],
  labels: ["@type", "is_optional"],
} as const satisfies MessageShape<string>;
