import assert from "node:assert/strict";
import { test } from "node:test";
import { SILENT_LOGGER } from "../model/index.ts";
import { SparseLog } from "./sparse-log.ts";

test("a message is written at once, then every ten seconds with how often it came", () => {
  const lines: object[] = [];
  let now = 0;
  const log = new SparseLog(
    { ...SILENT_LOGGER, warn: (fields, message) => lines.push({ ...fields, message }) },
    () => now,
  );
  for (now of [0, 1, 9_999]) log.warn({ at: now }, "lost");
  log.warn({ at: now }, "other");
  now = 10_000;
  log.warn({ at: now }, "lost");
  assert.deepEqual(lines, [
    { at: 0, times: 1, message: "lost" },
    { at: 9_999, times: 1, message: "other" },
    { at: 10_000, times: 3, message: "lost" },
  ]);
});
