import { before, collectInto, filter, set } from "./fragments.ts";
import { type BootstrapFeature, endpoint, type Json, type SampleParts, TYPE, typed } from "./sample.ts";

/** Clusters and TLS. */
export const CLUSTER_FEATURES: BootstrapFeature[] = [];
const add = collectInto(CLUSTER_FEATURES);

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
const CHECKS = {
  health_checks: [
    { timeout: "1s", interval: "5s", unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} },
  ],
};
const EJECTION = { outlier_detection: { consecutive_5xx: 3 } };
const addEndpoint = ({ cluster }: SampleParts) => {
  cluster["load_assignment"].endpoints[0].lb_endpoints.push(endpoint(10));
};
for (const [field, fragment] of Object.entries({ health_checks: CHECKS, outlier_detection: EJECTION })) {
  add("cluster", `${field} of an only endpoint`, "without-effect", set("cluster", fragment));
  add("cluster", `${field} of two endpoints`, "refused", set("cluster", fragment), addEndpoint);
}
add(
  "cluster",
  "health_checks without panic",
  "refused",
  set("cluster", { ...CHECKS, common_lb_config: { healthy_panic_threshold: { value: 0 } } }),
);
add(
  "cluster",
  "health_checks that close connections",
  "refused",
  set("cluster", { ...CHECKS, close_connections_on_host_health_failure: true }),
);
const NAMES = { name: "names", dns_lookup_family: "V4_ONLY", max_hosts: 8 };
const named =
  (more: Json = {}, own: Json = {}) =>
  ({ cluster }: SampleParts) => {
    delete (cluster as Json)["type"];
    delete (cluster as Json)["load_assignment"];
    Object.assign(cluster, {
      lb_policy: "CLUSTER_PROVIDED",
      cluster_type: typed("envoy.clusters.dynamic_forward_proxy", "clusters.dynamic_forward_proxy.v3.ClusterConfig", {
        dns_cache_config: NAMES,
        ...own,
      }),
      ...more,
    });
  };
const lookup = (more: Json = {}) =>
  before(filter("dynamic_forward_proxy", "FilterConfig", { dns_cache_config: NAMES, ...more }));
const naming = ({ route }: SampleParts) => {
  route["typed_per_filter_config"] = {
    "envoy.filters.http.dynamic_forward_proxy": {
      "@type": `${TYPE}.filters.http.dynamic_forward_proxy.v3.PerRouteConfig`,
      host_rewrite_literal: "www.example.org",
    },
  };
};
add("cluster", "dynamic_forward_proxy", "used", named());
add("cluster", "dynamic_forward_proxy with its filter", "used", named(), lookup());
add("cluster", "dynamic_forward_proxy with a host of the route's", "used", named(), lookup(), naming);
add(
  "cluster",
  "dynamic_forward_proxy, bounds of its cache",
  "used",
  named(
    {},
    {
      dns_cache_config: {
        ...NAMES,
        ...{ host_ttl: "10s", dns_refresh_rate: "3s", dns_failure_refresh_rate: { base_interval: "2s" } },
        ...{ dns_cache_circuit_breaker: { max_pending_requests: 2 }, dns_query_timeout: "1s" },
        preresolve_hostnames: [{ address: "localhost", port_value: 80 }],
      },
    },
  ),
);
add(
  "cluster",
  "dynamic_forward_proxy, state of filters",
  "without-effect",
  named(),
  lookup({ save_upstream_address: true, allow_dynamic_host_from_filter_state: true }),
);
add(
  "cluster",
  "circuit_breakers",
  "without-effect",
  set("cluster", { circuit_breakers: { thresholds: [{ max_connections: 10 }] } }),
);
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
/** Types of clusters that are extensions. */
const EXTENDED: Readonly<Record<string, [type: string, config: Json]>> = {
  aggregate: ["clusters.aggregate.v3.ClusterConfig", { clusters: ["other"] }],
  strict_dns: ["clusters.dns.v3.DnsCluster", { all_addresses_in_single_endpoint: false }],
};
for (const [name, [type, config]] of Object.entries(EXTENDED))
  add("cluster", `cluster_type ${name}`, "refused", ({ cluster }) => {
    delete cluster.type;
    cluster.cluster_type = typed(`envoy.clusters.${name}`, type, config);
    if (name === "aggregate") {
      cluster.lb_policy = "CLUSTER_PROVIDED";
      delete cluster.load_assignment;
    }
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
