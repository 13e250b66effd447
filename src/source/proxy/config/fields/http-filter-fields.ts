import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { ACCESS_LOG, STATISTICS, TRACING } from "./reasons.ts";

export const HTTP_TAP = {
  name: "Tap",
  fields: [
    "common_config",
    "record_headers_received_time",
    "record_downstream_connection",
    "record_upstream_connection",
  ],
} as const satisfies MessageShape<string>;

export const ROUTER = {
  name: "Router",
  fields: ["suppress_envoy_headers", "respect_expected_rq_timeout"],
  withoutEffect: {
    dynamic_stats: [STATISTICS, true],
    suppress_grpc_request_failure_code_stats: [STATISTICS, true],
    start_child_span: [TRACING, true],
    upstream_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    upstream_log_options: [ACCESS_LOG, { flush_upstream_log_on_upstream_stream: true }],
  },
  unsupported: {
    strict_check_headers: "headers are not checked: leave it out",
    upstream_http_filters: "there are no filters of upstream requests: leave it out",
    reject_connect_request_early_data: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const HEADER_MUTATION = {
  name: "HeaderMutation filter",
  fields: ["mutations", "most_specific_header_mutations_wins"],
} as const satisfies MessageShape<string>;

export const HEADER_MUTATION_ROUTE = {
  name: "HeaderMutationPerRoute",
  fields: ["mutations"],
  labels: ["@type"],
} as const satisfies MessageShape<string>;

export const MUTATIONS = {
  name: "Mutations",
  fields: ["request_mutations", "response_mutations", "request_trailers_mutations", "response_trailers_mutations"],
  unsupported: { query_parameter_mutations: "queries are sent as they came: leave it out" },
} as const satisfies MessageShape<string>;

export const MUTATION = {
  name: "HeaderMutation",
  fields: ["remove", "append", "remove_on_match"],
} as const satisfies MessageShape<string>;

export const REMOVE_ON_MATCH = {
  name: "RemoveOnMatch",
  fields: ["key_matcher"],
} as const satisfies MessageShape<string>;

export const FORWARD_PROXY = {
  name: "FilterConfig of a dynamic forward proxy",
  fields: ["dns_cache_config"],
  withoutEffect: {
    save_upstream_address: ["state for filters and logs of Envoy's", true],
    allow_dynamic_host_from_filter_state: ["state of Envoy's filters, of which there is none", true],
  },
  unsupported: { sub_cluster_config: "use dns_cache_config" },
} as const satisfies MessageShape<string>;

export const FORWARD_PROXY_ROUTE = {
  name: "PerRouteConfig of a dynamic forward proxy",
  fields: ["host_rewrite_literal", "host_rewrite_header", "host_rewrite", "auto_host_rewrite_header"],
  labels: ["@type"],
} as const satisfies MessageShape<string>;
