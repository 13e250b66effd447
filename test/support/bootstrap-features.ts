/** Fragments of Envoy's bootstraps by the labels of what they try, each put into one sample. */

type Json = { [key: string]: any };

export type FeatureClass = "used" | "without-effect" | "refused";

export interface BootstrapFeature {
  readonly group: string;
  readonly label: string;
  readonly expected: FeatureClass;
  readonly change: (parts: SampleParts) => void;
}

/** The sample, and its parts that fragments are put into. */
export interface SampleParts {
  readonly bootstrap: Json;
  readonly listener: Json;
  readonly chain: Json;
  readonly manager: Json;
  readonly routes: Json;
  readonly host: Json;
  readonly route: Json;
  readonly cluster: Json;
}

export const TYPE = "type.googleapis.com/envoy.extensions";
const typed = (name: string, type: string, more: Json = {}): Json => ({
  name,
  typed_config: { "@type": `${TYPE}.${type}`, ...more },
});
const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
const endpoint = (port: number, more: Json = {}) => ({ endpoint: { address: address(port) }, ...more });

export function sample(certificates: {
  certificate: string;
  key: string;
  authority: string;
}): SampleParts & { readonly tls: (more?: Json) => Json; readonly upstreamTls: (more?: Json) => Json } {
  const route: Json = { match: { prefix: "/" }, route: { cluster: "back" } };
  const host: Json = { name: "v", domains: ["*"], routes: [route] };
  const routes: Json = { name: "r", virtual_hosts: [host] };
  const manager: Json = {
    "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "h",
    route_config: routes,
    http_filters: [typed("envoy.filters.http.router", "filters.http.router.v3.Router")],
  };
  const chain: Json = { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] };
  const listener: Json = { name: "front", address: address(0), filter_chains: [chain] };
  const cluster: Json = {
    name: "back",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: "back", endpoints: [{ lb_endpoints: [endpoint(9)] }] },
  };
  const other: Json = { ...structuredClone(cluster), name: "other" };
  const bootstrap: Json = {
    admin: { address: address(0) },
    static_resources: { listeners: [listener], clusters: [cluster, other] },
  };
  const pair = {
    certificate_chain: { filename: certificates.certificate },
    private_key: { filename: certificates.key },
  };
  return {
    bootstrap,
    listener,
    chain,
    manager,
    routes,
    host,
    route,
    cluster,
    tls: (more = {}) =>
      typed("tls", "transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: { tls_certificates: [pair], ...more["common"] },
        ...more["outer"],
      }),
    upstreamTls: (more = {}) => typed("tls", "transport_sockets.tls.v3.UpstreamTlsContext", more),
  };
}

const features: BootstrapFeature[] = [];
const add = (group: string, label: string, expected: FeatureClass, change: (parts: any) => void) =>
  features.push({ group, label, expected, change });

const LOG = (name = "stdout") => [
  name === "stdout"
    ? typed("envoy.access_loggers.stdout", "access_loggers.stream.v3.StdoutAccessLog")
    : typed("envoy.access_loggers.file", "access_loggers.file.v3.FileAccessLog", { path: "/dev/null" }),
];
const filter = (name: string, message: string, more: Json = {}, version = "v3") =>
  typed(`envoy.filters.http.${name}`, `filters.http.${name}.${version}.${message}`, more);
const before =
  (one: Json) =>
  ({ manager }: SampleParts) =>
    void manager["http_filters"].unshift(one);
const TAP = (more: Json = {}) => ({
  ...filter("tap", "Tap", { common_config: { admin_config: { config_id: "one" } } }),
  ...more,
});
const tcp =
  (more: Json) =>
  ({ chain }: SampleParts) => {
    chain["filters"] = [typed("tcp", "filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: "t", ...more })];
  };
const set = (part: keyof SampleParts, more: Json) => (parts: SampleParts) => void Object.assign(parts[part], more);
const action =
  (more: Json) =>
  ({ route }: SampleParts) =>
    void Object.assign(route["route"], more);

add("base", "base", "used", () => {});

add("route", "2 prefix routes, 2 clusters", "used", ({ host }) =>
  host.routes.unshift({ match: { prefix: "/api" }, route: { cluster: "other" } }),
);
add("route", "2 routes, same cluster", "used", ({ host }) =>
  host.routes.unshift({ match: { prefix: "/api" }, route: { cluster: "back" } }),
);
add("route", "2 virtual_hosts by domain", "used", ({ routes }) =>
  routes.virtual_hosts.push({
    name: "w",
    domains: ["svc.local"],
    routes: [{ match: { prefix: "/" }, route: { cluster: "other" } }],
  }),
);
add(
  "route",
  'domains: ["svc.local","svc.local:*"] one vhost',
  "used",
  set("host", { domains: ["svc.local", "svc.local:*"] }),
);
add("route", "exact path match", "used", set("route", { match: { path: "/x" } }));
add("route", "prefix /api single", "used", set("route", { match: { prefix: "/api" } }));
add(
  "route",
  "match headers",
  "used",
  set("route", { match: { prefix: "/", headers: [{ name: "x-a", string_match: { exact: "b" } }] } }),
);
add("route", "route.timeout 0s", "used", action({ timeout: "0s" }));
add("route", "route.timeout 30s", "used", action({ timeout: "30s" }));
add("route", "route.idle_timeout", "used", action({ idle_timeout: "10s" }));
add("route", "route.max_stream_duration", "used", action({ max_stream_duration: { max_stream_duration: "30s" } }));
add("route", "retry_policy", "refused", action({ retry_policy: { retry_on: "5xx", num_retries: 2 } }));
add("route", "host_rewrite_literal", "used", action({ host_rewrite_literal: "x" }));
add("route", "auto_host_rewrite", "used", (parts) => {
  action({ auto_host_rewrite: true })(parts);
  parts.cluster.type = "STRICT_DNS";
});
add("route", "prefix_rewrite", "used", action({ prefix_rewrite: "/v2" }));
add("route", "weighted_clusters", "used", ({ route }) => {
  route.route = {
    weighted_clusters: {
      clusters: [
        { name: "back", weight: 1 },
        { name: "other", weight: 3 },
      ],
    },
  };
});
add("route", "redirect", "used", ({ route }) => {
  delete route.route;
  route.redirect = { https_redirect: true };
});
add("route", "direct_response", "used", ({ route }) => {
  delete route.route;
  route.direct_response = { status: 200, body: { inline_string: "ok" } };
});
add(
  "route",
  "request_headers_to_add",
  "used",
  set("route", { request_headers_to_add: [{ header: { key: "x-a", value: "b" } }] }),
);
add(
  "route",
  "response_headers_to_add (route_config)",
  "used",
  set("routes", { response_headers_to_add: [{ header: { key: "x-a", value: "b" } }] }),
);
add(
  "route",
  "typed_per_filter_config cors",
  "without-effect",
  set("host", {
    typed_per_filter_config: { "envoy.filters.http.cors": { "@type": `${TYPE}.filters.http.cors.v3.CorsPolicy` } },
  }),
);
add("route", "validate_clusters", "used", set("routes", { validate_clusters: true }));
add("route", "route name + decorator", "without-effect", set("route", { name: "n", decorator: { operation: "op" } }));
add("route", "upgrade_configs websocket", "used", set("manager", { upgrade_configs: [{ upgrade_type: "websocket" }] }));

add("hcm", "access_log stdout", "without-effect", set("manager", { access_log: LOG() }));
add("hcm", "access_log file", "without-effect", set("manager", { access_log: LOG("file") }));
add("hcm", "use_remote_address", "used", set("manager", { use_remote_address: true }));
add("hcm", "xff_num_trusted_hops", "used", set("manager", { use_remote_address: true, xff_num_trusted_hops: 1 }));
add("hcm", "server_name", "used", set("manager", { server_name: "mine" }));
add("hcm", "tracing zipkin-less", "without-effect", set("manager", { tracing: {} }));
add("hcm", "stream_idle_timeout 0s", "used", set("manager", { stream_idle_timeout: "0s" }));
add("hcm", "stream_idle_timeout 300s", "used", set("manager", { stream_idle_timeout: "300s" }));
add("hcm", "request_timeout", "used", set("manager", { request_timeout: "30s" }));
add("hcm", "codec_type AUTO", "used", set("manager", { codec_type: "AUTO" }));
add(
  "hcm",
  "http2_protocol_options",
  "used",
  set("manager", { http2_protocol_options: { max_concurrent_streams: 100 } }),
);
add(
  "hcm",
  "common_http_protocol_options full",
  "used",
  set("manager", {
    common_http_protocol_options: {
      idle_timeout: "60s",
      max_connection_duration: "600s",
      max_headers_count: 50,
      max_stream_duration: "60s",
      headers_with_underscores_action: "REJECT_REQUEST",
    },
  }),
);
add("hcm", "normalize_path/merge_slashes", "used", set("manager", { normalize_path: true, merge_slashes: true }));
add("hcm", "strip_any_host_port", "used", set("manager", { strip_any_host_port: true }));
add("hcm", "generate_request_id false", "used", set("manager", { generate_request_id: false }));
add("hcm", "preserve_external_request_id", "used", set("manager", { preserve_external_request_id: true }));
add("hcm", "forward_client_cert_details", "used", set("manager", { forward_client_cert_details: "SANITIZE" }));
add("hcm", "server_header_transformation", "used", set("manager", { server_header_transformation: "PASS_THROUGH" }));
add(
  "hcm",
  "http_protocol_options.accept_http_10",
  "used",
  set("manager", { http_protocol_options: { accept_http_10: true } }),
);
add(
  "hcm",
  "path_with_escaped_slashes_action",
  "used",
  set("manager", { path_with_escaped_slashes_action: "UNESCAPE_AND_FORWARD" }),
);
add(
  "hcm",
  "local_reply_config",
  "refused",
  set("manager", { local_reply_config: { body_format: { text_format_source: { inline_string: "x" } } } }),
);
add(
  "hcm",
  "internal_address_config",
  "used",
  set("manager", { internal_address_config: { cidr_ranges: [{ address_prefix: "10.0.0.0", prefix_len: 8 }] } }),
);
add("hcm", "max_request_headers_kb", "used", set("manager", { max_request_headers_kb: 96 }));
add("hcm", "codec HTTP1 + via", "used", set("manager", { codec_type: "HTTP1", via: "v" }));

add(
  "http_filter",
  "lua",
  "refused",
  before(filter("lua", "Lua", { default_source_code: { inline_string: "function envoy_on_request(h) end" } })),
);
add("http_filter", "cors", "without-effect", before(filter("cors", "Cors")));
add(
  "http_filter",
  "local_ratelimit",
  "without-effect",
  before(
    filter("local_ratelimit", "LocalRateLimit", {
      stat_prefix: "l",
      token_bucket: { max_tokens: 10, fill_interval: "1s" },
    }),
  ),
);
add(
  "http_filter",
  "health_check",
  "refused",
  before(
    filter("health_check", "HealthCheck", {
      pass_through_mode: false,
      headers: [{ name: ":path", string_match: { exact: "/healthz" } }],
    }),
  ),
);
add(
  "http_filter",
  "fault",
  "refused",
  before(filter("fault", "HTTPFault", { abort: { http_status: 503, percentage: { numerator: 1 } } })),
);
add("http_filter", "grpc_web", "refused", before(filter("grpc_web", "GrpcWeb")));
add(
  "http_filter",
  "compressor",
  "refused",
  before(
    filter("compressor", "Compressor", { compressor_library: typed("gzip", "compression.gzip.compressor.v3.Gzip") }),
  ),
);
add("http_filter", "buffer", "refused", before(filter("buffer", "Buffer", { max_request_bytes: 1024 })));
add(
  "http_filter",
  "grpc_stats",
  "without-effect",
  before(filter("grpc_stats", "FilterConfig", { emit_filter_state: true })),
);
add(
  "http_filter",
  "rbac",
  "refused",
  before(
    filter("rbac", "RBAC", {
      rules: { action: "ALLOW", policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } },
    }),
  ),
);
add("http_filter", "jwt_authn", "refused", before(filter("jwt_authn", "JwtAuthentication")));
add(
  "http_filter",
  "ext_authz",
  "refused",
  before(
    filter("ext_authz", "ExtAuthz", {
      http_service: { server_uri: { uri: "http://127.0.0.1", cluster: "other", timeout: "1s" } },
    }),
  ),
);
add("http_filter", "tap disabled: true", "used", before(TAP({ disabled: true })));
add(
  "http_filter",
  "router start_child_span",
  "without-effect",
  ({ manager }) => void Object.assign(manager.http_filters[0].typed_config, { start_child_span: true }),
);
add("http_filter", "two taps w/ same config id", "used", (parts) => {
  before(TAP())(parts);
  before(TAP({ name: "second" }))(parts);
});

add("listener", "2 listeners", "used", ({ bootstrap, listener }) =>
  bootstrap.static_resources.listeners.push({ ...structuredClone(listener), name: "second" }),
);
add(
  "listener",
  "address 0.0.0.0 + protocol TCP",
  "used",
  set("listener", { address: { socket_address: { protocol: "TCP", address: "0.0.0.0", port_value: 0 } } }),
);
add("listener", "additional_addresses", "used", set("listener", { additional_addresses: [{ address: address(0) }] }));
const inspector = (name: string, type: string) => ({ listener_filters: [typed(name, type)] });
const TLS_INSPECTOR = inspector(
  "envoy.filters.listener.tls_inspector",
  "filters.listener.tls_inspector.v3.TlsInspector",
);
add("listener", "tls_inspector", "used", set("listener", TLS_INSPECTOR));
add(
  "listener",
  "http_inspector",
  "used",
  set(
    "listener",
    inspector("envoy.filters.listener.http_inspector", "filters.listener.http_inspector.v3.HttpInspector"),
  ),
);
add(
  "listener",
  "original_dst + use_original_dst",
  "refused",
  set("listener", {
    use_original_dst: true,
    ...inspector("envoy.filters.listener.original_dst", "filters.listener.original_dst.v3.OriginalDst"),
  }),
);
add(
  "listener",
  "proxy_protocol",
  "used",
  set(
    "listener",
    inspector("envoy.filters.listener.proxy_protocol", "filters.listener.proxy_protocol.v3.ProxyProtocol"),
  ),
);
add("listener", "2 filter chains by server_names", "used", ({ listener, chain, tls }) => {
  Object.assign(listener, TLS_INSPECTOR);
  const second = structuredClone(chain);
  Object.assign(chain, { filter_chain_match: { server_names: ["a.example"] }, transport_socket: tls() });
  Object.assign(second, { filter_chain_match: { server_names: ["b.example"] }, transport_socket: tls() });
  listener.filter_chains.push(second);
});
add("listener", "1 filter chain w/ server_names", "used", ({ listener, chain, tls }) => {
  Object.assign(listener, TLS_INSPECTOR);
  Object.assign(chain, { filter_chain_match: { server_names: ["a.example"] }, transport_socket: tls() });
});
add(
  "listener",
  "filter_chain_match transport_protocol raw_buffer",
  "used",
  set("chain", { filter_chain_match: { transport_protocol: "raw_buffer" } }),
);
add("listener", "default_filter_chain", "used", ({ listener, chain }) => {
  listener.default_filter_chain = structuredClone(chain);
  chain.filter_chain_match = { destination_port: 1 };
});
add(
  "listener",
  "traffic_direction+drain_type",
  "without-effect",
  set("listener", { traffic_direction: "INBOUND", drain_type: "MODIFY_ONLY" }),
);
add("listener", "access_log", "without-effect", set("listener", { access_log: LOG() }));
add("listener", "reuse_port/enable_reuse_port", "without-effect", set("listener", { enable_reuse_port: true }));
add(
  "listener",
  "socket_options",
  "without-effect",
  set("listener", { socket_options: [{ level: 1, name: 9, int_value: 1, state: "STATE_PREBIND" }] }),
);
add("listener", "bind_to_port false", "refused", set("listener", { bind_to_port: false }));
add(
  "listener",
  "connection_balance_config exact",
  "without-effect",
  set("listener", { connection_balance_config: { exact_balance: {} } }),
);
add(
  "listener",
  "per_connection_buffer_limit_bytes",
  "used",
  set("listener", { per_connection_buffer_limit_bytes: 32768 }),
);
add("listener", "stat_prefix", "used", set("listener", { stat_prefix: "x" }));
add("listener", "transparent/freebind", "without-effect", set("listener", { freebind: true }));
add("listener", "tcp_fast_open", "without-effect", set("listener", { tcp_fast_open_queue_length: 5 }));
add("listener", "network rbac before hcm", "refused", ({ chain }) =>
  chain.filters.unshift(
    typed("envoy.filters.network.rbac", "filters.network.rbac.v3.RBAC", {
      stat_prefix: "r",
      rules: { action: "ALLOW", policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } },
    }),
  ),
);
add("listener", "network connection_limit", "used", ({ chain }) =>
  chain.filters.unshift(
    typed("envoy.filters.network.connection_limit", "filters.network.connection_limit.v3.ConnectionLimit", {
      stat_prefix: "c",
      max_connections: 100,
    }),
  ),
);

add("tcp", "tcp_proxy access_log", "without-effect", tcp({ cluster: "back", access_log: LOG() }));
add(
  "tcp",
  "tcp_proxy weighted",
  "used",
  tcp({
    weighted_clusters: {
      clusters: [
        { name: "back", weight: 1 },
        { name: "other", weight: 1 },
      ],
    },
  }),
);
add(
  "tcp",
  "tcp_proxy max_downstream_connection_duration",
  "used",
  tcp({ cluster: "back", max_downstream_connection_duration: "60s" }),
);
add("tcp", "mysql/redis filter (redis_proxy)", "refused", ({ chain }) => {
  chain.filters = [
    typed("envoy.filters.network.redis_proxy", "filters.network.redis_proxy.v3.RedisProxy", {
      stat_prefix: "r",
      settings: { op_timeout: "1s" },
      prefix_routes: { catch_all_route: { cluster: "back" } },
    }),
  ];
});

add("cluster", "2 clusters, one unused", "used", () => {});
add("cluster", "STRICT_DNS localhost", "used", ({ cluster }) => {
  cluster.type = "STRICT_DNS";
  cluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address = "localhost";
});
add("cluster", "LOGICAL_DNS", "used", ({ cluster }) => {
  cluster.type = "LOGICAL_DNS";
  cluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address = "localhost";
});
for (const policy of ["LEAST_REQUEST", "RANDOM", "RING_HASH"])
  add("cluster", `lb ${policy}`, "used", set("cluster", { lb_policy: policy }));
add(
  "cluster",
  "health_checks",
  "refused",
  set("cluster", {
    health_checks: [
      { timeout: "1s", interval: "5s", unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} },
    ],
  }),
);
add(
  "cluster",
  "circuit_breakers",
  "without-effect",
  set("cluster", { circuit_breakers: { thresholds: [{ max_connections: 10 }] } }),
);
add("cluster", "outlier_detection", "refused", set("cluster", { outlier_detection: { consecutive_5xx: 3 } }));
add("cluster", "http2_protocol_options (v3 deprecated)", "used", set("cluster", { http2_protocol_options: {} }));
const upstreamHttp = (more: Json) => ({
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
      ...more,
    },
  },
});
add(
  "cluster",
  "typed_extension_protocol_options h2",
  "used",
  set("cluster", upstreamHttp({ explicit_http_config: { http2_protocol_options: {} } })),
);
add("cluster", "ORIGINAL_DST", "refused", ({ cluster }) => {
  cluster.type = "ORIGINAL_DST";
  cluster.lb_policy = "CLUSTER_PROVIDED";
  delete cluster.load_assignment;
});
add(
  "cluster",
  "dns_refresh_rate/respect_dns_ttl",
  "without-effect",
  set("cluster", { type: "STRICT_DNS", dns_refresh_rate: "30s", respect_dns_ttl: true }),
);
add(
  "cluster",
  "upstream_connection_options keepalive",
  "without-effect",
  set("cluster", { upstream_connection_options: { tcp_keepalive: { keepalive_time: 30 } } }),
);
add(
  "cluster",
  "tls upstream",
  "used",
  ({ cluster, upstreamTls }) => void Object.assign(cluster, { transport_socket: upstreamTls({ sni: "x" }) }),
);
add(
  "cluster",
  "tls upstream auto_sni",
  "used",
  ({ cluster, upstreamTls }) =>
    void Object.assign(
      cluster,
      upstreamHttp({
        upstream_http_protocol_options: { auto_sni: true },
        explicit_http_config: { http_protocol_options: {} },
      }),
      { transport_socket: upstreamTls() },
    ),
);
add(
  "cluster",
  "transport_socket_matches",
  "refused",
  ({ cluster, upstreamTls }) =>
    void Object.assign(cluster, {
      transport_socket_matches: [{ name: "m", match: {}, transport_socket: upstreamTls() }],
    }),
);
add("cluster", "priority 1 locality", "used", ({ cluster }) =>
  cluster.load_assignment.endpoints.push({ priority: 1, lb_endpoints: [endpoint(10)] }),
);
add("cluster", "weights differ", "used", ({ cluster }) => {
  cluster.load_assignment.endpoints[0].lb_endpoints = [
    endpoint(9, { load_balancing_weight: 1 }),
    endpoint(10, { load_balancing_weight: 3 }),
  ];
});
add(
  "cluster",
  "common_lb_config",
  "used",
  set("cluster", { common_lb_config: { healthy_panic_threshold: { value: 30 } } }),
);
add("cluster", "max_requests_per_connection", "used", set("cluster", { max_requests_per_connection: 100 }));
add(
  "cluster",
  "typed_dns_resolver_config",
  "without-effect",
  set("cluster", {
    type: "STRICT_DNS",
    typed_dns_resolver_config: typed(
      "envoy.network.dns_resolver.cares",
      "network.dns_resolver.cares.v3.CaresDnsResolverConfig",
    ),
  }),
);
add(
  "cluster",
  "load_assignment.policy overprovisioning",
  "used",
  ({ cluster }) => void Object.assign(cluster.load_assignment, { policy: { overprovisioning_factor: 120 } }),
);
add(
  "cluster",
  "ignore_health_on_host_removal",
  "without-effect",
  set("cluster", { ignore_health_on_host_removal: true }),
);
add(
  "cluster",
  "upstream_bind_config",
  "used",
  set("cluster", { upstream_bind_config: { source_address: { address: "127.0.0.1", port_value: 0 } } }),
);
add(
  "cluster",
  "close_connections_on_host_health_failure",
  "without-effect",
  set("cluster", { close_connections_on_host_health_failure: true }),
);
add(
  "cluster",
  "track_timeout_budgets",
  "without-effect",
  set("cluster", { track_cluster_stats: { timeout_budgets: true } }),
);

add("tls", "plain", "used", ({ chain, tls }) => void Object.assign(chain, { transport_socket: tls() }));
add(
  "tls",
  "alpn h2,http/1.1",
  "used",
  ({ chain, tls }) =>
    void Object.assign(chain, { transport_socket: tls({ common: { alpn_protocols: ["h2", "http/1.1"] } }) }),
);
add(
  "tls",
  "mTLS",
  "used",
  ({ chain, tls, authority }) =>
    void Object.assign(chain, {
      transport_socket: tls({
        common: { validation_context: { trusted_ca: { filename: authority } } },
        outer: { require_client_certificate: true },
      }),
    }),
);
add("tls", "secrets static", "used", ({ bootstrap, chain, tls }) => {
  chain.transport_socket = tls();
  const { common_tls_context: common } = chain.transport_socket.typed_config;
  bootstrap.static_resources.secrets = [{ name: "s", tls_certificate: common.tls_certificates[0] }];
  delete common.tls_certificates;
  common.tls_certificate_sds_secret_configs = [{ name: "s" }];
});
add("tls", "combined_validation_context", "used", ({ bootstrap, chain, tls, authority }) => {
  bootstrap.static_resources.secrets = [{ name: "ca", validation_context: { trusted_ca: { filename: authority } } }];
  chain.transport_socket = tls({
    common: {
      combined_validation_context: {
        default_validation_context: {},
        validation_context_sds_secret_config: { name: "ca" },
      },
    },
  });
});
add(
  "tls",
  "session_ticket_keys",
  "without-effect",
  ({ chain, tls }) =>
    void Object.assign(chain, { transport_socket: tls({ outer: { disable_stateless_session_resumption: true } }) }),
);
add(
  "tls",
  "ocsp_staple_policy",
  "used",
  ({ chain, tls }) =>
    void Object.assign(chain, { transport_socket: tls({ outer: { ocsp_staple_policy: "LENIENT_STAPLING" } }) }),
);
add(
  "tls",
  "cipher_suites BoringSSL groups",
  "used",
  ({ chain, tls }) =>
    void Object.assign(chain, {
      transport_socket: tls({
        common: {
          tls_params: {
            cipher_suites: [
              "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]",
              "ECDHE-RSA-AES128-GCM-SHA256",
            ],
          },
        },
      }),
    }),
);
add(
  "tls",
  "upstream proxy protocol socket",
  "used",
  ({ cluster }) =>
    void Object.assign(cluster, {
      transport_socket: typed("p", "transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport", {
        config: { version: "V1" },
        transport_socket: typed("envoy.transport_sockets.raw_buffer", "transport_sockets.raw_buffer.v3.RawBuffer"),
      }),
    }),
);

const top = (more: Json) => set("bootstrap", more);
add("bootstrap", "node id/cluster", "used", top({ node: { id: "n", cluster: "c" } }));
add("bootstrap", "no admin", "used", ({ bootstrap }) => delete bootstrap.admin);
add(
  "bootstrap",
  "layered_runtime",
  "without-effect",
  top({ layered_runtime: { layers: [{ name: "s", static_layer: { "health_check.min_interval": 5 } }] } }),
);
add("bootstrap", "stats_config", "without-effect", top({ stats_config: { use_all_default_tags: true } }));
add(
  "bootstrap",
  "stats_sinks statsd",
  "without-effect",
  top({
    stats_sinks: [
      {
        name: "envoy.stat_sinks.statsd",
        typed_config: {
          "@type": "type.googleapis.com/envoy.config.metrics.v3.StatsdSink",
          address: { socket_address: { address: "127.0.0.1", port_value: 8125, protocol: "UDP" } },
        },
      },
    ],
  }),
);
add("bootstrap", "stats_flush_interval", "without-effect", top({ stats_flush_interval: "10s" }));
add(
  "bootstrap",
  "admin access_log",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log: LOG("file") }),
);
add(
  "bootstrap",
  "admin access_log_path x",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log_path: "/tmp/tapline-admin.log" }),
);
add(
  "bootstrap",
  "admin access_log_path /dev/null",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log_path: "/dev/null" }),
);
add(
  "bootstrap",
  "admin 0.0.0.0",
  "used",
  ({ bootstrap }) => void Object.assign(bootstrap.admin.address.socket_address, { address: "0.0.0.0" }),
);
add(
  "bootstrap",
  "overload_manager",
  "without-effect",
  top({
    overload_manager: {
      refresh_interval: "0.25s",
      resource_monitors: [
        typed("envoy.resource_monitors.fixed_heap", "resource_monitors.fixed_heap.v3.FixedHeapConfig", {
          max_heap_size_bytes: 2147483648,
        }),
      ],
    },
  }),
);
add("bootstrap", "watchdogs", "without-effect", top({ watchdogs: { main_thread_watchdog: { miss_timeout: "0.5s" } } }));
add(
  "bootstrap",
  "tracing",
  "without-effect",
  top({
    tracing: {
      http: {
        name: "envoy.tracers.zipkin",
        typed_config: {
          "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
          collector_cluster: "other",
          collector_endpoint: "/api/v2/spans",
          collector_endpoint_version: "HTTP_JSON",
        },
      },
    },
  }),
);
add(
  "bootstrap",
  "cluster_manager",
  "without-effect",
  top({ cluster_manager: { outlier_detection: { event_log_path: "/dev/null" } } }),
);
add("bootstrap", "hds/flags_path", "without-effect", top({ flags_path: "/tmp" }));
add(
  "bootstrap",
  "default_regex_engine",
  "used",
  top({
    default_regex_engine: {
      name: "envoy.regex_engines.google_re2",
      typed_config: { "@type": `${TYPE}.regex_engines.v3.GoogleRE2` },
    },
  }),
);
add(
  "bootstrap",
  "bootstrap_extensions internal_listener",
  "without-effect",
  top({
    bootstrap_extensions: [
      typed("envoy.bootstrap.internal_listener", "bootstrap.internal_listener.v3.InternalListener"),
    ],
  }),
);
add(
  "bootstrap",
  "application_log_config",
  "without-effect",
  top({ application_log_config: { log_format: { text_format: "%v" } } }),
);
add("bootstrap", "enable_dispatcher_stats false", "used", top({ enable_dispatcher_stats: false }));

export const BOOTSTRAP_FEATURES: readonly BootstrapFeature[] = features;
