import { LatencySketch } from "../../../analysis/latency/latency-sketch.ts";
import { OUTCOME_RESULTS } from "../../../model/index.ts";
import type {
  FacetsAnswer,
  FacetsQuery,
  FacetValue,
  RouteSum,
  SeriesAnswer,
  SeriesQuery,
  StoreQuery,
  TimeRange,
} from "../exchange-store.ts";
import { columnOf } from "../record/columns.ts";
import { MINUTE, OUTCOME_COLUMNS, type RollupRow } from "../segment/rollups.ts";
import { ANSWER_MILLIS } from "./list-exchanges.ts";
import { type PreparedFilter, prepareFilter } from "./prepared-filter.ts";
import { quantilesOf } from "./quantiles-of.ts";
import { IMPRECISE_SQL, type RowPlace, type SegmentReader } from "./segment-reader.ts";
import type { SegmentSet } from "./segment-set.ts";
import { type AddCount, gridOf } from "./series-grid.ts";
import { EVERYTHING, type SqlCondition, type SqlParameter } from "./sql-condition.ts";

/** Counts by time and outcome: from the sums per minute where these say it, else from the exchanges. */
export function seriesOf(segments: SegmentSet, query: SeriesQuery, now: () => number): SeriesAnswer {
  const prepared = prepareFilter(query.filter);
  const { bySums, from, width, buckets, add } = gridOf(query, prepared.filter !== undefined);
  const look = new Look(now);
  for (const { segment } of segments.within(query)) {
    segments.guard(segment, () => {
      if (bySums) addRollups(segment, { from, width, to: query.to }, add);
      else if (prepared.condition.isExact) {
        addCounted(segment, query, prepared, { from, width }, add, look);
        if (segment.hasImprecise) addMatching(segment, query, prepared, { from, width }, add, look, IMPRECISE_SQL);
      } else addMatching(segment, query, prepared, { from, width }, add, look);
    });
    if (look.isOver) break;
  }
  return { from, width, buckets, isComplete: !look.isOver, scanned: look.scanned };
}

/** Counts what was looked at, and says when it takes too long. */
export class Look {
  readonly #until: number;
  readonly #now: () => number;
  scanned = 0;
  isOver = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#until = now() + ANSWER_MILLIS;
  }

  /** One more was looked at; false: no more. */
  goesOn(): boolean {
    this.scanned++;
    if (this.scanned % 64 === 0 && this.#now() > this.#until) this.isOver = true;
    return !this.isOver;
  }
}

function addRollups(
  { database }: SegmentReader,
  { from, width, to }: { from: number; width: number; to: number },
  add: AddCount,
): void {
  const rows = database
    .prepare(
      `SELECT minute, ${OUTCOME_COLUMNS.map((name) => `sum(${name}) AS ${name}`).join(", ")} FROM rollups
       WHERE minute >= ? AND minute < ? GROUP BY minute`,
    )
    .iterate(Math.floor(from / MINUTE), Math.ceil(to / MINUTE));
  for (const row of rows) {
    const bucket = Math.floor(((row["minute"] as number) * MINUTE - from) / width);
    OUTCOME_COLUMNS.forEach((name, outcome) => {
      add(bucket, outcome, row[name] as number);
    });
  }
}

function addCounted(
  { database }: SegmentReader,
  query: StoreQuery,
  prepared: PreparedFilter,
  { from, width }: { from: number; width: number },
  add: AddCount,
  look: Look,
): void {
  const { sql, parameters } = whereOf(query, prepared.condition);
  const rows = database
    .prepare(
      `SELECT CAST((time - ?) / ? AS INTEGER) AS bucket, coalesce(outcome, 'ok') AS outcome, count(*) AS count FROM exchanges
       WHERE ${sql} AND counted = 1 AND NOT (${IMPRECISE_SQL}) GROUP BY 1, 2`,
    )
    .iterate(from, width, ...parameters);
  for (const row of rows) {
    look.scanned += row["count"] as number;
    add(row["bucket"] as number, OUTCOME_RESULTS.indexOf(row["outcome"] as never), row["count"] as number);
  }
}

function addMatching(
  segment: SegmentReader,
  query: StoreQuery,
  prepared: PreparedFilter,
  { from, width }: { from: number; width: number },
  add: AddCount,
  look: Look,
  only = "1",
): void {
  const { sql, parameters } = whereOf(query, only === "1" ? widened(segment, prepared) : EVERYTHING);
  const rows = segment.database
    .prepare(
      `SELECT id, block, place, flags, time, coalesce(outcome, 'ok') AS outcome FROM exchanges
       WHERE ${sql} AND counted = 1 AND ${only} ORDER BY time DESC`,
    )
    .iterate(...parameters);
  for (const row of rows) {
    if (!look.goesOn()) return;
    if (!segment.matches(prepared, row as unknown as RowPlace)) continue;
    add(Math.floor(((row["time"] as number) - from) / width), OUTCOME_RESULTS.indexOf(row["outcome"] as never), 1);
  }
}

/** Exchanges that facets are counted over; the newest. */
export const MAX_FACETED = 100_000;

/** The most frequent values of attributes among what matches: of the newest `MAX_FACETED`. */
export function facetsOf(segments: SegmentSet, query: FacetsQuery, now: () => number): FacetsAnswer {
  const prepared = prepareFilter(query.filter);
  const columns = query.attributes.flatMap((name) => {
    const column = columnOf(name);
    return column === undefined
      ? []
      : [{ name, sql: column.sql ?? column.name, counts: new Map<string | number, number>() }];
  });
  const look = new Look(now);
  let total = 0;
  for (const { segment } of segments.within(query)) {
    segments.guard(segment, () => {
      const { sql, parameters } = whereOf(query, widened(segment, prepared));
      const selected = columns.map(({ sql: one }, index) => `${one} AS c${index}`).join(", ");
      const rows = segment.database
        .prepare(
          `SELECT id, block, place, flags${selected && `, ${selected}`} FROM exchanges WHERE ${sql} ORDER BY time DESC LIMIT ?`,
        )
        .iterate(...parameters, MAX_FACETED - look.scanned);
      for (const row of rows) {
        if (!look.goesOn()) return;
        if (!segment.matches(prepared, row as unknown as RowPlace)) continue;
        total++;
        columns.forEach(({ counts }, index) => {
          const value = row[`c${index}`] as string | number | null;
          if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
        });
      }
    });
    if (look.isOver || look.scanned >= MAX_FACETED) break;
  }
  return {
    facets: Object.fromEntries(columns.map(({ name, counts }) => [name, mostFrequent(counts, query.limit)])),
    total,
    scanned: look.scanned,
    isComplete: !look.isOver && look.scanned < MAX_FACETED,
  };
}

export function mostFrequent(counts: ReadonlyMap<string | number, number>, limit: number): FacetValue[] {
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, limit);
}

/** Rates, errors and latencies by service, method and route, from the sums per minute. */
export function servicesOf(segments: SegmentSet, { from, to }: TimeRange): RouteSum[] {
  const sums = new Map<
    string,
    { row: RollupRow; counts: number[]; request: number; response: number; latency: LatencySketch }
  >();
  for (const segment of segments.all())
    segments.guard(segment, () => {
      const rows = segment.database
        .prepare("SELECT * FROM rollups WHERE minute >= ? AND minute < ?")
        .iterate(Math.floor((from ?? 0) / MINUTE), to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(to / MINUTE));
      for (const one of rows) {
        const row = one as unknown as RollupRow;
        const key = `${row.service}\n${row.method}\n${row.route}`;
        let sum = sums.get(key);
        if (sum === undefined) {
          sum = { row, counts: [0, 0, 0, 0, 0], request: 0, response: 0, latency: new LatencySketch() };
          sums.set(key, sum);
        }
        const { counts } = sum;
        OUTCOME_COLUMNS.forEach((name, index) => {
          counts[index] = counts[index]! + row[name];
        });
        sum.request += row.request_bytes;
        sum.response += row.response_bytes;
        sum.latency.merge(LatencySketch.decode(row.latency));
      }
    });
  return [...sums.values()].map(({ row: { service, method, route }, counts, request, response, latency }) => ({
    service,
    method,
    route,
    counts,
    requestBytes: request,
    responseBytes: response,
    ...quantilesOf(latency),
  }));
}

/** The condition with those rows whose columns do not say all. */
export function widened(segment: SegmentReader, { condition }: PreparedFilter): SqlCondition {
  return segment.hasImprecise ? { ...condition, sql: `((${IMPRECISE_SQL}) OR ${condition.sql})` } : condition;
}

/** A condition with the range of a query. */
export function whereOf({ from, to }: TimeRange, condition: SqlCondition): { sql: string; parameters: SqlParameter[] } {
  const parts = ["tapline_goes_on()", condition.sql];
  const parameters: SqlParameter[] = [...condition.parameters];
  if (from !== undefined) {
    parts.push("time >= ?");
    parameters.push(from);
  }
  if (to !== undefined) {
    parts.push("time < ?");
    parameters.push(to);
  }
  return { sql: parts.join(" AND "), parameters };
}
