import assert from "node:assert/strict";
import { test } from "node:test";
import { sumCounters } from "./sum-counters.ts";

test("counters of several processes are added up by name", () => {
  assert.deepEqual(sumCounters([["b: 1", "listener.[::1]:80.x: 2"], ["a: 3", "b: 4"], []]), [
    "a: 3",
    "b: 5",
    "listener.[::1]:80.x: 2",
  ]);
});
