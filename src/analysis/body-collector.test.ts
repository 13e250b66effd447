import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBudget } from "../model/index.ts";
import { BodyCollector } from "./body-collector.ts";

for (const size of [1, 2048, 2049, 100_000])
  test(`what is kept of ${size} bytes is a copy: sockets read into the same Buffer again`, () => {
    const budget = new MemoryBudget(1_000_000);
    const collector = new BodyCollector(1_000_000, budget);
    const shared = Buffer.alloc(size, "a");
    for (let piece = 0; piece < 2; piece++) {
      assert.equal(collector.push(shared, 0, size), 0);
      shared.fill("b");
    }
    const { bytes, truncated } = collector.take(true);
    assert.equal(Buffer.from(bytes).toString(), `${"a".repeat(size)}${"b".repeat(size)}`);
    assert.deepEqual([truncated, budget.used], [false, 0]);
  });

test("what is kept of one piece is a copy, too", () => {
  const collector = new BodyCollector(1_000_000, new MemoryBudget(1_000_000));
  const shared = Buffer.alloc(4096, "a");
  collector.push(shared, 0, shared.length);
  shared.fill("b");
  assert.ok(collector.take(true).bytes.every((byte) => byte === 97));
});
