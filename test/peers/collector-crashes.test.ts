/** `tapline collector` killed fifty times: under load, while segments change, while old ones are let go of, and while it migrates. */
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { recordOf } from "../../src/collector/store/record/exchange-record.ts";
import { Segment } from "../../src/collector/store/segment/segment.ts";
import { segmentBatch } from "../../src/collector/store/segment/segment-batch.ts";
import { makeStoreFolder, segmentPath } from "../../src/collector/store/segment/segment-folder.ts";
import { SCHEMA_VERSION, versionOf } from "../../src/collector/store/segment/segment-schema.ts";
import { buildExchange } from "../support/build-exchange.ts";
import { ClickHouseServer, noClickHouse } from "../support/clickhouse/start-clickhouse.ts";
import { crashUnderLoad, readStored, startCollectorProgram } from "../support/crash-collector.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { Random } from "../support/random.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

/** Reports of so much fill a segment of 1 MiB in a moment. */
const PADDING = 20_000;

test("while segments change: all of it is there, once (20 times)", { timeout: 1_800_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const random = new Random();
  const args = ["--max-bytes", "16M"];
  const acknowledged: string[] = [];
  for (let round = 0; round < 20; round++) {
    acknowledged.push(...(await crashUnderLoad(context, folder.path, args, { random, round, padding: PADDING })));
    // Retention does not come into it: what is there is looked at before there is too much.
    if (round % 2 === 0) continue;
    const stored = await readStored(context, folder.path, ["--max-bytes", "1G"]);
    const oldest = [...stored.keys()][0];
    const kept = acknowledged.slice(Math.max(0, acknowledged.indexOf(oldest!)));
    const missing = kept.filter((path) => stored.get(path) !== 1);
    // Reports of one moment are answered in any order: at the edge of the oldest segment some are older than its first.
    assert.ok(
      missing.length < 100 && missing.every((path) => kept.indexOf(path) < 200),
      `${missing} (seed ${random.seed})`,
    );
    for (const [path, count] of stored) assert.equal(count, 1, `${path} (seed ${random.seed})`);
  }
});

test("under load with room enough: all of it is there, once (20 times)", { timeout: 1_800_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const random = new Random();
  const acknowledged: string[] = [];
  for (let round = 0; round < 20; round++)
    acknowledged.push(
      ...(await crashUnderLoad(context, folder.path, ["--max-bytes", "4G"], { random, round, padding: 200 })),
    );
  const stored = await readStored(context, folder.path);
  const wrong = acknowledged.filter((path) => stored.get(path) !== 1);
  assert.deepEqual(wrong, [], `of ${acknowledged.length} (seed ${random.seed})`);
});

test("with a database, which goes away in every third round: all of it is there, once (15 times)", {
  skip: noClickHouse ?? false,
  timeout: 1_800_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const server = await ClickHouseServer.start(join(folder.path, "database"));
  context.after(() => server.kill());
  const random = new Random();
  const [data, args] = [join(folder.path, "data"), ["--store", `clickhouse://127.0.0.1:${server.port}/crashes`]];
  const acknowledged: string[] = [];
  for (let round = 0; round < 15; round++) {
    const crashing = crashUnderLoad(context, data, args, {
      random,
      round,
      padding: 200,
      beside: async () => {
        if (round % 3 !== 2) return;
        await new Promise((resolve) => setTimeout(resolve, random.below(500)));
        await server.kill();
      },
    });
    acknowledged.push(...(await crashing));
    if (round % 3 === 2) await server.start();
  }
  const last = await startCollectorProgram(context, data, args);
  const spilled = () => readdirSync(join(data, "spill")).filter((name) => name.endsWith(".ndjson"));
  await until(
    () => spilled().length === 0,
    () => `what waits is brought in: ${spilled()}`,
    120_000,
  );
  await last.stop();
  const stored = await readStored(context, data, args);
  const wrong = acknowledged.filter((path) => stored.get(path) !== 1);
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${acknowledged.length} (seed ${random.seed})`);
  context.diagnostic(`${acknowledged.length} acknowledged, ${stored.size} there`);
});

test("while it brings old segments to its version (10 times)", { timeout: 1_800_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const random = new Random();
  const wanted = 20_000;
  for (let round = 0; round < 10; round++) {
    const data = join(folder.path, String(round));
    makeOldSegment(data, wanted);
    const free = ["--listen", "--ingest", "--grpc"].flatMap((flag) => [flag, "127.0.0.1:0"]);
    const started = startProgram(process.execPath, [MAIN, "collector", ...free, "--data", data]);
    await new Promise((resolve) => setTimeout(resolve, random.below(2000)));
    await started.stop("SIGKILL");
    const stored = await readStored(context, data);
    assert.equal(stored.size, wanted, `seed ${random.seed}`);
    const database = new DatabaseSync(segmentPath(data, 1), { readOnly: true });
    assert.equal(versionOf(database), SCHEMA_VERSION);
    database.close();
    rmSync(data, { recursive: true });
  }
});

/** As the first version wrote it: without the tables and indexes of later ones. */
function makeOldSegment(data: string, count: number): void {
  rmSync(data, { recursive: true, force: true });
  const file = { number: 1, path: segmentPath(data, 1) };
  makeStoreFolder(data);
  const segment = new Segment(file);
  const exchanges = Array.from({ length: count }, (_, index) =>
    recordOf(buildExchange({ target: `/old/${index}` }), 0),
  );
  segment.write(segmentBatch({ exchanges, flows: [], senders: [] }), 1);
  segment.close();
  const database = new DatabaseSync(file.path);
  database.exec(`DROP INDEX exchanges_by_connection; DROP INDEX exchanges_by_outcome; DROP INDEX exchanges_imprecise;
    DROP INDEX exchanges_by_trace_start; CREATE INDEX exchanges_by_trace ON exchanges (trace) WHERE trace IS NOT NULL;
    DROP TABLE flows; DROP TABLE senders; DROP TABLE facts; PRAGMA user_version = 1; VACUUM;`);
  database.close();
}
