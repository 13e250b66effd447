import { LatencySketch } from "../../../analysis/latency/latency-sketch.ts";
import type { LatencyAnswer, StoreQuery, TimeRange } from "../exchange-store.ts";
import { MINUTE } from "../segment/rollups.ts";
import { type PreparedFilter, prepareFilter } from "./prepared-filter.ts";
import { quantilesOf } from "./quantiles-of.ts";
import type { RowPlace, SegmentReader } from "./segment-reader.ts";
import type { SegmentSet } from "./segment-set.ts";
import { Look, MAX_FACETED, whereOf, widened } from "./sum-exchanges.ts";

/** How long requests took: from the sums per minute, or with a filter from the newest `MAX_FACETED` exchanges that may match. */
export function latencyOf(segments: SegmentSet, query: StoreQuery, now: () => number): LatencyAnswer {
  const prepared = prepareFilter(query.filter);
  const latency = new LatencySketch();
  const look = new Look(now);
  for (const { segment } of segments.within(query)) {
    segments.guard(segment, () => {
      if (prepared.filter === undefined) addSums(segment, query, latency, look);
      else addMatching(segment, query, prepared, latency, look);
    });
    if (look.isOver || look.scanned >= MAX_FACETED) break;
  }
  const { count } = latency;
  const isComplete = !look.isOver && look.scanned < MAX_FACETED;
  return { count, ...quantilesOf(latency), isComplete, scanned: look.scanned };
}

function addSums({ database }: SegmentReader, { from, to }: TimeRange, latency: LatencySketch, look: Look): void {
  const rows = database
    .prepare("SELECT latency FROM rollups WHERE minute >= ? AND minute < ? ORDER BY minute DESC")
    .iterate(Math.floor((from ?? 0) / MINUTE), to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(to / MINUTE));
  for (const row of rows) {
    if (!look.goesOn()) return;
    latency.merge(LatencySketch.decode(row["latency"] as Uint8Array));
  }
}

function addMatching(
  segment: SegmentReader,
  query: StoreQuery,
  prepared: PreparedFilter,
  latency: LatencySketch,
  look: Look,
): void {
  const { sql, parameters } = whereOf(query, widened(segment, prepared));
  const rows = segment.database
    .prepare(
      `SELECT id, block, place, flags, duration FROM exchanges
       WHERE ${sql} AND counted = 1 AND duration IS NOT NULL ORDER BY time DESC LIMIT ?`,
    )
    .iterate(...parameters, MAX_FACETED - look.scanned);
  for (const row of rows) {
    if (!look.goesOn()) return;
    if (segment.matches(prepared, row as unknown as RowPlace)) latency.add(row["duration"] as number);
  }
}
