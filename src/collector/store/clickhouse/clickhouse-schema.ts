import { TaplineError } from "../../../model/index.ts";
import { ATTRIBUTE_COLUMNS } from "../record/columns.ts";
import { MINUTE, OUTCOME_COLUMNS, OUTCOMES } from "../segment/rollups.ts";
import type { ClickHouseConnection } from "./clickhouse-connection.ts";

/** Few different values: ClickHouse keeps them as numbers of a dictionary. */
const FEW = new Set([
  ...["kind", "protocol", "method", "host", "outcome", "reason", "service", "service_source", "peer_source"],
  ...["quality", "application", "applications", "problems", "seen_at"],
]);

/** The columns of an exchange beside `id`, as they are written, each with its type. */
export const EXCHANGE_COLUMNS: readonly { readonly name: string; readonly type: string }[] = [
  { name: "at", type: "DateTime64(6, 'UTC')" },
  { name: "nanos", type: "UInt16" },
  { name: "arrived", type: "DateTime64(3, 'UTC')" },
  { name: "flags", type: "UInt8" },
  { name: "counted", type: "UInt8" },
  { name: "connection", type: "Nullable(String)" },
  { name: "type", type: "LowCardinality(Nullable(String))" },
  { name: "cells", type: "Nullable(String)" },
  ...ATTRIBUTE_COLUMNS.map(({ name, type }) => ({
    name,
    type:
      type === "INTEGER" ? "Nullable(Int64)" : FEW.has(name) ? "LowCardinality(Nullable(String))" : "Nullable(String)",
  })),
  { name: "document", type: "String" },
];

const CODECS: Readonly<Record<string, string>> = {
  at: "Delta, ZSTD(1)",
  arrived: "Delta, ZSTD(1)",
  duration: "T64, ZSTD(1)",
  ttfb: "T64, ZSTD(1)",
  document: "ZSTD(3)",
};

/** Columns that come as numbers, in microseconds and milliseconds since the epoch: texts of times would be read in a zone, or lose their end. */
export const ARRIVAL_NAMES: Readonly<Record<string, string>> = { at: "micros", arrived: "millis" };

const FROM_ARRIVAL: Readonly<Record<string, string>> = {
  at: "fromUnixTimestamp64Micro(micros, 'UTC') AS at",
  arrived: "fromUnixTimestamp64Milli(millis, 'UTC') AS arrived",
};

/** Acknowledged is on disk. A batch that is sent again because nobody knows what became of it is recognised among so many. */
const DURABLE = "fsync_after_insert = 1, fsync_part_directory = 1, non_replicated_deduplication_window = 10000";

const outcomeIndex = (name: string) => OUTCOMES[OUTCOME_COLUMNS.indexOf(name as (typeof OUTCOME_COLUMNS)[number])]!;

/** The sums of a minute, service, method and route, of rows of exchanges; each counts `times`. */
export const sumsSql = (times: 1 | -1, micros: string): string => `${floorDivide(micros, MINUTE)} AS minute,
  coalesce(toString(service), '') AS service, coalesce(toString(method), '') AS method,
  coalesce(route, url_path, path, operation, '') AS route,
  ${OUTCOME_COLUMNS.map((name) => `toInt64(${times} * countIf(coalesce(toString(outcome), 'ok') = '${outcomeIndex(name)}')) AS ${name}`).join(",\n  ")},
  toInt64(${times} * sum(coalesce(request_size, 0))) AS request_bytes, toInt64(${times} * sum(coalesce(response_size, 0))) AS response_bytes,
  sumMap(if(duration >= 0, map(${BUCKET_SQL}, toInt64(${times})), CAST(map(), 'Map(Int32, Int64)'))) AS latency`;

/** A whole number of times that something fits into an integer, also into one below 0. */
export function floorDivide(value: string, divisor: number): string {
  return `(intDiv(${value}, ${divisor}) - if(${value} < 0 AND ${value} % ${divisor} != 0, 1, 0))`;
}

/** The bucket of `LatencySketch`; -1: below a nanosecond. */
const BUCKET_SQL = "toInt32(if(coalesce(duration, 0) < 1, -1, ceil(log(coalesce(duration, 1)) / log(1.01 / 0.99))))";

export const SUM_COLUMNS = [
  "minute",
  "service",
  "method",
  "route",
  ...OUTCOME_COLUMNS,
  "request_bytes",
  "response_bytes",
  "latency",
] as const;

/**
 * The schema, step by step, as `MIGRATIONS` of segments. Everything goes into `arrivals`, which keeps nothing: views hand each kind of row
 * on within the same statement, so that a batch is there as a whole or not at all, also when whoever sent it ends in the middle.
 *
 * ```
 * arrivals ─┬─ exchange ──▶ exchanges, and ▶ rollups where it counts
 *           ├─ flow ──────▶ flows
 *           ├─ sender ────▶ senders
 *           └─ uncounted ─▶ uncounted
 * ```
 */
export const CLICKHOUSE_MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE IF NOT EXISTS arrivals (
      row Enum8('exchange' = 1, 'flow' = 2, 'sender' = 3, 'uncounted' = 4), batch String, id UInt64,
      ${EXCHANGE_COLUMNS.map(({ name, type }) => (ARRIVAL_NAMES[name] === undefined ? `${name} ${type}` : `${ARRIVAL_NAMES[name]} Int64`)).join(",\n      ")},
      name String, summary String, sequence UInt64
    ) ENGINE = Null`,
    `CREATE TABLE IF NOT EXISTS exchanges (
      id UInt64 CODEC(Delta, ZSTD(1)),
      ${EXCHANGE_COLUMNS.map(({ name, type }) => `${name} ${type}${CODECS[name] === undefined ? "" : ` CODEC(${CODECS[name]})`}`).join(",\n      ")},
      INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1,
      INDEX by_trace trace TYPE bloom_filter(0.001) GRANULARITY 1,
      INDEX by_connection connection TYPE bloom_filter(0.01) GRANULARITY 1,
      INDEX by_status status TYPE set(32) GRANULARITY 4,
      INDEX by_service service TYPE set(64) GRANULARITY 4
    ) ENGINE = MergeTree PARTITION BY toDate(arrived) ORDER BY (at, id) SETTINGS ttl_only_drop_parts = 1, ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS rollups (
      minute Int64, service String, method String, route String,
      ${OUTCOME_COLUMNS.map((name) => `${name} SimpleAggregateFunction(sum, Int64)`).join(", ")},
      request_bytes SimpleAggregateFunction(sum, Int64), response_bytes SimpleAggregateFunction(sum, Int64),
      latency SimpleAggregateFunction(sumMap, Map(Int32, Int64))
    ) ENGINE = AggregatingMergeTree PARTITION BY toDate(minute * 60) ORDER BY (minute, service, method, route) SETTINGS ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS flows (
      id UInt64, at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)), arrived DateTime64(3, 'UTC'), name LowCardinality(String), summary String, document String CODEC(ZSTD(3))
    ) ENGINE = MergeTree PARTITION BY toDate(arrived) ORDER BY (at, id) SETTINGS ttl_only_drop_parts = 1, ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS senders (id String, sequence SimpleAggregateFunction(max, UInt64), seen SimpleAggregateFunction(max, DateTime64(3, 'UTC')))
      ENGINE = AggregatingMergeTree ORDER BY id SETTINGS ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS uncounted (id UInt64, batch String, arrived DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY id SETTINGS ${DURABLE}`,
    `CREATE TABLE IF NOT EXISTS collectors (node UInt8, instance String, claimed DateTime64(3, 'UTC'), seen DateTime64(3, 'UTC') DEFAULT now64(3), ended UInt8, last_id UInt64)
      ENGINE = MergeTree ORDER BY (node, instance, seen) TTL toDateTime(seen) + INTERVAL 30 DAY`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_exchanges TO exchanges AS
      SELECT id, ${EXCHANGE_COLUMNS.map(({ name }) => FROM_ARRIVAL[name] ?? name).join(", ")} FROM arrivals WHERE row = 'exchange'`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_rollups TO rollups AS
      SELECT ${sumsSql(1, "micros")} FROM arrivals WHERE row = 'exchange' AND counted = 1 GROUP BY minute, service, method, route`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_flows TO flows AS
      SELECT id, ${FROM_ARRIVAL["at"]}, ${FROM_ARRIVAL["arrived"]}, name, summary, document FROM arrivals WHERE row = 'flow'`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_senders TO senders AS
      SELECT name AS id, arrivals.sequence AS sequence, fromUnixTimestamp64Milli(millis, 'UTC') AS seen FROM arrivals WHERE row = 'sender'`,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_uncounted TO uncounted AS
      SELECT id, batch, ${FROM_ARRIVAL["arrived"]} FROM arrivals WHERE row = 'uncounted'`,
  ],
];

/** The version that this program writes. */
export const CLICKHOUSE_VERSION: number = CLICKHOUSE_MIGRATIONS.length;

/** Makes the database, and brings it to this version. @throws TaplineError */
export async function migrateClickHouse(
  connection: ClickHouseConnection,
  to: number = CLICKHOUSE_VERSION,
): Promise<void> {
  await connection.createDatabase();
  await connection.command(
    "CREATE TABLE IF NOT EXISTS migrations (version UInt32, at DateTime DEFAULT now()) ENGINE = MergeTree ORDER BY version",
  );
  const [row] = await connection.rows<{ version: number }>("SELECT max(version) AS version FROM migrations");
  const version = row?.version ?? 0;
  if (version > CLICKHOUSE_VERSION)
    throw new TaplineError(
      "input",
      `it has version ${version} of the store, and this program knows ${CLICKHOUSE_VERSION}`,
      {
        place: { file: connection.name },
        hint: "use the Tapline that wrote it, or a later one",
      },
    );
  for (let step = version; step < to; step++) {
    for (const statement of CLICKHOUSE_MIGRATIONS[step]!) await connection.command(statement);
    await connection.command(`INSERT INTO migrations (version) VALUES (${step + 1})`);
  }
}

/** Tables whose rows go after the time that they are kept, each with the column that it is counted from. */
const KEPT = [
  ["exchanges", "toDateTime(arrived)"],
  ["flows", "toDateTime(arrived)"],
  ["uncounted", "toDateTime(arrived)"],
  ["rollups", "toDateTime(minute * 60)"],
] as const;

/** Rows go so many milliseconds after they came, whole parts at a time. All collectors of a database keep for the same time: the last says it. */
export async function setRetention(connection: ClickHouseConnection, keepMillis: number): Promise<void> {
  const seconds = Math.min(Math.ceil(keepMillis / 1000), MAX_KEPT_SECONDS);
  const tables = await connection.rows<{ name: string; sql: string }>(
    "SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase()",
  );
  for (const [table, time] of KEPT) {
    const now = tables.find(({ name }) => name === table)?.sql ?? "";
    if (new RegExp(`toIntervalSecond\\(${seconds}\\)|INTERVAL ${seconds} SECOND`).test(now)) continue;
    await connection.command(`ALTER TABLE ${table} MODIFY TTL ${time} + INTERVAL ${seconds} SECOND`);
  }
}

/** ClickHouse counts such times in 32 bits. */
const MAX_KEPT_SECONDS = 40 * 365 * 86_400;
