import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { makeTemporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { migrate, OF_ANY_RUN_SQL, SCHEMA_VERSION, TRACE_START_SQL } from "./segment-schema.ts";

const INSERT =
  "INSERT INTO exchanges (id, block, place, time, nanos, arrived, flags, counted, trace, connection) VALUES (?, 1, 0, ?, 0, 0, 0, 1, ?, ?)";

/** Runs of exchanges, the first one removed; each trace and connection has four of them, far from each other. */
function fill(database: DatabaseSync): void {
  migrate(database, "new");
  const insert = database.prepare(INSERT);
  database.exec("BEGIN");
  for (let id = 9000; id < 49_000; id++) insert.run(id, 50_000 - id, `trace-${id % 10_000}`, `here#${id % 10_000}`);
  database.exec("COMMIT");
}

test("exchanges of a trace and of a connection are found by an index, in whichever run they stand", () => {
  const database = new DatabaseSync(":memory:");
  fill(database);
  for (const [index, condition, parameters] of [
    ["exchanges_by_connection", "connection = ?", ["here#42"]],
    ["exchanges_by_trace_start", `${TRACE_START_SQL} = substr(?, 1, 8) AND trace = ?`, ["trace-42", "trace-42"]],
  ] as const) {
    const sql = `SELECT id FROM exchanges WHERE ${OF_ANY_RUN_SQL} AND ${condition} AND time > 0 ORDER BY time DESC, id DESC`;
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...parameters)
      .map(({ detail }) => String(detail));
    assert.match(plan[0]!, new RegExp(`SEARCH exchanges USING INDEX ${index} \\(<expr>=\\? AND `));
    assert.deepEqual(
      database
        .prepare(sql)
        .all(...parameters)
        .map(({ id }) => id),
      [10_042, 20_042, 30_042, 40_042],
    );
  }
  database.exec("DELETE FROM exchanges");
  assert.deepEqual(database.prepare(`SELECT id FROM exchanges WHERE ${OF_ANY_RUN_SQL}`).all(), []);
});

test("a batch of drawn traces and connections writes less than half of the pages that it did before indexes had runs", () => {
  const folder = makeTemporaryFolder();
  try {
    const [before, now] = [4, SCHEMA_VERSION].map((version) => {
      const path = join(folder.path, `${version}.db`);
      const database = new DatabaseSync(path);
      database.exec("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;");
      migrate(database, path, version);
      const random = new Random(1);
      const drawn = () =>
        random
          .below(2 ** 31)
          .toString(16)
          .padStart(8, "0");
      let id = 0;
      const write = (count: number): void => {
        const insert = database.prepare(INSERT);
        database.exec("BEGIN");
        for (let index = 0; index < count; index++) insert.run(++id, id, drawn(), `here#${drawn()}`);
        database.exec("COMMIT");
      };
      write(8192 * 4);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      write(500);
      const pages = Math.floor(statSync(`${path}-wal`).size / 4096);
      database.close();
      return pages;
    }) as [number, number];

    assert.ok(now > 0 && now * 2 < before, `${now} of ${before}`);
  } finally {
    folder.remove();
  }
});
