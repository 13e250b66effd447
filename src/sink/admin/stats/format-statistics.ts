import type { Statistic } from "../../../model/index.ts";

/** Envoy's text: `name: value`, sorted by name. */
export function formatAsText(statistics: readonly Statistic[]): string {
  return sortByName(statistics)
    .map(({ name, value }) => `${name}: ${value}\n`)
    .join("");
}

/** Envoy's JSON: `{"stats":[{"name":…,"value":…},…]}`. */
export function formatAsJson(statistics: readonly Statistic[]): string {
  return JSON.stringify({ stats: sortByName(statistics).map(({ name, value }) => ({ name, value })) });
}

/**
 * Prometheus's text exposition format 0.0.4, with Envoy's names: `envoy_` and the family, in which whatever a name may not
 * contain becomes `_`; ours begin with `tapline_`.
 */
export function formatAsPrometheus(statistics: readonly Statistic[]): string {
  const families = new Map<string, Statistic[]>();
  for (const statistic of sortByName(statistics)) {
    const family = families.get(statistic.family);
    if (family === undefined) families.set(statistic.family, [statistic]);
    else family.push(statistic);
  }
  let text = "";
  for (const [family, members] of families) {
    const name = metricName(family);
    text += `# TYPE ${name} ${members[0]!.kind}\n`;
    for (const { labels, value } of members) text += `${name}{${formatLabels(labels)}} ${value}\n`;
  }
  return text;
}

function sortByName(statistics: readonly Statistic[]): Statistic[] {
  return [...statistics].sort((left, right) => (left.name < right.name ? -1 : 1));
}

function metricName(family: string): string {
  return (family.startsWith("tapline.") ? family : `envoy_${family}`).replace(/[^a-zA-Z0-9_]/g, "_");
}

/** `name="value",…` */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`)
    .join(",");
}
