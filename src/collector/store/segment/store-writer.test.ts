import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { buildExchange } from "../../../../test/support/build-exchange.ts";
import { makeTemporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { StoreReader } from "../query/store-reader.ts";
import { recordOf } from "../record/exchange-record.ts";
import { Segment } from "./segment.ts";
import { segmentBatch } from "./segment-batch.ts";
import { listSegments, segmentPath } from "./segment-folder.ts";
import { MIGRATIONS, migrate, SCHEMA_VERSION, versionOf } from "./segment-schema.ts";
import { StoreWriter, type WriterOptions } from "./store-writer.ts";

const DAY = 24 * 3600 * 1000;
const FOREVER = { keepMillis: 1000 * DAY, maxBytes: 1e12 };

function records(count: number, status = 200) {
  return Array.from({ length: count }, (_, index) =>
    recordOf(buildExchange({ target: `/item/${index}`, status, requestHeaders: { "x-secret-of": `n${index}` } }), 0),
  );
}

/** Nothing that packs well. */
function noise(count: number) {
  const requestHeaders = () => ({ "x-noise": randomBytes(400).toString("base64") });
  const exchanges = Array.from({ length: count }, () =>
    recordOf(buildExchange({ requestHeaders: requestHeaders() }), 0),
  );
  return { exchanges, flows: [], senders: [] };
}

/** A small disk is a file system in memory, which root alone may mount. */
function whyNoDisk(): string | false {
  const { path, remove } = makeTemporaryFolder();
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
  if (status === 0) execFileSync("umount", ["-l", path]);
  remove();
  return status !== 0 && "no file system can be mounted";
}

const batch = (count: number, status?: number) => ({ exchanges: records(count, status), flows: [], senders: [] });

function withFolder(run: (folder: string) => void): void {
  const { path, remove } = makeTemporaryFolder();
  try {
    run(path);
  } finally {
    remove();
  }
}

function withReader<T>(folder: string, run: (reader: StoreReader) => T): T {
  const reader = new StoreReader(folder, () => {});
  try {
    return run(reader);
  } finally {
    reader.close();
  }
}

test("a folder has one writer at a time: a second one is refused, and one comes when the first has closed it", () => {
  withFolder((folder) => {
    const options: WriterOptions = { folder, ...FOREVER };
    const first = new StoreWriter(options, 0);
    first.write(batch(3), 0);
    assert.throws(() => new StoreWriter(options, 0), {
      code: "output",
      message: "another process keeps exchanges in this folder",
    });
    // It is the operating system's: another process sees it, too.
    const script = `import("${new URL("./store-writer.ts", import.meta.url)}").then(({ StoreWriter }) => new StoreWriter(${JSON.stringify(options)}, 0))`;
    const { stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 30_000 });
    assert.match(stderr, /another process keeps exchanges in this folder/);
    assert.equal(first.write(batch(1), 0), 4);
    first.close();
    const second = new StoreWriter(options, 0);
    assert.equal(second.write(batch(1), 0), 5);
    second.close();
  });
});

describe("the writer of the embedded store", () => {
  test("goes on with the numbers and the senders of before, over segments", () =>
    withFolder((folder) => {
      const options: WriterOptions = { folder, ...FOREVER, segmentBytes: 1 };
      const first = new StoreWriter(options, 0);
      for (let index = 0; index < 40; index++)
        assert.equal(
          first.write({ ...batch(3), senders: [{ id: "a", sequence: index, seen: 0 }] }, 0),
          1 + 3 * index,
          "numbers follow each other",
        );
      first.close();
      assert.ok(listSegments(folder).length >= 3);
      const second = new StoreWriter(options, 0);
      assert.equal(second.senderPosition("a"), 39);
      assert.equal(second.senderPosition("b"), undefined);
      assert.equal(second.write(batch(1), 0), 121);
      second.close();
      withReader(folder, (reader) => assert.equal(reader.facts().exchanges, 121));
    }));

  test("lets go of segments that are too old or too many, and of nothing else", () =>
    withFolder((folder) => {
      const writer = new StoreWriter({ folder, keepMillis: DAY, maxBytes: 1e12, segmentBytes: 1 }, 0);
      for (let index = 0; index < 64; index++) writer.write(batch(1), index * 3600 * 1000);
      writer.retain(64 * 3600 * 1000);
      assert.ok(writer.removed >= 2, `${writer.removed} removed`);
      // Everything of the last day is there.
      withReader(folder, (reader) => assert.ok(reader.facts().exchanges >= 24));
      writer.close();
      // Also after everything older has gone, numbers are not given twice.
      const next = new StoreWriter({ folder, keepMillis: DAY, maxBytes: 1e12, segmentBytes: 1 }, 65 * 3600 * 1000);
      assert.equal(next.write(batch(1), 65 * 3600 * 1000), 65);
      next.close();
    }));

  test("goes on when the clock is set back, and loses nothing by it", () =>
    withFolder((folder) => {
      const writer = new StoreWriter({ folder, keepMillis: DAY, maxBytes: 1e12, segmentBytes: 1 }, 10 * DAY);
      for (let index = 0; index < 20; index++) writer.write(batch(1), 10 * DAY);
      for (let index = 0; index < 20; index++) writer.write(batch(1), 3 * DAY);
      assert.equal(writer.write(batch(1), 10 * DAY), 41);
      writer.retain(3 * DAY);
      assert.equal(writer.removed, 0);
      writer.close();
      withReader(folder, (reader) => assert.equal(reader.facts().exchanges, 41));
    }));

  test("on a full disk keeps what was acknowledged, and goes on when there is room", { skip: whyNoDisk() }, () =>
    withFolder((folder) => {
      const disk = join(folder, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk]);
      try {
        const writer = new StoreWriter({ folder: disk, ...FOREVER }, 0);
        writeFileSync(join(disk, "ballast"), new Uint8Array(1_000_000));
        let kept = 0;
        const fill = (): void => {
          for (let index = 0; index < 1000; index++) {
            writer.write(noise(20), 0);
            kept += 20;
          }
        };
        assert.throws(fill, /the disk is full/);
        assert.throws(() => writer.write(noise(20), 0), /cannot be written/);
        rmSync(join(disk, "ballast"));
        writer.write(noise(20), 0);
        kept += 20;
        writer.close();
        withReader(disk, (reader) => assert.equal(reader.facts().exchanges, kept));
      } finally {
        execFileSync("umount", ["-l", disk]);
      }
    }),
  );

  for (const [what, remove] of [
    ["its file is", (folder: string) => rmSync(segmentPath(folder, 1))],
    ["the folder is", (folder: string) => rmSync(folder, { recursive: true })],
    [
      "its file is replaced by another that is",
      (folder: string) => {
        rmSync(segmentPath(folder, 1));
        writeFileSync(segmentPath(folder, 1), "");
      },
    ],
  ] as const)
    test(`where ${what} removed, what comes goes into another one, and is told of`, () =>
      withFolder((parent) => {
        const folder = join(parent, "data");
        const writer = new StoreWriter({ folder, ...FOREVER }, 0);
        writer.write({ ...batch(3), senders: [{ id: "a", sequence: 7, seen: 0 }] }, 0);
        remove(folder);
        assert.equal(writer.write(batch(2), 0), 4);
        assert.match(writer.problems.join(), /segment-00000001\.sqlite: it was removed while it was written to/);
        assert.equal(writer.senderPosition("a"), 7);
        writer.close();
        withReader(folder, (reader) => assert.equal(reader.facts().exchanges, 2));
      }));

  test("a batch whose file is removed while it is written is refused", () =>
    withFolder((folder) => {
      const segment = new Segment({ number: 1, path: segmentPath(folder, 1) });
      const removing = {
        ...segmentBatch(batch(1)),
        get senders() {
          rmSync(segmentPath(folder, 1));
          return [];
        },
      };
      assert.throws(() => segment.write(removing, 1), /cannot be written: its file was removed/);
      segment.close();
    }));

  test("removes exchanges with their documents and sums", () =>
    withFolder((folder) => {
      const writer = new StoreWriter({ folder, ...FOREVER }, 0);
      writer.write({ ...batch(10), exchanges: [...records(5), ...records(5, 503)] }, 0);
      assert.equal(writer.remove([2, 6, 99]), 2);
      writer.close();
      withReader(folder, (reader) => {
        assert.equal(reader.find(2), undefined);
        assert.match(reader.find(3)!.document, /"x-secret-of","value":"n2"/);
        const [sum] = reader.services({});
        assert.deepEqual(sum!.counts, [4, 0, 0, 4, 0]);
      });
      const database = new DatabaseSync(segmentPath(folder, 1), { readOnly: true });
      assert.equal((database.prepare("SELECT count(*) AS n FROM exchanges").get() as { n: number }).n, 8);
      database.close();
    }));

  test("goes on beside a segment that was cut in the middle, and says so", () =>
    withFolder((folder) => {
      const writer = new StoreWriter({ folder, ...FOREVER }, 0);
      writer.write(batch(2000), 0);
      writer.close();
      truncateSync(segmentPath(folder, 1), 20_000);
      const next = new StoreWriter({ folder, ...FOREVER }, 0);
      assert.equal(listSegments(folder).length, next.problems.length === 0 ? 1 : 2);
      next.write(batch(3, 503), 0);
      next.close();
      withReader(folder, (reader) => {
        const { items } = reader.list({ limit: 10, filter: "5xx" });
        assert.equal(items.length, 3);
        assert.match(reader.facts().problems.join(), /segment-00000001/);
      });
    }));

  for (let version = 0; version < MIGRATIONS.length; version++)
    test(`takes over what version ${version} of the store has written`, () =>
      withFolder((folder) => {
        const database = new DatabaseSync(segmentPath(folder, 1));
        migrate(database, "old", version);
        if (version > 0) {
          const [record] = records(1, 503);
          const marks = record!.values.map(() => "?").join(", ");
          database.prepare(`INSERT INTO exchanges VALUES (5, 1, 0, ${marks})`).run(...record!.values);
        }
        database.close();
        const writer = new StoreWriter({ folder, ...FOREVER }, 0);
        assert.equal(writer.write(batch(2), 0), version > 0 ? 6 : 1);
        writer.close();
        const migrated = new DatabaseSync(segmentPath(folder, 1), { readOnly: true });
        assert.equal(versionOf(migrated), SCHEMA_VERSION);
        migrated.close();
        withReader(folder, (reader) =>
          assert.equal(reader.list({ limit: 9, filter: "5xx" }).items.length, version > 0 ? 1 : 0),
        );
      }));

  test("refuses what a later version has written", () =>
    withFolder((folder) => {
      const database = new DatabaseSync(segmentPath(folder, 1));
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
      database.close();
      const writer = new StoreWriter({ folder, ...FOREVER }, 0);
      assert.match(writer.problems.join(), /this program knows/);
      writer.close();
    }));
});
