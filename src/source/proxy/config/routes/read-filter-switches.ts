import {
  attempt,
  type DocumentNode,
  type MappingEntry,
  MessageReader,
  noteWithoutEffect,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { FORWARD_PROXY_ROUTE, HEADER_MUTATION_ROUTE } from "../fields/http-filter-fields.ts";
import { FILTER_CONFIG } from "../fields/route-fields.ts";
import { CHANGES, type IdleExtension } from "../idle-extensions.ts";
import { readMutations } from "./read-mutations.ts";
import type { HasEdits, HostRewrite, Mutations } from "./route-table.ts";

const FILTER_CONFIG_TYPE = /(^|\/)envoy\.config\.route\.v3\.FilterConfig$/;

/** An HTTP filter as routes may treat it: `switched` on and off, `naming` the host that is dialled, `mutating` headers, or one that does nothing of itself. */
export type RouteFilter = "switched" | "naming" | "mutating" | IdleExtension;

/** The HTTP filters of a manager by their names there. */
export type RouteFilters = ReadonlyMap<string, RouteFilter>;

/**
 * Reads `typed_per_filter_config`: which filters a level of the route table switches on or off, by their names, which host a dynamic
 * forward proxy dials, and what is done to headers. What would make another filter do something is refused.
 *
 * @throws TaplineError (`configuration`)
 */
export function readFilterSwitches(
  node: DocumentNode | undefined,
  filters: RouteFilters,
): Pick<HasEdits, "filters" | "dialledHost" | "mutations"> {
  const switches = new Map<string, boolean>();
  const mutations = new Map<string, Mutations>();
  let dialledHost: HostRewrite | undefined;
  if (node === undefined) return { filters: switches };
  if (node.kind !== "mapping")
    return refuse(node.place, "typed_per_filter_config: expected a message for each filter's name");
  for (const entry of node.entries)
    attempt(() => {
      const filter = filters.get(entry.key);
      if (filter === "switched") switches.set(entry.key, isSwitchedOn(entry));
      else if (filter === "naming" || filter === "mutating") {
        const wrapper = isFilterConfig(entry.value) ? new MessageReader(entry.value, FILTER_CONFIG) : undefined;
        // A configuration of a route's own switches it on.
        switches.set(entry.key, wrapper?.bool("disabled") !== true);
        const config = wrapper === undefined ? entry.value : wrapper.node("config");
        if (config === undefined) return;
        if (filter === "naming") dialledHost = readDialledHost(config);
        else
          mutations.set(entry.key, readMutations(new MessageReader(config, HEADER_MUTATION_ROUTE).node("mutations")));
      } else {
        // Nothing asks for it where the filter itself is not there. Old Envoys found one of an old name by the new one, too.
        const meant = filter ?? filters.get(entry.key.replace("envoy.filters.http.", "envoy."));
        if (typeof meant === "object") refuseAwakening(entry, meant);
        noteWithoutEffect(`typed_per_filter_config of ${entry.key}`, "*");
      }
    });
  return {
    filters: switches,
    ...(dialledHost !== undefined && { dialledHost }),
    ...(mutations.size > 0 && { mutations }),
  };
}

/** `PerRouteConfig` of a dynamic forward proxy. */
function readDialledHost(node: DocumentNode): HostRewrite | undefined {
  const message = new MessageReader(node, FORWARD_PROXY_ROUTE);
  const form = message.oneOf("host_rewrite_literal", "host_rewrite", "host_rewrite_header", "auto_host_rewrite_header");
  const value = form && message.string(form);
  if (!value) return undefined;
  return form === "host_rewrite_literal" || form === "host_rewrite"
    ? { kind: "literal", value }
    : { kind: "header", header: value.toLowerCase() };
}

function isSwitchedOn({ key, keyPlace, value }: MappingEntry): boolean {
  if (!isFilterConfig(value))
    refuse(
      keyPlace,
      `typed_per_filter_config: ${key} has no configuration of a route's own`,
      "only envoy.config.route.v3.FilterConfig with disabled: true or config: {} is taken",
    );
  return !new MessageReader(value, FILTER_CONFIG).bool("disabled");
}

function refuseAwakening({ key, keyPlace, value }: MappingEntry, filter: IdleExtension): void {
  const wrapper = isFilterConfig(value) ? new MessageReader(value, FILTER_CONFIG) : undefined;
  const config = wrapper === undefined ? value : wrapper.node("config");
  if (wrapper?.bool("disabled") === true || config === undefined) return;
  if (filter.isAwakenedBy?.(config) === true)
    refuse(keyPlace, `typed_per_filter_config: ${key} is not supported`, CHANGES);
}

function isFilterConfig(node: DocumentNode): boolean {
  const type = node.kind === "mapping" ? node.entries.find((entry) => entry.key === "@type")?.value : undefined;
  return type?.kind === "scalar" && typeof type.value === "string" && FILTER_CONFIG_TYPE.test(type.value);
}
