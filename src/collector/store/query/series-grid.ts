import type { SeriesQuery } from "../exchange-store.ts";
import { MINUTE } from "../segment/rollups.ts";

/** Counts of a series, to be filled. Times in microseconds since the epoch. */
export interface SeriesGrid {
  /** The sums per minute say it: buckets begin with a minute, and have whole ones. */
  readonly bySums: boolean;
  readonly from: number;
  /** Microseconds of a bucket. */
  readonly width: number;
  /** Counts by outcome, in the order of `OUTCOME_RESULTS`. */
  readonly buckets: readonly number[][];
  /** A bucket or an outcome that there is not is passed over. */
  readonly add: AddCount;
}

export type AddCount = (bucket: number, outcome: number, count: number) => void;

export function gridOf(query: SeriesQuery, isFiltered: boolean): SeriesGrid {
  const span = Math.max(1, query.to - query.from);
  const bySums = !isFiltered && span / query.buckets >= MINUTE;
  const width = bySums ? Math.ceil(span / query.buckets / MINUTE) * MINUTE : Math.ceil(span / query.buckets);
  const from = bySums ? Math.floor(query.from / MINUTE) * MINUTE : query.from;
  const buckets = Array.from({ length: Math.max(1, Math.ceil((query.to - from) / width)) }, () => [0, 0, 0, 0, 0]);
  const add: AddCount = (bucket, outcome, count) => {
    const counts = buckets[bucket];
    if (counts !== undefined && outcome >= 0) counts[outcome] = counts[outcome]! + count;
  };
  return { bySums, from, width, buckets, add };
}
