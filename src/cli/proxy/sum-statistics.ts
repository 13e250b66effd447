import type { Statistic } from "../../model/index.ts";

/** Adds up the statistics of several processes by name. */
export function sumStatistics(lists: readonly (readonly Statistic[])[]): Statistic[] {
  const sums = new Map<string, Statistic>();
  for (const statistic of lists.flat()) {
    const known = sums.get(statistic.name)?.value ?? 0;
    sums.set(statistic.name, { ...statistic, value: known + statistic.value });
  }
  return [...sums.values()];
}
