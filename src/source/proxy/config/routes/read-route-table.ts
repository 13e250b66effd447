import {
  type DocumentNode,
  FollowingError,
  MessageReader,
  readEach,
  readString,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { ROUTE, ROUTES, VIRTUAL_HOST } from "../fields/route-fields.ts";
import type { ReadContext } from "../read-context.ts";
import type { RouteFilters } from "./read-filter-switches.ts";
import { readEdits } from "./read-header-edits.ts";
import { readDirect, readForward, readRedirect } from "./read-route-action.ts";
import { readRouteMatch } from "./read-route-match.ts";
import type { Route, RouteAction, RouteTable, VirtualHost } from "./route-table.ts";

const TLS = { 0: "NONE", 1: "EXTERNAL_ONLY", 2: "ALL" } as const;

/**
 * Reads `RouteConfiguration` of v2 or v3.
 *
 * @param filters the HTTP filters of the manager
 * @throws TaplineError (`configuration`)
 */
export function readRouteTable(
  node: DocumentNode,
  filters: RouteFilters,
  context: ReadContext,
): RouteTable & { readonly validatesClusters: boolean } {
  const message = new MessageReader(node, ROUTES);
  const most = message.uint32("max_direct_response_body_size_bytes");
  const nodes = message.list("virtual_hosts");
  const virtualHosts = readEach(nodes, (host) => readVirtualHost(host, filters, context, most));
  if (virtualHosts.length < nodes.length) throw new FollowingError(node.place);
  refuseSameDomains(virtualHosts, nodes);
  return {
    virtualHosts,
    mostSpecificEditsWin: message.bool("most_specific_header_mutations_wins"),
    ignoresPortInHost: message.bool("ignore_port_in_host_matching"),
    validatesClusters: !message.has("validate_clusters") || message.bool("validate_clusters"),
    ...readEdits(message, filters),
  };
}

function readVirtualHost(
  node: DocumentNode,
  filters: RouteFilters,
  context: ReadContext,
  maxBodyBytes: number | undefined,
): VirtualHost {
  const message = new MessageReader(node, VIRTUAL_HOST);
  const domains = message.list("domains").map((item) => readString(item, "domains").toLowerCase());
  if (domains.length === 0) refuse(node.place, "VirtualHost: domains: value must contain at least 1 item");
  const nodes = message.list("routes");
  const routes = readEach(nodes, (route) => readRoute(route, filters, context, maxBodyBytes));
  if (routes.length < nodes.length) throw new FollowingError(node.place);
  return {
    domains,
    routes,
    requireTls: message.enumeration("require_tls", TLS) ?? "NONE",
    ...readEdits(message, filters),
  };
}

function readRoute(
  node: DocumentNode,
  filters: RouteFilters,
  context: ReadContext,
  maxBodyBytes: number | undefined,
): Route {
  const message = new MessageReader(node, ROUTE);
  const form = message.requiredOneOf("route", "redirect", "direct_response");
  return {
    match: readRouteMatch(message.requiredNode("match")),
    action: readAction(form, message.requiredNode(form), filters, context, maxBodyBytes),
    ...readEdits(message, filters),
    place: node.place,
  };
}

function readAction(
  form: "route" | "redirect" | "direct_response",
  node: DocumentNode,
  filters: RouteFilters,
  context: ReadContext,
  maxBodyBytes: number | undefined,
): RouteAction {
  if (form === "route") return readForward(node, filters);
  return form === "redirect" ? readRedirect(node) : readDirect(node, context, maxBodyBytes);
}

function refuseSameDomains(hosts: readonly VirtualHost[], nodes: readonly DocumentNode[]): void {
  const seen = new Set<string>();
  for (const [index, { domains }] of hosts.entries())
    for (const domain of domains) {
      if (seen.has(domain))
        refuse(
          nodes[index]!.place,
          domain === "*"
            ? "Only a single wildcard domain is permitted in route"
            : `Only unique values for domains are permitted. Duplicate entry of domain ${domain}`,
        );
      seen.add(domain);
    }
}
