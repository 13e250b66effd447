/** A store in a database of its own has more to show than others: the database goes away, several collectors write to it, versions and retention. */
import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readClickHouseAddress } from "../../src/collector/store/clickhouse/clickhouse-address.ts";
import { ClickHouseConnection } from "../../src/collector/store/clickhouse/clickhouse-connection.ts";
import { CLICKHOUSE_VERSION, migrateClickHouse } from "../../src/collector/store/clickhouse/clickhouse-schema.ts";
import { ClickHouseStore, type ClickHouseStoreOptions } from "../../src/collector/store/clickhouse/clickhouse-store.ts";
import { dropOldest } from "../../src/collector/store/clickhouse/keep-within.ts";
import type { StoreBatch } from "../../src/collector/store/exchange-store.ts";
import { recordOf } from "../../src/collector/store/record/exchange-record.ts";
import { buildExchange } from "../support/build-exchange.ts";
import { ClickHouseServer, noClickHouse } from "../support/clickhouse/start-clickhouse.ts";
import { until } from "../support/proxy-harness.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const FOREVER = { keepMillis: 1e12, maxBytes: 1e12 };

function batchOf(count: number, label: string, more: Partial<StoreBatch> = {}): StoreBatch {
  const exchanges = Array.from({ length: count }, (_, i) =>
    recordOf(buildExchange({ target: `/${label}/${i}` }), Date.now()),
  );
  return { exchanges, flows: [], senders: [], ...more };
}

describe("a store in ClickHouse", { skip: noClickHouse ?? false, timeout: 300_000 }, () => {
  const folder = makeTemporaryFolder();
  let server: ClickHouseServer;
  before(async () => {
    server = await ClickHouseServer.start(join(folder.path, "data"));
  });
  after(async () => {
    await server?.kill();
    folder.remove();
  });

  const address = (name: string) => readClickHouseAddress(`clickhouse://127.0.0.1:${server.port}/${name}`, "");
  const open = (name: string, more: Partial<ClickHouseStoreOptions> = {}) =>
    ClickHouseStore.open({ address: address(name), spill: join(folder.path, `spill-${name}`), ...FOREVER, ...more });
  const waiting = (name: string) =>
    readdirSync(join(folder.path, `spill-${name}`)).filter((file) => file.endsWith(".ndjson"));

  async function targetsOf(store: ClickHouseStore): Promise<string[]> {
    const { items } = await store.list({ limit: 10_000 });
    return items.map(({ target }) => target!).sort();
  }

  test("what comes while the database is away waits on this disk, also over an end of the collector, and is there once", async () => {
    const told: string[] = [];
    const tell = (text: string) => told.push(text);
    const first = await open("away", { tell });
    await first.append(batchOf(2, "before"));
    await server.kill();
    const flows = [{ time: 1, kind: "drop", summary: "x", document: "{}" }];
    await first.append(batchOf(3, "away", { flows, senders: [{ id: "s", sequence: 4, seen: Date.now() }] }));
    await first.append(batchOf(1, "also"));
    assert.equal(waiting("away").length, 2);
    assert.equal(await first.senderPosition("s"), 4);
    await assert.rejects(first.senderPosition("stranger"), /ECONNREFUSED/);
    for (const file of waiting("away"))
      assert.equal(statSync(join(folder.path, "spill-away", file)).mode & 0o777, 0o600);
    const { problems, waitingBytes, exchanges } = await first.facts();
    assert.match(problems![0]!, /^2 batches \(\d+ bytes\) wait on this machine for the database: .*ECONNREFUSED/);
    assert.ok(waitingBytes! > 1000);
    assert.equal(exchanges, undefined);
    await assert.rejects(
      first.list({ limit: 1 }),
      /the database clickhouse:\/\/127\.0\.0\.1:\d+\/away: .*ECONNREFUSED/,
    );
    await first.close();
    assert.equal(waiting("away").length, 2, "what waits stays for the next one");
    await assert.rejects(open("away"), { code: "output" });

    await server.start();
    const second = await open("away", { tell });
    assert.equal(await second.senderPosition("s"), 4);
    await second.append(batchOf(1, "after"));
    await until(() => waiting("away").length === 0, "all of it is brought in");
    assert.deepEqual(await targetsOf(second), [
      "/after/0",
      "/also/0",
      "/away/0",
      "/away/1",
      "/away/2",
      "/before/0",
      "/before/1",
    ]);
    const sums = await second.services({});
    assert.equal(
      sums.reduce((sum, { counts }) => sum + counts[0]!, 0),
      7,
    );
    assert.equal((await second.flows({ limit: 10 })).length, 1);
    assert.equal(await second.senderPosition("s"), 4);
    assert.deepEqual((await second.facts()).problems, []);
    await second.close();
    assert.equal(told.length, 3, told.join("\n"));
    assert.match(told[0]!, /ECONNREFUSED.*; what comes waits in .*spill-away$/);
    assert.match(told[1]!, /^2 batches wait in .*spill-away: the next collector with this folder brings them in$/);
    assert.match(told[2]!, /^3 batches that waited are in the database now$/);
  });

  test("a batch that nobody knows of whether it arrived is there once, with its sums", async () => {
    const store = await open("twice");
    const first = await store.append(batchOf(3, "first"));
    // The answer is lost: the database has it, and the collector sends it again.
    const insert = ClickHouseConnection.prototype.insert;
    let lost = 0;
    ClickHouseConnection.prototype.insert = async function (...args) {
      await insert.apply(this, args);
      if (lost++ === 0) throw new Error("socket hang up");
    };
    try {
      await store.append(batchOf(2, "again", { uncounted: [first] }));
      assert.equal(waiting("twice").length, 1);
      await until(() => waiting("twice").length === 0, "it was sent again");
    } finally {
      ClickHouseConnection.prototype.insert = insert;
    }
    assert.equal(lost, 2);
    assert.equal((await targetsOf(store)).length, 5);
    const sums = await store.services({});
    assert.equal(
      sums.reduce((sum, { counts }) => sum + counts[0]!, 0),
      4,
    );
    await store.close();
  });

  test("what is damaged or gone while it waits is told, and holds up nothing", async () => {
    const told: string[] = [];
    const store = await open("damaged", { tell: (text) => told.push(text) });
    await server.kill();
    for (const label of ["a", "b", "c", "d"]) await store.append(batchOf(2, label));
    await store.close();
    const files = waiting("damaged")
      .sort()
      .map((name) => join(folder.path, "spill-damaged", name));
    rmSync(files[0]!);
    writeFileSync(files[1]!, '["exchange",17,{}]\n');
    await server.start();
    const again = await open("damaged", { tell: (text) => told.push(text) });
    await until(() => waiting("damaged").length === 0, "the others are brought in");
    assert.deepEqual(await targetsOf(again), ["/c/0", "/c/1", "/d/0", "/d/1"]);
    assert.match((await again.facts()).problems!.join("\n"), /^2 exchanges and flows that waited in \S+ are lost$/);
    assert.ok(
      told.some((text) => /2 exchanges and flows .* are lost/.test(text)),
      told.join("\n"),
    );
    assert.deepEqual(
      readdirSync(join(folder.path, "spill-damaged")).filter((name) => name.endsWith(".refused")).length,
      1,
    );
    await again.close();
  });

  test("what is removed leaves the sums once, also where the first try failed", async () => {
    const store = await open("removing");
    await store.append(batchOf(5, "r"));
    const { command } = ClickHouseConnection.prototype;
    ClickHouseConnection.prototype.command = async function (sql, ...rest) {
      if (sql.startsWith("ALTER TABLE exchanges DELETE")) throw new Error("socket hang up");
      return command.call(this, sql, ...rest);
    };
    try {
      await assert.rejects(store.remove({ filter: "request.path != '/r/0'" }), /socket hang up/);
    } finally {
      ClickHouseConnection.prototype.command = command;
    }
    assert.equal(await store.remove({ filter: "request.path != '/r/0'" }), 4);
    const sums = await store.services({});
    assert.equal(
      sums.reduce((sum, { counts }) => sum + counts[0]!, 0),
      1,
    );
    assert.deepEqual(await targetsOf(store), ["/r/0"]);
    await store.close();
  });

  test("what would be refused again is refused at once, and what there is no room for", async () => {
    const store = await open("refused", { spillBytes: 3000 });
    const connection = await ClickHouseConnection.open(address("refused"));
    await connection.command("RENAME TABLE arrivals TO gone");
    await assert.rejects(store.append(batchOf(1, "a")), /Table .*arrivals.* does not exist|UNKNOWN_TABLE|arrivals/);
    assert.deepEqual(waiting("refused"), []);
    await connection.command("RENAME TABLE gone TO arrivals");
    await server.kill();
    await store.append(batchOf(1, "b"));
    await assert.rejects(store.append(batchOf(20, "c")), /there is no room to wait for it/);
    await server.start();
    await until(() => waiting("refused").length === 0, "what was taken is brought in");
    assert.deepEqual(await targetsOf(store), ["/b/0"]);
    await connection.close();
    await store.close();
  });

  test("collectors of one database give numbers of their own, and one that ended leaves its place", async () => {
    const names = ["one", "two", "three"];
    const stores = await Promise.all(names.map((name) => open("shared", { spill: join(folder.path, name) })));
    const firsts = await Promise.all(stores.map((store, i) => store.append(batchOf(100, names[i]!))));
    const ids = firsts.flatMap((first) => Array.from({ length: 100 }, (_, i) => first + i));
    assert.equal(new Set(ids).size, 300);
    assert.ok(ids.every(Number.isSafeInteger));
    for (const store of stores) assert.equal((await targetsOf(store)).length, 300);
    assert.equal(new Set((await stores[0]!.list({ limit: 1000 })).items.map(({ id }) => id)).size, 300);
    await stores[1]!.close();
    // Its clock is set back: it goes on behind the numbers that were given.
    const again = await open("shared", { spill: join(folder.path, "again"), now: () => Date.now() - 86_400_000 });
    const next = await again.append(batchOf(1, "again"));
    assert.ok(!ids.includes(next));
    assert.equal(Math.floor(next / 2 ** 46), Math.floor(firsts[1]! / 2 ** 46), "the place that was left");
    assert.ok(next > firsts[1]!);
    for (const store of [stores[0]!, stores[2]!, again]) await store.close();
  });

  test("a database is brought to this version step by step, and a later one's is left alone", async () => {
    const connection = await ClickHouseConnection.open(address("versions"));
    await migrateClickHouse(connection);
    await migrateClickHouse(connection);
    const versions = await connection.rows<{ version: number }>("SELECT version FROM migrations ORDER BY version");
    assert.deepEqual(
      versions.map(({ version }) => version),
      Array.from({ length: CLICKHOUSE_VERSION }, (_, i) => i + 1),
    );
    await connection.command(`INSERT INTO migrations (version) VALUES (${CLICKHOUSE_VERSION + 1})`);
    await assert.rejects(open("versions"), {
      code: "input",
      message: /version \d+ of the store, and this program knows \d+/,
    });
    await connection.close();
  });

  test("rows go with the time that they are kept for, and whole days where there is no room", async () => {
    const day = 86_400_000;
    const store = await open("retention", { keepMillis: 7 * day });
    await store.append(batchOf(1, "today"));
    const connection = await ClickHouseConnection.open(address("retention"));
    const ttl = async () => {
      const tables = await connection.rows<{ sql: string }>(
        "SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name = 'exchanges'",
      );
      return /TTL .*toIntervalSecond\((\d+)\)/.exec(tables[0]!.sql)?.[1];
    };
    assert.equal(await ttl(), String(7 * 86_400));
    await store.close();
    const other = await open("retention", { keepMillis: 30 * day, now: () => Date.now() - day });
    assert.equal(await ttl(), String(30 * 86_400));
    await other.append(batchOf(1, "yesterday"));
    assert.deepEqual(await targetsOf(other), ["/today/0", "/yesterday/0"]);
    await dropOldest(connection, 1e9);
    assert.equal((await targetsOf(other)).length, 2);
    await dropOldest(connection, 1);
    assert.deepEqual(await targetsOf(other), ["/today/0"], "the last day stays");
    await connection.close();
    await other.close();
  });
});
