import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../../wire/config-document/index.ts";
import type { HttpConnectionManagerConfig } from "./config.ts";
import type { ReadContext } from "./read-context.ts";
import { readHttpFilters } from "./read-http-filters.ts";

const VERBATIM = "Tapline forwards bytes verbatim: leave it out";
const NOT_ROUTED = "Tapline taps and does not route: expected one route, of every request to one cluster";

const CONNECTION_MANAGER = {
  name: "HttpConnectionManager",
  fields: ["stat_prefix", "route_config", "http_filters", "codec_type", "common_http_protocol_options"],
  // They say how Envoy reads and writes messages anew. Here nothing is written anew.
  inert: [
    "http_protocol_options",
    "http2_protocol_options",
    "generate_request_id",
    "always_set_request_id_in_response",
  ],
  unsupported: {
    rds: "use route_config",
    scoped_routes: "use route_config",
    add_user_agent: VERBATIM,
    tracing: "",
    server_name: VERBATIM,
    server_header_transformation: VERBATIM,
    scheme_header_transformation: VERBATIM,
    max_request_headers_kb: "",
    stream_idle_timeout: "",
    stream_flush_timeout: "",
    request_timeout: "",
    request_headers_timeout: "",
    drain_timeout: "use --drain-time",
    delayed_close_timeout: "",
    access_log: "",
    access_log_options: "",
    access_log_flush_interval: "",
    flush_access_log_on_new_request: "",
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

const PROTOCOL_OPTIONS = {
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

const ROUTES = {
  name: "RouteConfiguration",
  fields: ["virtual_hosts"],
  inert: ["name"],
  unsupported: {},
} as const satisfies MessageShape<string>;
const VIRTUAL_HOST = {
  name: "VirtualHost",
  fields: ["domains", "routes"],
  inert: ["name", "metadata"],
  unsupported: { require_tls: "" },
} as const satisfies MessageShape<string>;
const ROUTE = {
  name: "Route",
  fields: ["match", "route"],
  inert: ["name", "metadata"],
  unsupported: {
    redirect: NOT_ROUTED,
    direct_response: NOT_ROUTED,
    filter_action: "",
    decorator: "",
    typed_per_filter_config: "",
  },
} as const satisfies MessageShape<string>;
const ROUTE_MATCH = {
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
const ROUTE_ACTION = {
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

const CODECS = { 0: "AUTO", 1: "HTTP1", 2: "HTTP2", 3: "HTTP3" } as const;
const DEFAULT_IDLE_TIMEOUT_MILLIS = 3_600_000;

/** Reads `HttpConnectionManager` of v2 or v3: one route to one cluster, tap filters and the router. Throws TaplineError (`configuration`). */
export function readHttpConnectionManager(node: DocumentNode, context: ReadContext): HttpConnectionManagerConfig {
  const message = new MessageReader(node, CONNECTION_MANAGER);
  // HTTP/1 and HTTP/2 are told apart by what is said.
  const codec = message.enumeration("codec_type", CODECS) ?? "AUTO";
  if (codec === "HTTP3") refuse(message.placeOf("codec_type"), "HttpConnectionManager: HTTP3 is not supported");
  const options = message.node("common_http_protocol_options");
  const idle =
    options === undefined ? undefined : new MessageReader(options, PROTOCOL_OPTIONS).durationMillis("idle_timeout");
  return {
    kind: "http-connection-manager",
    codec,
    ...readRoute(message.requiredNode("route_config")),
    statPrefix: message.requiredString("stat_prefix"),
    idleTimeoutMillis: idle ?? DEFAULT_IDLE_TIMEOUT_MILLIS,
    maxConnectAttempts: 1,
    ...readHttpFilters(message.list("http_filters"), message.placeOf("http_filters"), context),
  };
}

function readRoute(node: DocumentNode): Pick<HttpConnectionManagerConfig, "cluster" | "place"> {
  const routes = new MessageReader(node, ROUTES);
  const virtualHost = readOnly(routes.list("virtual_hosts"), node, "virtual host");
  const host = new MessageReader(virtualHost, VIRTUAL_HOST);
  const domain = readOnly(host.list("domains"), virtualHost, "domain");
  if (readString(domain, "domains") !== "*")
    refuse(domain.place, "VirtualHost: a domain other than * is not supported", NOT_ROUTED);
  const route = new MessageReader(readOnly(host.list("routes"), virtualHost, "route"), ROUTE);
  const match = new MessageReader(route.requiredNode("match"), ROUTE_MATCH);
  if (match.requiredString("prefix") !== "/")
    refuse(match.placeOf("prefix"), "RouteMatch: a prefix other than / is not supported", NOT_ROUTED);
  const action = new MessageReader(route.requiredNode("route"), ROUTE_ACTION);
  return { cluster: action.requiredString("cluster"), place: action.placeOf("cluster") };
}

function readOnly(nodes: readonly DocumentNode[], parent: DocumentNode, what: string): DocumentNode {
  const [first, second] = nodes;
  if (first === undefined) refuse(parent.place, `there is no ${what}`, NOT_ROUTED);
  if (second !== undefined) refuse(second.place, `a second ${what} is not supported`, NOT_ROUTED);
  return first;
}
