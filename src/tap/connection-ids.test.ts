import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionIds } from "./connection-ids.ts";

test("ids from zero", () => {
  const ids = new ConnectionIds("from-zero");
  assert.deepEqual([ids.next(), ids.next(), ids.next()], [0n, 1n, 2n]);
});

test("ids of a run that started later are above those of the one before", () => {
  const first = new ConnectionIds("unique-across-restarts", { startedMillis: 1_700_000_000_000.001 });
  const second = new ConnectionIds("unique-across-restarts", { startedMillis: 1_700_000_000_000.002 });
  assert.equal(first.next(), 1_700_000_000_000_001_000n);
  for (let count = 1; count < 1000; count++) first.next();
  assert.equal(second.next(), first.next());
  assert.ok(new ConnectionIds("unique-across-restarts", { startedMillis: Date.UTC(2500, 0) }).next() < 2n ** 64n);
});

test("processes side by side never give the same id", () => {
  for (const policy of ["from-zero", "unique-across-restarts"] as const) {
    const shares = [0, 1, 2].map((index) => new ConnectionIds(policy, { startedMillis: 1, index, count: 3 }));
    const ids = shares.flatMap((share) => [share.next(), share.next(), share.next()]);
    assert.equal(new Set(ids).size, 9);
  }
});
