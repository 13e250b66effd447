import { hasEdits } from "./read-header-edits.ts";
import type { ForwardAction, Route, RouteTable } from "./route-table.ts";

/** Why requests have to be made anew: the fields of a route table that verbatim forwarding could not do. Empty where it serves. */
export function listRoutingReasons(table: RouteTable): string[] {
  const reasons: string[] = [];
  if (table.virtualHosts.length !== 1) return [`${table.virtualHosts.length} virtual hosts`];
  const [host] = table.virtualHosts as [RouteTable["virtualHosts"][0]];
  if (!host.domains.includes("*")) reasons.push("domains");
  if (host.requireTls !== "NONE") reasons.push("require_tls");
  if (host.routes.length !== 1) return [...reasons, `${host.routes.length} routes`];
  const [route] = host.routes as [Route];
  if ([table, host, route].some(hasEdits)) reasons.push("headers to add or remove");
  const { path, headers, query, isGrpc, perMillion } = route.match;
  const isForAll = path.kind === "prefix" && (path.value === "/" || path.value === "");
  if (!isForAll || headers.length + query.length > 0 || isGrpc || perMillion !== undefined) reasons.push("match");
  if (route.action.kind !== "forward") reasons.push(route.action.kind === "direct" ? "direct_response" : "redirect");
  else reasons.push(...listForwardReasons(route.action));
  return reasons;
}

function listForwardReasons(action: ForwardAction): string[] {
  const reasons: string[] = [];
  const { target, timeoutMillis, isTimed, idleTimeoutMillis = 0, maxStreamMillis = 0 } = action;
  if (target.kind === "header") reasons.push("cluster_header");
  else if (target.clusters.length > 1 || target.clusters.some(hasEdits)) reasons.push("weighted_clusters");
  if (action.prefixRewrite !== undefined) reasons.push("prefix_rewrite");
  if (action.hostRewrite !== undefined || (target.kind === "clusters" && target.clusters[0]?.hostRewrite !== undefined))
    reasons.push("host_rewrite");
  if (action.appendsForwardedHost) reasons.push("append_x_forwarded_host");
  // The default says nothing: verbatim forwarding has no timeouts of requests.
  if (isTimed && timeoutMillis > 0) reasons.push("timeout");
  if (idleTimeoutMillis > 0) reasons.push("idle_timeout");
  if (maxStreamMillis > 0) reasons.push("max_stream_duration");
  return reasons;
}
