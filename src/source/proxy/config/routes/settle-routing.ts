import type { Place } from "../../../../model/index.ts";
import { refuse } from "../../../../wire/config-document/index.ts";
import { type ClusterConfig, HTTP_PROTOCOLS, type HttpProtocol } from "../../../dial/cluster-config.ts";
import { innermost } from "../../../dial/transport-socket.ts";
import type {
  FilterChainConfig,
  HeaderMutationFilterConfig,
  HttpConnectionManagerConfig,
  ListenerConfig,
  SwitchedFilterConfig,
  TcpProxyConfig,
} from "../config.ts";
import { refuseProtocolMismatch } from "../refuse-protocol-mismatch.ts";
import type { HasEdits, Route, RouteTable } from "./route-table.ts";

/**
 * Decides for each HTTP connection manager of a listener whether bytes can be forwarded as they are, now that the clusters are known.
 *
 * @param insists `tapline.routing: verbatim`: what cannot is refused
 * @throws TaplineError (`configuration`)
 */
export function settleRouting(
  listener: ListenerConfig,
  clusters: readonly ClusterConfig[],
  insists: boolean,
  warn: (place: Place, message: string) => void,
): ListenerConfig {
  const settle = (chain: FilterChainConfig): FilterChainConfig => {
    const { networkFilter } = chain;
    if (networkFilter.kind === "tcp-proxy") {
      refuseNameless(networkFilter, clusters);
      return chain;
    }
    return { ...chain, networkFilter: settleManager(listener, chain, networkFilter, clusters, insists, warn) };
  };
  return {
    ...listener,
    filterChains: listener.filterChains.map(settle),
    ...(listener.defaultFilterChain !== undefined && { defaultFilterChain: settle(listener.defaultFilterChain) }),
  };
}

function settleManager(
  listener: ListenerConfig,
  chain: FilterChainConfig,
  manager: HttpConnectionManagerConfig,
  clusters: readonly ClusterConfig[],
  insists: boolean,
  warn: (place: Place, message: string) => void,
): HttpConnectionManagerConfig {
  const named = clusters.filter(({ name }) => manager.clusters.some((one) => one.name === name));
  const reasons = manager.routing.mode === "routed" ? [...manager.routing.reasons] : [];
  for (const { name, autoSni, discovery } of named) {
    if (discovery.type === "DYNAMIC") reasons.push(`dynamic_forward_proxy of cluster ${name}`);
    else if (autoSni !== undefined) reasons.push(`auto_sni of cluster ${name}`);
  }
  if (manager.headerMutations.some((filter) => mayMutate(filter, manager.table))) reasons.push("header_mutation");
  refuseOtherNames(manager, clusters);
  const isMissing = ({ name }: { name: string }) => !clusters.some((one) => one.name === name);
  if (!manager.validatesClusters && manager.clusters.some(isMissing)) reasons.push("validate_clusters");
  if (reasons.length > 0) {
    refuseCarriedTunnels(manager);
    if (insists)
      refuse(
        manager.place,
        `tapline.routing is verbatim, and ${reasons.join(", ")} cannot be done so`,
        "leave routing out",
      );
    const exporters = manager.exporters.filter((filter) => mayBeOn(filter, manager.table));
    return { ...manager, exporters, routing: { mode: "routed", reasons } };
  }
  const [cluster] = named;
  const isOn = (filter: SwitchedFilterConfig) => isOnEverywhere(filter, manager.table);
  const filters = { httpTaps: manager.httpTaps.filter(isOn), exporters: manager.exporters.filter(isOn) };
  if (cluster === undefined) return { ...manager, ...filters };
  if (insists) {
    refuseProtocolMismatch(listener, chain, cluster, warn);
    return { ...manager, ...filters, routing: { mode: "verbatim", bridges: false, isInsisted: true } };
  }
  const bridges = mayDiffer(chain, manager, cluster);
  const isUnsaid = cluster.isHttpAssumed || cluster.httpProtocols === undefined;
  const asks = !bridges && isUnsaid && manager.codec === "AUTO";
  return { ...manager, ...filters, routing: { mode: "verbatim", bridges, ...(asks && { asks }) } };
}

/** A `CONNECT` that is switched on is ended here: none is made anew for the endpoint. */
function refuseCarriedTunnels({ table, settings }: HttpConnectionManagerConfig): void {
  for (const { match, action, place } of table.virtualHosts.flatMap(({ routes }) => routes)) {
    if (match.path.kind !== "connect" || action.kind !== "forward" || action.endsTunnels) continue;
    if (action.upgrades.get("connect") ?? settings.upgrades.get("connect"))
      refuse(
        place,
        "CONNECT is not forwarded to endpoints that are proxies themselves",
        "give the route an upgrade_configs with connect_config, whose bytes are the endpoint's",
      );
  }
}

/** A filter and a cluster that name the same cache say the same of it. */
function refuseOtherNames({ forwardProxy }: HttpConnectionManagerConfig, clusters: readonly ClusterConfig[]): void {
  if (forwardProxy === undefined) return;
  const { names, place } = forwardProxy;
  for (const { discovery } of clusters)
    if (discovery.type === "DYNAMIC" && discovery.names.name === names.name)
      if (JSON.stringify(discovery.names) !== JSON.stringify(names))
        refuse(
          place,
          `config specified DNS cache '${names.name}' with different settings`,
          "say the same in filter and cluster",
        );
}

/** Connections name no host that they want. */
function refuseNameless({ clusters: targets, place }: TcpProxyConfig, clusters: readonly ClusterConfig[]): void {
  const found = clusters.find(
    ({ name, discovery }) => discovery.type === "DYNAMIC" && targets.some((target) => target.name === name),
  );
  if (found !== undefined)
    refuse(
      place,
      `tcp_proxy: cluster ${JSON.stringify(found.name)} is a dynamic forward proxy, and connections name no host`,
      "use a filter chain with server_names for each cluster",
    );
}

/** Whether a client can come that speaks an HTTP which the cluster, by its own account, does not. */
function mayDiffer(
  { transportSocket }: FilterChainConfig,
  { codec }: HttpConnectionManagerConfig,
  { httpProtocols, isHttpAssumed }: ClusterConfig,
): boolean {
  if (httpProtocols === undefined) return false;
  const transport = innermost(transportSocket);
  const offersHttp2 = transport.kind === "tls" && transport.tls.alpnProtocols.includes("h2");
  // Nothing says what the cluster speaks, or the client.
  if (isHttpAssumed && codec === "AUTO" && !offersHttp2) return false;
  const taken: readonly HttpProtocol[] = codec === "AUTO" ? HTTP_PROTOCOLS : codec === "HTTP1" ? ["http/1.1"] : ["h2"];
  return taken.some((protocol) => !httpProtocols.includes(protocol));
}

/** A table with one route switches a filter once and for all. */
function isOnEverywhere({ name, isDisabled }: SwitchedFilterConfig, table: RouteTable): boolean {
  const host = table.virtualHosts[0];
  return isSwitchedOn(name, isDisabled, [host?.routes[0], host, table]);
}

/** Whether there is a route for which it is on: an exporter that is never on asks its sampling manager nothing. */
function mayBeOn({ name, isDisabled }: SwitchedFilterConfig, table: RouteTable): boolean {
  return !isDisabled || listLevels(table).some(({ filters }) => filters.get(name) === true);
}

function mayMutate(filter: HeaderMutationFilterConfig, table: RouteTable): boolean {
  const all = [filter.mutations, ...listLevels(table).map(({ mutations }) => mutations?.get(filter.name))];
  return mayBeOn(filter, table) && all.some((one) => one !== undefined && Object.values(one).flat().length > 0);
}

function listLevels(table: RouteTable): readonly HasEdits[] {
  const clusters = ({ action }: Route) =>
    action.kind === "forward" && action.target.kind === "clusters" ? action.target.clusters : [];
  return [table, ...table.virtualHosts.flatMap((host) => [host, ...host.routes, ...host.routes.flatMap(clusters)])];
}

/** @param levels from the most specific on */
export function isSwitchedOn(name: string, isDisabled: boolean, levels: readonly (HasEdits | undefined)[]): boolean {
  for (const level of levels) {
    const said = level?.filters.get(name);
    if (said !== undefined) return said;
  }
  return !isDisabled;
}
