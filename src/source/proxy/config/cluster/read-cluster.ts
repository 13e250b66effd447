import {
  type DocumentNode,
  MessageReader,
  noteWithoutEffect,
  refuse,
  reportRefusal,
} from "../../../../wire/config-document/index.ts";
import type { ClusterConfig, ClusterDiscovery } from "../../../dial/cluster-config.ts";
import type { UpstreamTransportSocket } from "../../../dial/transport-socket.ts";
import { BIND_CONFIG, CLUSTER } from "../fields/cluster-fields.ts";
import { type HttpMessage, readHttpProtocols } from "../http/read-http-protocols.ts";
import { readBufferLimit } from "../listener/read-listener.ts";
import { checkSocketOptions } from "../listener/read-socket-options.ts";
import { readSocketAddress } from "../read-address.ts";
import type { ReadContext } from "../read-context.ts";
import { readUpstreamSocket } from "../transport/read-transport-socket.ts";
import { LOOKUP_FAMILIES, nameServers, readDynamicCluster } from "./dynamic-cluster.ts";
import { checkDnsResolver } from "./read-dns-resolver.ts";
import { readHosts, readLoadAssignment } from "./read-endpoints.ts";
import { type Balancing, readLoadBalancing } from "./read-load-balancing.ts";
import { readMeshNamespace } from "./read-mesh-namespace.ts";

const TYPES = { 0: "STATIC", 1: "STRICT_DNS", 2: "LOGICAL_DNS", 3: "EDS", 4: "ORIGINAL_DST" } as const;

const DEFAULT_CONNECT_TIMEOUT_MILLIS = 5000;
const DEFAULT_REFRESH_RATE_MILLIS = 5000;

/** Reads a `Cluster` of v2 or v3. Throws TaplineError (`configuration`). */
export function readCluster(node: DocumentNode, context: ReadContext): ClusterConfig {
  const message = new MessageReader(node, CLUSTER);
  const name = message.requiredString("name");
  const custom = message.oneOf("type", "cluster_type") === "cluster_type" && message.node("cluster_type");
  const dynamic = custom ? readDynamicCluster(custom) : undefined;
  const discovery = dynamic?.discovery ?? readDiscovery(message);
  if (dynamic !== undefined)
    for (const field of ["dns_lookup_family", "dns_refresh_rate"] as const)
      if (message.has(field)) noteWithoutEffect("Cluster", field);
  const balancing = readLoadBalancing(message, discovery.type);
  const resolver = message.node("typed_dns_resolver_config");
  if (resolver !== undefined) checkDnsResolver(resolver, "Cluster");
  const bind = message.node("upstream_bind_config");
  const connectTimeoutMillis = message.durationMillis("connect_timeout") ?? DEFAULT_CONNECT_TIMEOUT_MILLIS;
  if (connectTimeoutMillis === 0)
    refuse(message.placeOf("connect_timeout"), "connect_timeout: value must be greater than 0s");
  const assignment = readAssignment(message, name, discovery);
  const { endpoints } = assignment;
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
  checkHealth(message, discovery.type !== "STRICT_DNS" && endpoints.length === 1, balancing, transportSocket);
  const http =
    dynamic === undefined
      ? readHttpProtocols(message, transportSocket)
      : readNamedHttp(message, transportSocket, dynamic.isInsecureAllowed);
  // The protocol options go before it.
  const requests = message.uint32("max_requests_per_connection") ?? 0;
  const namespace = readMeshNamespace(message.node("metadata"));
  return {
    name,
    discovery,
    connectTimeoutMillis,
    ...balancing,
    ...assignment,
    ...(namespace !== undefined && { endpoints: endpoints.map((endpoint) => ({ namespace, ...endpoint })) }),
    ...(bind !== undefined && readBindConfig(bind)),
    transportSocket,
    ...(requests > 0 && { maxRequestsPerConnection: requests }),
    ...http,
    bufferLimitBytes: readBufferLimit(message),
    place: node.place,
  };
}

function readNamedHttp(message: HttpMessage, socket: UpstreamTransportSocket, isInsecureAllowed: boolean) {
  const { autoSni, ...http } = readHttpProtocols(message, socket);
  return { ...http, ...nameServers(message, { ...(autoSni && { autoSni }) }, socket, isInsecureAllowed) };
}

/** The endpoints: none where requests name them. */
function readAssignment(
  message: MessageReader<"load_assignment" | "hosts">,
  name: string,
  { type }: ClusterDiscovery,
): Pick<ClusterConfig, "endpoints" | "overprovisioning"> {
  const source = message.oneOf("load_assignment", "hosts");
  const quoted = JSON.stringify(name);
  if (source === undefined) {
    if (type === "DYNAMIC") return { endpoints: [] };
    refuse(message.place, `cluster ${quoted} has no endpoints`, "add load_assignment: {endpoints: …}");
  }
  const assignment =
    source === "hosts"
      ? { endpoints: readHosts(message.list("hosts"), type) }
      : readLoadAssignment(message.requiredNode("load_assignment"), type);
  const isEmpty = assignment.endpoints.length === 0;
  if (type === "DYNAMIC" && !isEmpty)
    refuse(message.placeOf(source), `cluster ${quoted} is a dynamic forward proxy: requests name its endpoints`);
  if (type !== "DYNAMIC" && isEmpty) refuse(message.placeOf(source), `cluster ${quoted} has no endpoints`);
  return assignment;
}

/**
 * Endpoints are not asked whether they are healthy, nor ejected. An only one is taken by Envoy, too, whatever became of it (too few
 * are healthy: it takes all of them), so that this changes nothing; a tap of the cluster's sockets would record Envoy's questions.
 */
function checkHealth(
  message: MessageReader<"health_checks" | "outlier_detection" | "close_connections_on_host_health_failure">,
  isOnlyEndpoint: boolean,
  { panicThresholdPercent }: Balancing,
  socket: UpstreamTransportSocket,
): void {
  const others = isOnlyEndpoint && panicThresholdPercent !== 0 ? undefined : "it chooses between endpoints";
  const isTold = isTapped(socket) ? "a tap of the cluster's sockets would record what is asked" : undefined;
  const isAsked = message.list("health_checks").length > 0;
  const isClosing = message.bool("close_connections_on_host_health_failure");
  if (isAsked) settle("health_checks", others ?? isTold ?? (isClosing ? "it closes connections" : undefined));
  else if (isClosing) noteWithoutEffect("Cluster", "close_connections_on_host_health_failure");
  if (message.has("outlier_detection")) settle("outlier_detection", others);

  function settle(field: "health_checks" | "outlier_detection", effect: string | undefined): void {
    if (effect === undefined) noteWithoutEffect("Cluster", field);
    else
      reportRefusal(
        message.placeOf(field),
        `Cluster: ${field} is not supported`,
        `${effect}, and no endpoint is asked here whether it is healthy: leave it out`,
      );
  }
}

function isTapped(socket: UpstreamTransportSocket): boolean {
  return socket.kind === "tap" || socket.kind === "capture" || ("inner" in socket && isTapped(socket.inner));
}

function readDiscovery(message: MessageReader<"type" | "dns_refresh_rate" | "dns_lookup_family">): ClusterDiscovery {
  const type = message.enumeration("type", TYPES) ?? "STATIC";
  if (type === "EDS" || type === "ORIGINAL_DST")
    refuse(
      message.placeOf("type"),
      `type: ${type} is not supported`,
      type === "EDS"
        ? "there is no control plane: use STATIC, STRICT_DNS or LOGICAL_DNS with load_assignment"
        : "expected STATIC, STRICT_DNS or LOGICAL_DNS",
    );
  const refreshRateMillis = message.durationMillis("dns_refresh_rate") ?? DEFAULT_REFRESH_RATE_MILLIS;
  if (refreshRateMillis < 1)
    refuse(message.placeOf("dns_refresh_rate"), "dns_refresh_rate: value must be at least 0.001s");
  const lookupFamily = message.enumeration("dns_lookup_family", LOOKUP_FAMILIES) ?? "AUTO";
  return type === "STATIC" ? { type } : { type, refreshRateMillis, lookupFamily };
}

function readBindConfig(node: DocumentNode): Pick<ClusterConfig, "source"> {
  const message = new MessageReader(node, BIND_CONFIG);
  checkSocketOptions(message.list("socket_options"), "BindConfig");
  const address = message.node("source_address");
  if (address === undefined) return {};
  const { address: host, port } = readSocketAddress(address, "addresses-only");
  return { source: { address: host, port } };
}
