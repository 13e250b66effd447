import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { ACCESS_LOG, TRACING } from "./reasons.ts";

const VERBATIM = "Tapline forwards bytes verbatim: leave it out";
const ANEW = "how Envoy writes messages anew: here nothing is";
export const NOT_ROUTED = "Tapline taps and does not route: expected one route, of every request to one cluster";

export const CONNECTION_MANAGER = {
  name: "HttpConnectionManager",
  fields: ["stat_prefix", "route_config", "http_filters", "codec_type", "common_http_protocol_options"],
  withoutEffect: {
    http_protocol_options: [ANEW, { accept_http_10: true }],
    http2_protocol_options: [ANEW, { max_concurrent_streams: 100 }],
    generate_request_id: [ANEW, true],
    always_set_request_id_in_response: [ANEW, true],
    tracing: [TRACING, {}],
    access_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    access_log_options: [ACCESS_LOG, { flush_access_log_on_new_request: true }],
    access_log_flush_interval: [ACCESS_LOG, "1s"],
    flush_access_log_on_new_request: [ACCESS_LOG, true],
    drain_timeout: ["draining: use --drain-time", "5s"],
  },
  unsupported: {
    rds: "use route_config",
    scoped_routes: "use route_config",
    add_user_agent: VERBATIM,
    server_name: VERBATIM,
    server_header_transformation: VERBATIM,
    scheme_header_transformation: VERBATIM,
    max_request_headers_kb: "",
    stream_idle_timeout: "",
    stream_flush_timeout: "",
    request_timeout: "",
    request_headers_timeout: "",
    delayed_close_timeout: "",
    use_remote_address: VERBATIM,
    xff_num_trusted_hops: VERBATIM,
    original_ip_detection_extensions: "",
    early_header_mutation_extensions: VERBATIM,
    internal_address_config: "",
    skip_xff_append: VERBATIM,
    via: VERBATIM,
    preserve_external_request_id: VERBATIM,
    forward_client_cert_details: VERBATIM,
    set_current_client_cert_details: VERBATIM,
    proxy_100_continue: VERBATIM,
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: "",
    upgrade_configs: "upgrades are forwarded as they come: leave it out",
    normalize_path: VERBATIM,
    merge_slashes: VERBATIM,
    path_with_escaped_slashes_action: VERBATIM,
    request_id_extension: VERBATIM,
    local_reply_config: "",
    strip_matching_host_port: VERBATIM,
    strip_any_host_port: VERBATIM,
    stream_error_on_invalid_http_message: VERBATIM,
    path_normalization_options: VERBATIM,
    strip_trailing_host_dot: VERBATIM,
    proxy_status_config: VERBATIM,
    typed_header_validation_config: "",
    append_x_forwarded_port: VERBATIM,
    append_local_overload: VERBATIM,
    add_proxy_protocol_connection_state: "",
    http3_protocol_options: "",
    idle_timeout: "use common_http_protocol_options.idle_timeout",
  },
} as const satisfies MessageShape<string>;

export const PROTOCOL_OPTIONS = {
  name: "HttpProtocolOptions",
  fields: ["idle_timeout"],
  unsupported: {
    max_connection_duration: "",
    max_headers_count: "",
    max_stream_duration: "",
    headers_with_underscores_action: VERBATIM,
    max_requests_per_connection: "",
  },
} as const satisfies MessageShape<string>;

export const ROUTES = {
  name: "RouteConfiguration",
  fields: ["virtual_hosts"],
  labels: ["name", "metadata"],
  unsupported: {},
} as const satisfies MessageShape<string>;
export const VIRTUAL_HOST = {
  name: "VirtualHost",
  fields: ["domains", "routes"],
  labels: ["name", "metadata"],
  unsupported: { require_tls: NOT_ROUTED },
} as const satisfies MessageShape<string>;
export const ROUTE = {
  name: "Route",
  fields: ["match", "route"],
  labels: ["name", "metadata"],
  withoutEffect: { decorator: [TRACING, { operation: "x" }] },
  unsupported: {
    redirect: NOT_ROUTED,
    direct_response: NOT_ROUTED,
    filter_action: "",
    typed_per_filter_config: "",
  },
} as const satisfies MessageShape<string>;
export const ROUTE_MATCH = {
  name: "RouteMatch",
  fields: ["prefix"],
  unsupported: {
    path: NOT_ROUTED,
    safe_regex: NOT_ROUTED,
    headers: NOT_ROUTED,
    query_parameters: NOT_ROUTED,
    grpc: NOT_ROUTED,
    runtime_fraction: NOT_ROUTED,
  },
} as const satisfies MessageShape<string>;
export const ROUTE_ACTION = {
  name: "RouteAction",
  fields: ["cluster"],
  unsupported: {
    cluster_header: NOT_ROUTED,
    weighted_clusters: NOT_ROUTED,
    prefix_rewrite: VERBATIM,
    regex_rewrite: VERBATIM,
    host_rewrite: VERBATIM,
    host_rewrite_literal: VERBATIM,
    auto_host_rewrite: VERBATIM,
    timeout: "there are no timeouts of requests: 0s says so",
    idle_timeout: "",
    retry_policy: "",
    request_mirror_policies: "",
    hash_policy: "",
    rate_limits: "",
    cors: "",
    max_stream_duration: "",
  },
} as const satisfies MessageShape<string>;
