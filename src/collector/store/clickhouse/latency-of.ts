import { LatencySketch } from "../../../analysis/latency/latency-sketch.ts";
import type { LatencyAnswer, StoreQuery } from "../exchange-store.ts";
import { ANSWER_MILLIS } from "../query/list-exchanges.ts";
import { prepareFilter } from "../query/prepared-filter.ts";
import { quantilesOf } from "../query/quantiles-of.ts";
import { MAX_FACETED } from "../query/sum-exchanges.ts";
import { MINUTE } from "../segment/rollups.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";
import { CLICKHOUSE } from "./clickhouse-dialect.ts";
import { judgeRows } from "./read-exchanges.ts";
import { COUNTED, LOOK, newestRows, sketchOf } from "./sum-exchanges.ts";

/** How long requests took: from the sums per minute, or with a filter from the newest `MAX_FACETED` exchanges that may match. */
export async function latencyOf(
  connection: ClickHouseConnection,
  query: StoreQuery,
  now: () => number,
  signal?: AbortSignal,
): Promise<LatencyAnswer> {
  const prepared = prepareFilter(query.filter, CLICKHOUSE);
  if (prepared.filter === undefined) {
    const { from, to } = query;
    const [row] = await connection.rows<{ readonly latency: Readonly<Record<string, number>> }>(
      "SELECT sumMap(rollups.latency) AS latency FROM rollups WHERE minute >= ? AND minute < ?",
      [Math.floor((from ?? 0) / MINUTE), to === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(to / MINUTE)],
      signal,
    );
    const latency = sketchOf(row?.latency ?? {});
    return { count: latency.count, ...quantilesOf(latency), isComplete: true, scanned: 0 };
  }
  const latency = new LatencySketch();
  const until = now() + ANSWER_MILLIS;
  let scanned = 0;
  let isComplete = true;
  const chosen = { columns: "duration", only: `duration IS NOT NULL AND ${COUNTED}` };
  for await (const rows of newestRows(connection, query, prepared, chosen, signal)) {
    scanned += rows.length;
    for (const { row, matches } of await judgeRows(connection, rows, prepared, signal))
      if (matches) latency.add(Number(row["duration"]));
    isComplete = scanned < MAX_FACETED && (rows.length < LOOK || now() <= until);
    if (!isComplete) break;
  }
  return { count: latency.count, ...quantilesOf(latency), isComplete, scanned };
}
