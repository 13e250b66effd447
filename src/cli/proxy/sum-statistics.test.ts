import assert from "node:assert/strict";
import { test } from "node:test";
import { sumStatistics } from "./sum-statistics.ts";

test("statistics of several processes are added up by name", () => {
  const statistic = (name: string, value: number) =>
    ({ name, family: name, labels: {}, kind: "counter", value }) as const;
  assert.deepEqual(sumStatistics([[statistic("b", 1)], [statistic("a", 3), statistic("b", 4)], []]), [
    statistic("b", 5),
    statistic("a", 3),
  ]);
});
