import {
  attempt,
  type DocumentNode,
  type MappingEntry,
  MessageReader,
  noteWithoutEffect,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { FILTER_CONFIG } from "../fields/route-fields.ts";
import { CHANGES, type IdleExtension } from "../idle-extensions.ts";

const FILTER_CONFIG_TYPE = /(^|\/)envoy\.config\.route\.v3\.FilterConfig$/;

/** The HTTP filters of a manager by their names there: taps and exporters, which routes switch, and those that do nothing of themselves. */
export type RouteFilters = ReadonlyMap<string, "switched" | IdleExtension>;

/**
 * Reads `typed_per_filter_config`: which filters a level of the route table switches on or off, by their names. What would make
 * another filter do something is refused.
 *
 * @throws TaplineError (`configuration`)
 */
export function readFilterSwitches(
  node: DocumentNode | undefined,
  filters: RouteFilters,
): ReadonlyMap<string, boolean> {
  const switches = new Map<string, boolean>();
  if (node === undefined) return switches;
  if (node.kind !== "mapping")
    return refuse(node.place, "typed_per_filter_config: expected a message for each filter's name");
  for (const entry of node.entries)
    attempt(() => {
      const filter = filters.get(entry.key);
      if (filter === "switched") switches.set(entry.key, isSwitchedOn(entry));
      else {
        // Nothing asks for it where the filter itself is not there.
        if (filter !== undefined) refuseAwakening(entry, filter);
        noteWithoutEffect(`typed_per_filter_config of ${entry.key}`, "*");
      }
    });
  return switches;
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
