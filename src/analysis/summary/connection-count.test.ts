import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectionCount } from "./connection-count.ts";

test("connections are told apart by their sources and identifiers", () => {
  const connections = new ConnectionCount();
  const added = (
    [
      ["a", 1n],
      ["a", 1n],
      ["b", 1n],
      ["a", 2n],
      [undefined, 1n],
      ["b", 1n],
      [undefined, 1n],
    ] as const
  ).map(([source, id]) => connections.add(source, id));
  assert.deepEqual(added, [true, false, true, true, true, false, false]);
  assert.equal(connections.count, 4);
});

test("beyond the limit those that are known are, and others count each time", () => {
  const connections = new ConnectionCount(2);
  for (let id = 0n; id < 5n; id++) connections.add("a", id);
  assert.deepEqual(
    [connections.add("a", 0n), connections.add("b", 0n), connections.add("b", 0n)],
    [false, false, false],
  );
  assert.equal(connections.count, 7);
});
