import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../../wire/config-document/index.ts";
import type { ClusterConfig, ClusterDiscovery } from "../../dial/cluster-config.ts";
import type { ReadContext } from "./read-context.ts";
import { readHosts, readLoadAssignment } from "./read-endpoints.ts";
import { readHttpProtocols } from "./read-http-protocols.ts";
import { readBufferLimit } from "./read-listener.ts";
import { readUpstreamSocket } from "./read-transport-socket.ts";

const VERBATIM = "Tapline forwards bytes as they are: leave it out";
const ONE_ADDRESS_POOL = "Tapline takes endpoints in turn: leave it out";

const CLUSTER = {
  name: "Cluster",
  fields: [
    "name",
    "type",
    "connect_timeout",
    "lb_policy",
    "load_assignment",
    "hosts",
    "dns_refresh_rate",
    "dns_lookup_family",
    "transport_socket",
    "tls_context",
    "per_connection_buffer_limit_bytes",
    "http_protocol_options",
    "http2_protocol_options",
    "typed_extension_protocol_options",
  ],
  // Names of statistics, and notes.
  inert: ["alt_stat_name", "metadata"],
  unsupported: {
    cluster_type: "use type: STATIC, STRICT_DNS or LOGICAL_DNS",
    eds_cluster_config: "there is no control plane: use load_assignment",
    lrs_server: "",
    lrs_report_endpoint_metrics: "",
    transport_socket_matches: "use transport_socket",
    health_checks: "",
    outlier_detection: "",
    max_requests_per_connection: VERBATIM,
    circuit_breakers: "",
    upstream_http_protocol_options: VERBATIM,
    common_http_protocol_options: VERBATIM,
    extension_protocol_options: VERBATIM,
    protocol_selection: VERBATIM,
    dns_jitter: "",
    dns_failure_refresh_rate: "use dns_refresh_rate",
    respect_dns_ttl: "use dns_refresh_rate",
    dns_resolvers: "the system's resolver is used",
    use_tcp_for_dns_lookups: "the system's resolver is used",
    dns_resolution_config: "the system's resolver is used",
    typed_dns_resolver_config: "the system's resolver is used",
    wait_for_warm_on_init: "",
    cleanup_interval: "",
    upstream_bind_config: "",
    lb_subset_config: ONE_ADDRESS_POOL,
    least_request_lb_config: ONE_ADDRESS_POOL,
    round_robin_lb_config: ONE_ADDRESS_POOL,
    ring_hash_lb_config: ONE_ADDRESS_POOL,
    maglev_lb_config: ONE_ADDRESS_POOL,
    original_dst_lb_config: ONE_ADDRESS_POOL,
    common_lb_config: ONE_ADDRESS_POOL,
    load_balancing_policy: ONE_ADDRESS_POOL,
    upstream_connection_options: "",
    close_connections_on_host_health_failure: "",
    drain_connections_on_host_removal: "",
    ignore_health_on_host_removal: "",
    filters: "",
    upstream_config: "",
    track_timeout_budgets: "",
    track_cluster_stats: "",
    preconnect_policy: "",
    connection_pool_per_downstream_connection: "",
  },
} as const satisfies MessageShape<string>;

const TYPES = { 0: "STATIC", 1: "STRICT_DNS", 2: "LOGICAL_DNS", 3: "EDS", 4: "ORIGINAL_DST" } as const;
const LB_POLICIES = {
  0: "ROUND_ROBIN",
  1: "LEAST_REQUEST",
  2: "RING_HASH",
  3: "RANDOM",
  4: "ORIGINAL_DST_LB",
  5: "MAGLEV",
  6: "CLUSTER_PROVIDED",
  7: "LOAD_BALANCING_POLICY_CONFIG",
} as const;
const LOOKUP_FAMILIES = { 0: "AUTO", 1: "V4_ONLY", 2: "V6_ONLY", 3: "V4_PREFERRED", 4: "ALL" } as const;

const DEFAULT_CONNECT_TIMEOUT_MILLIS = 5000;
const DEFAULT_REFRESH_RATE_MILLIS = 5000;

/** Reads a `Cluster` of v2 or v3. Throws TaplineError (`configuration`). */
export function readCluster(node: DocumentNode, context: ReadContext): ClusterConfig {
  const message = new MessageReader(node, CLUSTER);
  const name = message.requiredString("name");
  const discovery = readDiscovery(message);
  const lbPolicy = message.enumeration("lb_policy", LB_POLICIES) ?? "ROUND_ROBIN";
  if (lbPolicy !== "ROUND_ROBIN")
    refuse(message.placeOf("lb_policy"), `lb_policy: ${lbPolicy} is not supported`, "expected ROUND_ROBIN");
  const connectTimeoutMillis = message.durationMillis("connect_timeout") ?? DEFAULT_CONNECT_TIMEOUT_MILLIS;
  if (connectTimeoutMillis === 0)
    refuse(message.placeOf("connect_timeout"), "connect_timeout: value must be greater than 0s");
  const source = message.oneOf("load_assignment", "hosts");
  if (source === undefined)
    refuse(node.place, `cluster ${JSON.stringify(name)} has no endpoints`, "add load_assignment: {endpoints: …}");
  const endpoints =
    source === "hosts"
      ? readHosts(message.list("hosts"), discovery.type)
      : readLoadAssignment(message.requiredNode("load_assignment"), discovery.type);
  if (endpoints.length === 0) refuse(message.placeOf(source), `cluster ${JSON.stringify(name)} has no endpoints`);
  if (discovery.type === "LOGICAL_DNS" && endpoints.length > 1)
    refuse(
      endpoints[1]!.place,
      "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint",
      "use STRICT_DNS for several",
    );
  const transportSocket = readUpstreamSocket(
    { transportSocket: message.node("transport_socket"), tlsContext: message.node("tls_context") },
    context,
  );
  return {
    name,
    discovery,
    connectTimeoutMillis,
    lbPolicy,
    endpoints,
    transportSocket,
    ...readHttpProtocols(message, transportSocket),
    bufferLimitBytes: readBufferLimit(message),
    place: node.place,
  };
}

function readDiscovery(message: MessageReader<"type" | "dns_refresh_rate" | "dns_lookup_family">): ClusterDiscovery {
  const type = message.enumeration("type", TYPES) ?? "STATIC";
  if (type === "EDS" || type === "ORIGINAL_DST")
    refuse(message.placeOf("type"), `type: ${type} is not supported`, "expected STATIC, STRICT_DNS or LOGICAL_DNS");
  const refreshRateMillis = message.durationMillis("dns_refresh_rate") ?? DEFAULT_REFRESH_RATE_MILLIS;
  if (refreshRateMillis < 1)
    refuse(message.placeOf("dns_refresh_rate"), "dns_refresh_rate: value must be at least 0.001s");
  const lookupFamily = message.enumeration("dns_lookup_family", LOOKUP_FAMILIES) ?? "AUTO";
  return type === "STATIC" ? { type } : { type, refreshRateMillis, lookupFamily };
}
