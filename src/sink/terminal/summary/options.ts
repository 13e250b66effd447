import type { ExchangeSummary } from "../../../analysis/summary/exchange-summary.ts";
import type { Group } from "../../../analysis/summary/groups.ts";
import type { Numbers } from "../../../analysis/summary/numbers.ts";
import type { ZonedTime } from "../../../wire/text/zoned-time.ts";
import type { Style } from "../style.ts";

export const SUMMARY_FORMATS = ["table", "json", "ndjson", "csv", "markdown"] as const;
export type SummaryFormat = (typeof SUMMARY_FORMATS)[number];

export const SUMMARY_ORDERS = ["requests", "errors", "p50", "p90", "p99", "max", "bytes"] as const;
export type SummaryOrder = (typeof SUMMARY_ORDERS)[number];

export interface SummaryOutputOptions {
  readonly summary: ExchangeSummary;
  readonly format: SummaryFormat;
  /** The names of what groups are by. */
  readonly by: readonly string[];
  readonly top: number;
  /** `key`: as texts sort. */
  readonly sort: SummaryOrder | "key";
  readonly clock: ZonedTime;
  readonly style: Style;
  readonly columns?: number | undefined;
  /** Lines that the terminal has: no more are drawn while more comes. */
  readonly rows?: number | undefined;
  /** Drawn anew while more comes: the output is a terminal, and nothing else is printed there. */
  readonly isLive?: boolean;
}

/** The first of all groups in the order that was asked for, and how many there are. */
export function rank({ summary, sort, top }: SummaryOutputOptions): { shown: Group[]; all: number } {
  const groups = [...summary.groups];
  const value = (group: Group): number => {
    switch (sort) {
      case "requests":
      case "errors":
        return group[sort];
      case "bytes":
        return group.requestBytes + group.responseBytes;
      case "max":
        return group.latency.max ?? -1;
      case "key":
        return 0;
      default:
        return group.latency.quantile(Number(sort.slice(1)) / 100) ?? -1;
    }
  };
  const byKey = (a: Group, b: Group): number => (a.key.join() < b.key.join() ? -1 : 1);
  if (sort === "key") groups.sort(byKey);
  else groups.sort((a, b) => value(b) - value(a) || b.requests - a.requests || byKey(a, b));
  return { shown: groups.slice(0, top), all: groups.length };
}

/** By its name: `p99`, in nanoseconds. */
export function quantile({ latency }: Numbers, name: string): number | undefined {
  return latency.quantile(Number(name.slice(1)) / 100);
}
