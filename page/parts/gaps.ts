import type { Series } from "../source/data-source.ts";

/** A bucket of which not everything is known, and why. */
export interface HatchedBucket {
  readonly index: number;
  readonly reason: "no-source" | "lost";
}

/** Those in which something was lost, and those that have nothing because nobody was there to send. */
export function hatchedBuckets({ from, width, buckets, gaps = [] }: Series): HatchedBucket[] {
  return buckets.flatMap((counts, index): HatchedBucket[] => {
    const [start, end] = [from + index * width, from + (index + 1) * width];
    const within = gaps.filter((gap) => gap.from < end && gap.to > start);
    if (within.some(({ reason }) => reason === "lost")) return [{ index, reason: "lost" }];
    if (within.length === 0 || counts.some((count) => count > 0)) return [];
    // A bucket that begins or ends in a gap was looked at in part: nothing is what there was.
    const missing = within.reduce((sum, gap) => sum + Math.min(end, gap.to) - Math.max(start, gap.from), 0);
    return 2 * missing >= width ? [{ index, reason: "no-source" }] : [];
  });
}

/** Says it in words, for the legend and those who do not see the chart. */
export function describeHatched(hatched: readonly HatchedBucket[], width: number): string[] {
  const minutes = (count: number): string => {
    const all = (count * width) / 60e6;
    return all < 120 ? `${Math.max(1, Math.round(all))} min` : `${(all / 60).toFixed(1)} h`;
  };
  const of = (wanted: HatchedBucket["reason"]): number => hatched.filter(({ reason }) => reason === wanted).length;
  return [
    ...(of("no-source") > 0 ? [`no source for ${minutes(of("no-source"))}`] : []),
    ...(of("lost") > 0 ? [`something lost within ${minutes(of("lost"))}`] : []),
  ];
}
