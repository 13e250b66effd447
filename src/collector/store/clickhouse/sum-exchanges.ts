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
import { ANSWER_MILLIS } from "../query/list-exchanges.ts";
import { type PreparedFilter, prepareFilter } from "../query/prepared-filter.ts";
import { quantilesOf } from "../query/quantiles-of.ts";
import { type AddCount, gridOf } from "../query/series-grid.ts";
import type { SqlParameter } from "../query/sql-condition.ts";
import { MAX_FACETED, mostFrequent } from "../query/sum-exchanges.ts";
import { columnOf } from "../record/columns.ts";
import { MINUTE, OUTCOME_COLUMNS } from "../segment/rollups.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";
import { CLICKHOUSE, IMPRECISE } from "./clickhouse-dialect.ts";
import { type ItemRow, judgeRows, whereOf, widened } from "./read-exchanges.ts";

const MICROS = "toUnixTimestamp64Micro(at)";
/** Exchanges that count in rates. */
export const COUNTED = "counted = 1 AND id NOT IN (SELECT id FROM uncounted)";

/** Counts by time and outcome: from the sums per minute where these say it, else from the exchanges. */
export async function seriesOf(
  connection: ClickHouseConnection,
  query: SeriesQuery,
  now: () => number,
  signal?: AbortSignal,
): Promise<SeriesAnswer> {
  const prepared = prepareFilter(query.filter, CLICKHOUSE);
  const { bySums, from, width, buckets, add } = gridOf(query, prepared.filter !== undefined);
  if (bySums) {
    await addSums(connection, { from, width, to: query.to }, add, signal);
    return { from, width, buckets, isComplete: true, scanned: 0 };
  }
  let scanned = 0;
  let isComplete = true;
  const addRows = async (only: string, exact: boolean): Promise<void> => {
    const done = exact
      ? await addCounted(connection, query, prepared, { from, width }, add, only, signal)
      : await addMatching(connection, query, prepared, { from, width }, add, only, now, signal);
    scanned += done.scanned;
    isComplete &&= done.isComplete;
  };
  if (prepared.condition.isExact) {
    await addRows(`NOT ${IMPRECISE}`, true);
    await addRows(IMPRECISE, prepared.filter === undefined);
  } else await addRows("1", false);
  return { from, width, buckets, isComplete, scanned };
}

interface Grid {
  readonly from: number;
  readonly width: number;
}

async function addSums(
  connection: ClickHouseConnection,
  { from, width, to }: Grid & { readonly to: number },
  add: AddCount,
  signal: AbortSignal | undefined,
): Promise<void> {
  const sums = OUTCOME_COLUMNS.map((name) => `sum(rollups.${name}) AS ${name}`).join(", ");
  const rows = await connection.rows<Record<string, number>>(
    `SELECT minute, ${sums} FROM rollups WHERE minute >= ? AND minute < ? GROUP BY minute`,
    [Math.floor(from / MINUTE), Math.ceil(to / MINUTE)],
    signal,
  );
  for (const row of rows) {
    const bucket = Math.floor((row["minute"]! * MINUTE - from) / width);
    OUTCOME_COLUMNS.forEach((name, outcome) => {
      add(bucket, outcome, row[name]!);
    });
  }
}

interface Looked {
  readonly scanned: number;
  readonly isComplete: boolean;
}

async function addCounted(
  connection: ClickHouseConnection,
  query: SeriesQuery,
  prepared: PreparedFilter,
  { from, width }: Grid,
  add: AddCount,
  only: string,
  signal: AbortSignal | undefined,
): Promise<Looked> {
  const { sql, parameters } = whereOf(query, prepared.condition);
  const rows = await connection.rows<{ bucket: number; result: string; count: number }>(
    `SELECT intDiv(${MICROS} - ?, ?) AS bucket, coalesce(toString(outcome), 'ok') AS result, count() AS count FROM exchanges
     WHERE ${only} AND ${COUNTED} AND ${sql} GROUP BY bucket, result`,
    [from, width, ...parameters],
    signal,
  );
  for (const { bucket, result, count } of rows) add(bucket, OUTCOME_RESULTS.indexOf(result as never), count);
  return { scanned: rows.reduce((sum, { count }) => sum + count, 0), isComplete: true };
}

/** Rows that are looked at in one statement. */
export const LOOK = 5000;

async function addMatching(
  connection: ClickHouseConnection,
  query: SeriesQuery,
  prepared: PreparedFilter,
  { from, width }: Grid,
  add: AddCount,
  only: string,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<Looked> {
  const until = now() + ANSWER_MILLIS;
  let scanned = 0;
  for await (const rows of newestRows(
    connection,
    query,
    prepared,
    { columns: "coalesce(toString(outcome), 'ok') AS result", only: `${only} AND ${COUNTED}` },
    signal,
  )) {
    scanned += rows.length;
    for (const { row, matches } of await judgeRows(connection, rows, prepared, signal))
      if (matches)
        add(Math.floor((Number(row["time"]) - from) / width), OUTCOME_RESULTS.indexOf(row["result"] as never), 1);
    if (rows.length === LOOK && now() > until) return { scanned, isComplete: false };
  }
  return { scanned, isComplete: true };
}

/** Rows that may match, the newest first, in pieces of `LOOK` rows with their documents. */
export async function* newestRows(
  connection: ClickHouseConnection,
  query: StoreQuery,
  prepared: PreparedFilter,
  { columns, only }: { readonly columns: string; readonly only: string },
  signal: AbortSignal | undefined,
): AsyncGenerator<ItemRow[]> {
  const { sql, parameters } = whereOf(query, widened(prepared));
  let after: SqlParameter[] = [];
  for (;;) {
    const behind =
      after.length === 0
        ? "1"
        : `at <= fromUnixTimestamp64Micro(?, 'UTC') AND (at < fromUnixTimestamp64Micro(?, 'UTC') OR id < ?)`;
    const rows = await connection.rows<ItemRow>(
      `SELECT id, ${MICROS} AS time, flags${columns && `, ${columns}`}, document FROM exchanges
       WHERE ${only} AND ${sql} AND ${behind} ORDER BY at DESC, id DESC LIMIT ${LOOK}`,
      [...parameters, ...after],
      signal,
    );
    yield rows;
    const last = rows.at(-1);
    if (rows.length < LOOK || last === undefined) return;
    after = [last["time"] as number, last["time"] as number, last["id"] as number];
  }
}

/** The most frequent values of attributes among what matches: of the newest `MAX_FACETED`. */
export async function facetsOf(
  connection: ClickHouseConnection,
  query: FacetsQuery,
  now: () => number,
  signal?: AbortSignal,
): Promise<FacetsAnswer> {
  const prepared = prepareFilter(query.filter, CLICKHOUSE);
  const columns = query.attributes.flatMap((name) => columnOf(name) ?? []);
  const { sql, parameters } = whereOf(query, widened(prepared));
  const newest = `SELECT flags, ${["1", ...columns.map(({ name }) => name)].join(", ")} FROM exchanges
    WHERE ${sql} ORDER BY at DESC LIMIT ${MAX_FACETED}`;
  if (prepared.condition.isExact) {
    const [row] = await connection.rows<{ total: number; imprecise: number }>(
      `SELECT count() AS total, countIf(${IMPRECISE}) AS imprecise FROM (${newest})`,
      parameters,
      signal,
    );
    if (prepared.filter === undefined || row!.imprecise === 0) {
      const facets: Record<string, FacetValue[]> = {};
      for (const { name, attribute } of columns)
        facets[attribute] = await connection.rows<FacetValue>(
          `SELECT assumeNotNull(${name}) AS value, count() AS count FROM (${newest}) WHERE ${name} IS NOT NULL
           GROUP BY value ORDER BY count DESC, value LIMIT ?`,
          [...parameters, query.limit],
          signal,
        );
      return { facets, total: row!.total, scanned: row!.total, isComplete: row!.total < MAX_FACETED };
    }
  }
  return countFacets(connection, query, prepared, now, signal);
}

async function countFacets(
  connection: ClickHouseConnection,
  query: FacetsQuery,
  prepared: PreparedFilter,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<FacetsAnswer> {
  const columns = query.attributes.flatMap((name) => {
    const column = columnOf(name);
    return column === undefined ? [] : [{ name, column: column.name, counts: new Map<string | number, number>() }];
  });
  const until = now() + ANSWER_MILLIS;
  let [total, scanned, isComplete] = [0, 0, true];
  const selected = columns.map(({ column }) => column).join(", ");
  for await (const rows of newestRows(connection, query, prepared, { columns: selected, only: "1" }, signal)) {
    scanned += rows.length;
    for (const { row, matches } of await judgeRows(connection, rows, prepared, signal)) {
      if (!matches) continue;
      total++;
      for (const { column, counts } of columns) {
        const value = row[column];
        if (value !== null && value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
    }
    isComplete = scanned < MAX_FACETED && (rows.length < LOOK || now() <= until);
    if (!isComplete) break;
  }
  const facets = Object.fromEntries(columns.map(({ name, counts }) => [name, mostFrequent(counts, query.limit)]));
  return { facets, total, scanned, isComplete };
}

/** Rates, errors and latencies by service, method and route, from the sums per minute. */
export async function servicesOf(
  connection: ClickHouseConnection,
  { from, to }: TimeRange,
  signal?: AbortSignal,
): Promise<RouteSum[]> {
  const sums = [...OUTCOME_COLUMNS, "request_bytes", "response_bytes"].map((name) => `sum(rollups.${name}) AS ${name}`);
  const rows = await connection.rows<SumRow>(
    `SELECT service, method, route, ${sums.join(", ")}, sumMap(rollups.latency) AS latency FROM rollups
     WHERE minute >= ? AND minute < ? GROUP BY service, method, route
     HAVING ${OUTCOME_COLUMNS.join(" + ")} > 0`,
    [Math.floor((from ?? 0) / MINUTE), to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(to / MINUTE)],
    signal,
  );
  return rows.map((row) => {
    const latency = sketchOf(row.latency);
    return {
      service: row.service,
      method: row.method,
      route: row.route,
      counts: OUTCOME_COLUMNS.map((name) => row[name]),
      requestBytes: row.request_bytes,
      responseBytes: row.response_bytes,
      ...quantilesOf(latency),
    };
  });
}

/** @param latency counts by bucket, as `sumMap` gives them */
export function sketchOf(latency: SumRow["latency"]): LatencySketch {
  return LatencySketch.ofBuckets(
    Object.entries(latency).map(([bucket, count]) => [Number(bucket), Number(count)] as const),
  );
}

type SumRow = Readonly<Record<(typeof OUTCOME_COLUMNS)[number] | "request_bytes" | "response_bytes", number>> & {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly latency: Readonly<Record<string, number>>;
};
