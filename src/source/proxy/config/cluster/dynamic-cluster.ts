import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import type { ClusterConfig, ClusterDiscovery, NameCacheConfig } from "../../../dial/cluster-config.ts";
import { innermost, type UpstreamTransportSocket } from "../../../dial/transport-socket.ts";
import { readExtension } from "../extension.ts";
import { DNS_CACHE, DNS_CACHE_LIMITS, DYNAMIC_CLUSTER, FAILURE_REFRESH_RATE } from "../fields/cluster-fields.ts";
import { findUpstreamHttp, type HttpMessage } from "../http/read-http-protocols.ts";
import { readSocketAddress } from "../read-address.ts";
import { checkDnsResolver } from "./read-dns-resolver.ts";

const CLUSTER_TYPES = {
  dynamic: {
    names: ["envoy.clusters.dynamic_forward_proxy"],
    types: [
      "envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig",
      "envoy.config.cluster.dynamic_forward_proxy.v2alpha.ClusterConfig",
    ],
  },
} as const;

const NAMED = "use type: STATIC, STRICT_DNS or LOGICAL_DNS";
const UNSUPPORTED = Object.fromEntries(
  [
    "aggregate",
    "composite",
    "redis",
    "original_dst",
    "logical_dns",
    "strict_dns",
    "static",
    "eds",
    "dns",
    "mcp_multicluster",
    "reverse_connection",
    "dynamic_modules",
  ].map((name) => [`envoy.clusters.${name}`, NAMED]),
);

/** Numbers of the same enumeration as a cluster's `dns_lookup_family`. */
export const LOOKUP_FAMILIES = { 0: "AUTO", 1: "V4_ONLY", 2: "V6_ONLY", 3: "V4_PREFERRED", 4: "ALL" } as const;

/** Reads `cluster_type`: of those of Envoy's, the dynamic forward proxy. Throws TaplineError (`configuration`). */
export function readDynamicCluster(node: DocumentNode): {
  readonly discovery: ClusterDiscovery & { readonly type: "DYNAMIC" };
  /** Servers' names need neither be sent nor verified. */
  readonly isInsecureAllowed: boolean;
} {
  const { config } = readExtension(node, "cluster type", CLUSTER_TYPES, UNSUPPORTED);
  const message = new MessageReader(config, DYNAMIC_CLUSTER);
  return {
    discovery: { type: "DYNAMIC", names: readNameCache(message.requiredNode("dns_cache_config")) },
    isInsecureAllowed: message.bool("allow_insecure_cluster_options"),
  };
}

/** Reads `DnsCacheConfig`. Throws TaplineError (`configuration`). */
export function readNameCache(node: DocumentNode): NameCacheConfig {
  const message = new MessageReader(node, DNS_CACHE);
  const positiveMillis = (field: "dns_refresh_rate" | "host_ttl", usual: number) => {
    const millis = message.durationMillis(field) ?? usual;
    if (millis <= 0) refuse(message.placeOf(field), `DnsCacheConfig: ${field}: value must be greater than 0s`);
    return millis;
  };
  const resolver = message.node("typed_dns_resolver_config");
  if (resolver !== undefined) checkDnsResolver(resolver, "DnsCacheConfig");
  const limits = message.node("dns_cache_circuit_breaker");
  const refreshRateMillis = positiveMillis("dns_refresh_rate", 60_000);
  return {
    name: message.requiredString("name"),
    lookupFamily: message.enumeration("dns_lookup_family", LOOKUP_FAMILIES) ?? "AUTO",
    refreshRateMillis,
    failureRateMillis: message.bool("disable_dns_refresh_on_failure")
      ? 0
      : (readFailureRate(message.node("dns_failure_refresh_rate")) ?? refreshRateMillis),
    hostTtlMillis: positiveMillis("host_ttl", 300_000),
    maxHosts: Number(message.integer("max_hosts", { least: 1n, most: 0xffffffffn }) ?? 1024n),
    maxPending: (limits && new MessageReader(limits, DNS_CACHE_LIMITS).uint32("max_pending_requests")) ?? 1024,
    queryTimeoutMillis: message.durationMillis("dns_query_timeout") ?? 5000,
    known: readEach(message.list("preresolve_hostnames"), (host) => readSocketAddress(host, "names-allowed")),
  };
}

/**
 * Reads what is said of servers' names in TLS, as Envoy has it: they are the request's host and are verified where nothing is said, and
 * what is said must be that.
 *
 * @throws TaplineError (`configuration`)
 */
export function nameServers(
  message: HttpMessage,
  { autoSni }: Pick<ClusterConfig, "autoSni">,
  socket: UpstreamTransportSocket,
  isInsecureAllowed: boolean,
): Pick<ClusterConfig, "autoSni"> {
  const place = findUpstreamHttp(message);
  if (place !== undefined && autoSni?.verified !== true && !isInsecureAllowed)
    refuse(
      place,
      "a dynamic_forward_proxy cluster must have auto_sni and auto_san_validation true",
      "set both in upstream_http_protocol_options, or allow_insecure_cluster_options in the cluster_type",
    );
  if (innermost(socket).kind === "raw") return {};
  return place === undefined ? { autoSni: { verified: true } } : { ...(autoSni !== undefined && { autoSni }) };
}

function readFailureRate(node: DocumentNode | undefined): number | undefined {
  return node && new MessageReader(node, FAILURE_REFRESH_RATE).durationMillis("base_interval");
}
