import { type Endpoint, formatEndpoint, type StatisticName } from "../../model/index.ts";
import type { NetworkFilterConfig } from "./config/config.ts";

// Envoy's names, and the labels that its default tags give them (envoyproxy.io, "Statistics" and `well_known_names.cc`).

/** `cluster.NAME.…` */
export function nameClusterStatistic(cluster: string, what: string): StatisticName {
  return name("cluster", cluster, "envoy_cluster_name", what);
}

/** `dns_cache.NAME.…` of a dynamic forward proxy: Envoy makes no label of the name. */
export function nameDnsCacheStatistic(cache: string, what: string): StatisticName {
  const text = `dns_cache.${cache}.${what}`;
  return { name: text, family: text, labels: {}, kind: "counter" };
}

/** `listener.ADDRESS.…`; in the address `_` stands for `:`. */
export function nameListenerStatistic(address: Endpoint, what: string): StatisticName {
  return name("listener", formatEndpoint(address).replaceAll(":", "_"), "envoy_listener_address", what);
}

/** `tcp.PREFIX.…` of a TCP proxy, `http.PREFIX.…` of an HTTP connection manager. */
export function nameFilterStatistic(
  filter: Pick<NetworkFilterConfig, "kind" | "statPrefix">,
  what: string,
): StatisticName {
  return filter.kind === "tcp-proxy"
    ? name("tcp", filter.statPrefix, "envoy_tcp_prefix", what)
    : name("http", filter.statPrefix, "envoy_http_conn_manager_prefix", what);
}

/** `transport.tap.[PREFIX.]…`: Envoy makes no label of the prefix. */
export function nameTransportTapStatistic(prefix: string, what: string): StatisticName {
  const text = `transport.tap.${prefix === "" ? "" : `${prefix}.`}${what}`;
  return { name: text, family: text, labels: {}, kind: "counter" };
}

/** Statistics that Envoy does not have. */
export function nameOwnStatistic(text: string, kind: StatisticName["kind"] = "counter"): StatisticName {
  return { name: text, family: text.startsWith("tapline.") ? text : `tapline.${text}`, labels: {}, kind };
}

/** Observers of a connection that threw and were let go. */
export const OBSERVER_FAULTS = nameOwnStatistic("tap.observer_faults");
/** Connections that were closed because the memory budget had nothing left to hold their bytes in. */
export const RELAYS_CLOSED_FOR_MEMORY = nameOwnStatistic("proxy.relays_closed_for_memory");

function name(scope: string, instance: string, label: string, what: string): StatisticName {
  const kind = what.endsWith("_active") ? "gauge" : "counter";
  return { name: `${scope}.${instance}.${what}`, family: `${scope}.${what}`, labels: { [label]: instance }, kind };
}
