import {
  attempt,
  type DocumentNode,
  MessageReader,
  noteWithoutEffect,
  refuse,
} from "../../../../wire/config-document/index.ts";
import { FILTER_CONFIG } from "../fields/route-fields.ts";

const FILTER_CONFIG_TYPE = /(^|\/)envoy\.config\.route\.v3\.FilterConfig$/;

/**
 * Reads `typed_per_filter_config`: which filters a level of the route table switches on or off, by their names.
 *
 * @param filters the names of the taps and exporters of the manager
 * @throws TaplineError (`configuration`)
 */
export function readFilterSwitches(
  node: DocumentNode | undefined,
  filters: readonly string[],
): ReadonlyMap<string, boolean> {
  const switches = new Map<string, boolean>();
  if (node === undefined) return switches;
  if (node.kind !== "mapping")
    return refuse(node.place, "typed_per_filter_config: expected a message for each filter's name");
  for (const { key, keyPlace, value } of node.entries)
    attempt(() => {
      if (!filters.includes(key)) {
        // Nothing asks for it, as the filter itself is not there.
        noteWithoutEffect(`typed_per_filter_config of ${key}`, "*");
        return;
      }
      const type = value.kind === "mapping" ? value.entries.find((entry) => entry.key === "@type")?.value : undefined;
      if (type?.kind !== "scalar" || typeof type.value !== "string" || !FILTER_CONFIG_TYPE.test(type.value))
        refuse(
          keyPlace,
          `typed_per_filter_config: ${key} has no configuration of a route's own`,
          "only envoy.config.route.v3.FilterConfig with disabled: true or config: {} is taken",
        );
      switches.set(key, !new MessageReader(value, FILTER_CONFIG).bool("disabled"));
    });
  return switches;
}
