import type { DatabaseSync } from "node:sqlite";
import { TaplineError } from "../../../model/index.ts";
import { ATTRIBUTE_COLUMNS, FLAG_IMPRECISE, PLAIN_COLUMNS } from "../record/columns.ts";

/** Enough of a trace to find it by: the whole would be a tenth of what an exchange takes. */
export const TRACE_START_SQL = "substr(trace, 1, 8)";

/** Exchanges of one run: indexes over texts that are drawn begin with it. */
const RUN_SQL = "id >> 13";

/**
 * The runs of a segment, as a condition that lets such an index be searched run by run: 122 for a million exchanges. Of an index over drawn texts
 * alone each exchange of a batch changes a page of its own, and all of them are written twice; of a run's there are few.
 */
export const OF_ANY_RUN_SQL = `${RUN_SQL} IN (WITH RECURSIVE runs (run) AS (
  SELECT min(id) >> 13 FROM exchanges UNION ALL SELECT run + 1 FROM runs WHERE run < (SELECT max(id) >> 13 FROM exchanges)
) SELECT run FROM runs)`;

/**
 * The schema of a segment, step by step: a segment of version N has had the first N steps. A step that was ever released stays as it
 * is; what changes is a further step.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY,
    block INTEGER NOT NULL,
    place INTEGER NOT NULL,
    ${[
      ...PLAIN_COLUMNS.map(({ name, type }) => `${name} ${type}`),
      ...ATTRIBUTE_COLUMNS.map(({ name, type }) => `${name} ${type}`),
    ].join(",\n    ")}
  );
  CREATE TABLE blocks (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE INDEX exchanges_by_time ON exchanges (time);
  CREATE INDEX exchanges_by_service ON exchanges (service, time);
  CREATE INDEX exchanges_by_status ON exchanges (status, time);
  CREATE INDEX exchanges_by_trace ON exchanges (trace) WHERE trace IS NOT NULL;
  CREATE TABLE rollups (
    minute INTEGER NOT NULL,
    service TEXT NOT NULL,
    method TEXT NOT NULL,
    route TEXT NOT NULL,
    ok INTEGER NOT NULL,
    redirect INTEGER NOT NULL,
    client_error INTEGER NOT NULL,
    error INTEGER NOT NULL,
    none INTEGER NOT NULL,
    request_bytes INTEGER NOT NULL,
    response_bytes INTEGER NOT NULL,
    latency BLOB NOT NULL,
    PRIMARY KEY (minute, service, method, route)
  ) WITHOUT ROWID;`,
  `CREATE TABLE flows (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    kind TEXT NOT NULL,
    summary TEXT NOT NULL,
    document TEXT NOT NULL
  );
  CREATE INDEX flows_by_time ON flows (time);
  CREATE TABLE senders (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL, seen INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;`,
  `CREATE INDEX exchanges_by_connection ON exchanges (connection, time);
  CREATE INDEX exchanges_by_outcome ON exchanges (outcome, time);`,
  `DROP INDEX IF EXISTS exchanges_by_trace;
  CREATE INDEX exchanges_by_trace_start ON exchanges (${TRACE_START_SQL}) WHERE trace IS NOT NULL;
  DROP INDEX IF EXISTS exchanges_by_connection;
  CREATE INDEX exchanges_by_connection ON exchanges (connection);
  CREATE INDEX exchanges_imprecise ON exchanges (time) WHERE flags & ${FLAG_IMPRECISE};`,
  `DROP INDEX IF EXISTS exchanges_by_trace_start;
  CREATE INDEX exchanges_by_trace_start ON exchanges (${RUN_SQL}, ${TRACE_START_SQL}) WHERE trace IS NOT NULL;
  DROP INDEX IF EXISTS exchanges_by_connection;
  CREATE INDEX exchanges_by_connection ON exchanges (${RUN_SQL}, connection);`,
];

/** The version that this program writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/**
 * Brings a segment to this version, each step as one transaction.
 * @throws TaplineError `input` where it was written by a later version
 */
export function migrate(database: DatabaseSync, file: string, to: number = SCHEMA_VERSION): void {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION)
    throw new TaplineError(
      "input",
      `it has version ${version} of the store, and this program knows ${SCHEMA_VERSION}`,
      {
        place: { file },
        hint: "use the Tapline that wrote it, or a later one",
      },
    );
  for (let step = version; step < to; step++)
    database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[step]} PRAGMA user_version = ${step + 1}; COMMIT;`);
}

export function versionOf(database: DatabaseSync): number {
  return (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;
}
