import { before, collectInto, filter, TAP } from "./fragments.ts";
import { type BootstrapFeature, typed } from "./sample.ts";

/** HTTP filters. */
export const FILTER_FEATURES: BootstrapFeature[] = [];
const add = collectInto(FILTER_FEATURES);

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
const MUTATIONS = {
  request_mutations: [
    { append: { header: { key: "x-a", value: "%REQ(:path)%" } } },
    { remove_on_match: { key_matcher: { prefix: "x-" } } },
  ],
  response_mutations: [{ remove: "x-b" }],
  response_trailers_mutations: [{ append: { header: { key: "x-c", value: "c" } } }],
};
add(
  "http_filter",
  "header_mutation",
  "used",
  before(filter("header_mutation", "HeaderMutation", { mutations: MUTATIONS })),
);
add("http_filter", "header_mutation, typed_per_filter_config", "used", (parts) => {
  before(filter("header_mutation", "HeaderMutation"))(parts);
  Object.assign(parts.route, {
    typed_per_filter_config: {
      "envoy.filters.http.header_mutation": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute",
        mutations: MUTATIONS,
      },
    },
  });
});
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
