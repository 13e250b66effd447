import assert from "node:assert/strict";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { runProgram } from "../../../test/support/run-program.ts";
import { MAIN } from "../../../test/support/tapline-main.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { backupStore, restoreStore } from "./backup-store.ts";
import { recordOf } from "./record/exchange-record.ts";
import { SqliteStore } from "./sqlite-store.ts";

const OPTIONS = { keepMillis: 1e12, maxBytes: 1e12, segmentBytes: 64 * 1024 };

function batch(from: number, count: number) {
  const exchanges = Array.from({ length: count }, (_, index) =>
    recordOf(
      buildExchange({
        target: `/n/${from + index}`,
        requestHeaders: { "x-noise": `${Math.random()}${Math.random()}` },
      }),
      Date.now(),
    ),
  );
  return { exchanges, flows: [], senders: [{ id: "here/1", sequence: from + count, seen: Date.now() }] };
}

test("a backup of a store that is written to has everything up to then, and can be gone on with", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const [data, copy, restored] = ["data", "copy", "restored"].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const store = await SqliteStore.open({ folder: data, ...OPTIONS });
  for (let from = 0; from < 2000; from += 50) await store.append(batch(from, 50));
  const { segments, exchanges } = await backupStore(data, copy);
  assert.ok(segments > 1, String(segments));
  assert.equal(exchanges, 2000);
  await store.append(batch(2000, 50));
  await store.close();
  await assert.rejects(backupStore(data, copy), /not empty/);

  const { code, stdout, stderr } = await runProgram(
    process.execPath,
    [MAIN, "collector", "--data", restored, "restore", copy],
    {
      timeoutMillis: 60_000,
    },
  );
  assert.deepEqual([code, /^2000 exchanges in \d+ segments/.test(stdout)], [0, true], stderr);
  assert.throws(() => restoreStore(copy, restored), /there are exchanges already/);
  const again = await SqliteStore.open({ folder: restored, ...OPTIONS });
  assert.equal((await again.facts()).exchanges, 2000);
  assert.equal(await again.senderPosition("here/1"), 2000);
  assert.equal(await again.append(batch(5000, 1)), 2001);
  await again.close();
});

test("a damaged backup is not restored", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const [data, copy] = ["data", "copy"].map((name) => join(folder.path, name)) as [string, string];
  const store = await SqliteStore.open({ folder: data, ...OPTIONS });
  await store.append(batch(0, 500));
  await store.close();
  await backupStore(data, copy);
  const [name] = readdirSync(copy);
  truncateSync(join(copy, name!), 30_000);
  assert.throws(() => restoreStore(copy, join(folder.path, "new")), /cannot be read/);
  assert.throws(() => restoreStore(folder.path, join(folder.path, "new")), /there are no exchanges/);
});
