/** `tapline collector` killed at any time: what it acknowledged is there, once. test/peers/collector-crashes.test.ts does it fifty times. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { crashUnderLoad, readStored } from "./support/crash-collector.ts";
import { Random } from "./support/random.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const ROUNDS = 3;

test(`what was acknowledged is there, once, after ${ROUNDS} crashes`, { timeout: 600_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const random = new Random();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++)
    acknowledged.push(...(await crashUnderLoad(context, folder.path, [], { random, round })));
  const stored = await readStored(context, folder.path);
  const missing = acknowledged.filter((path) => stored.get(path) !== 1);
  assert.deepEqual(missing, [], `of ${acknowledged.length} (seed ${random.seed})`);
  assert.ok(acknowledged.length > 0);
});
