import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../../../test/support/conversation.ts";
import { MemoryBudget } from "../../model/index.ts";
import type { ProtocolAnalyzer } from "../protocol-analyzer.ts";
import { HeldEvents } from "./held-events.ts";

test("what is held is charged, handed on in order, and given back", () => {
  const budget = new MemoryBudget(1000);
  const held = new HeldEvents(budget);
  const bytes = Uint8Array.of(1, 2, 3);
  assert.equal(held.tryKeepData("read", bytes, 5, at(1)), true);
  bytes.fill(0);
  assert.equal(held.tryKeepGap("write", 7, at(2), "lost-segment"), true);
  held.keepEnd("write", at(3));
  assert.ok(budget.used >= 3);
  assert.equal(held.tryKeepData("read", new Uint8Array(200), 8, at(4)), false, "there is no room");
  assert.deepEqual([held.has("write"), held.hasData("write"), held.hasData("read")], [true, false, true]);

  const told: unknown[] = [];
  const analyzer: ProtocolAnalyzer = {
    push: (direction, data, offset) => told.push([direction, [...data], offset]),
    gap: (direction, size, _time, reason) => told.push([direction, size, reason]),
    end: (direction) => told.push([direction, "end"]),
    close: () => {},
  };
  held.replay(analyzer);
  assert.deepEqual(told, [
    ["read", [1, 2, 3], 5],
    ["write", 7, "lost-segment"],
    ["write", "end"],
  ]);
  assert.deepEqual([held.isEmpty, budget.used], [true, 0]);
});
