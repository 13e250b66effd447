import type { Difference, Measure } from "../../../analysis/comparison/difference.ts";
import type { SideSample } from "../../../analysis/comparison/exchange-comparison.ts";
import type { ComparisonOutputOptions } from "./options.ts";

/** For programs: one document. */
export function comparisonDocument({ comparison, findings, names, by }: ComparisonOutputOptions): object {
  const { a, b, matched } = comparison;
  const { pairs, identified, changed, failedBefore, failedAfter, examples } = matched;
  const shape = (difference: Difference): object => differenceDocument(difference, by, findings.servicesDiffer);
  return {
    type: "diff",
    version: 1,
    a: { name: names.a, ...sideDocument(a) },
    b: { name: names.b, ...sideDocument(b) },
    by,
    groupsCompared: findings.compared.length,
    servicesDiffer: findings.servicesDiffer,
    matched: { pairs, identified, changed, failedInA: failedBefore, failedInB: failedAfter, examples },
    differences: findings.differences.map(shape),
    uncertain: findings.uncertain.map(shape),
    notCompared: { exchanges: a.beyond + b.beyond, names: a.namesBeyond + b.namesBeyond, unmatched: matched.beyond },
  };
}

function sideDocument({ requests, errors, furtherViews, connections, latency }: SideSample): object {
  return {
    ...{ requests: requests.total, errors, furtherViews, connections: connections.size },
    latencyMs: {
      p50: millis(latency.quantile(0.5)),
      p90: millis(latency.quantile(0.9)),
      p99: millis(latency.quantile(0.99)),
      max: millis(latency.max),
    },
  };
}

function differenceDocument(difference: Difference, by: readonly string[], withoutService: boolean): object {
  const { aspect, key, name, a, b, ratio, interval, p } = difference;
  const names = withoutService ? by.slice(1) : by;
  return {
    aspect,
    ...(key.length > 0 && { key: Object.fromEntries(names.map((one, at) => [one, key[at] ?? "-"])) }),
    ...(name !== undefined && (aspect === "latency-tail" ? { beyondMs: Number(name) / 1e6 } : { name })),
    a: measureDocument(a),
    b: measureDocument(b),
    // JSON has no infinity: what one side alone has, has no ratio.
    ratio: Number.isFinite(ratio) ? ratio : null,
    ...(interval !== undefined && { interval: [interval.low, interval.high] }),
    p,
  };
}

function measureDocument(measure: Measure): object {
  if (!("unit" in measure)) return measure;
  const { unit, values, p50, p90, p99 } = measure;
  const scale = unit === "nanoseconds" ? 1e6 : 1;
  return { unit: unit === "nanoseconds" ? "ms" : unit, values, p50: p50 / scale, p90: p90 / scale, p99: p99 / scale };
}

function millis(nanos: number | undefined): number | null {
  return nanos === undefined ? null : nanos / 1e6;
}
