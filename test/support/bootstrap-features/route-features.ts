import { action, before, collectInto, filter, LOG, set } from "./fragments.ts";
import { type BootstrapFeature, TYPE } from "./sample.ts";

/** Routes and the HTTP connection manager. */
export const ROUTE_FEATURES: BootstrapFeature[] = [];
const add = collectInto(ROUTE_FEATURES);

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
for (const [label, filterName, message, policy, awake] of [
  ["cors", "cors", "Cors", { "@type": `${TYPE}.filters.http.cors.v3.CorsPolicy` }, true],
  [
    "cors, never",
    "cors",
    "Cors",
    {
      "@type": `${TYPE}.filters.http.cors.v3.CorsPolicy`,
      filter_enabled: { default_value: { numerator: 0, denominator: "HUNDRED" } },
    },
    false,
  ],
  [
    "cors, wrapped",
    "cors",
    "Cors",
    {
      "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
      config: { "@type": `${TYPE}.filters.http.cors.v3.CorsPolicy` },
    },
    true,
  ],
  [
    "fault",
    "fault",
    "HTTPFault",
    {
      "@type": `${TYPE}.filters.http.fault.v3.HTTPFault`,
      abort: { http_status: 503, percentage: { numerator: 100 } },
    },
    true,
  ],
  [
    "rbac",
    "rbac",
    "RBAC",
    { "@type": `${TYPE}.filters.http.rbac.v3.RBACPerRoute`, rbac: { rules: { action: "ALLOW", policies: {} } } },
    true,
  ],
  ["rbac, none", "rbac", "RBAC", { "@type": `${TYPE}.filters.http.rbac.v3.RBACPerRoute` }, false],
] as const)
  add(
    "route",
    `the filter ${label}, with a configuration of a route's own`,
    awake ? "refused" : "without-effect",
    before(filter(filterName, message)),
    set("route", { typed_per_filter_config: { [`envoy.filters.http.${filterName}`]: policy } }),
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
