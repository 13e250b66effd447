/** Folders for what is kept, where the system makes none and says that the one above is missing, as in /proc: an error, and no try for ever. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");

for (const [what, code] of [
  [
    "a store",
    'import { makeStoreFolder as make } from "./src/collector/store/segment/segment-folder.ts"; make("/proc/a/b");',
  ],
  ["a spool", 'import { BatchSpool } from "./src/sink/send/batch-spool.ts"; new BatchSpool("/proc/a/b", "name");'],
] as const)
  test(`${what} in /proc is refused`, { skip: process.platform !== "linux" }, () => {
    const { status, stderr, error } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd: ROOT,
      encoding: "utf8",
      timeout: 120_000,
    });
    assert.equal(error, undefined, `${error}`);
    assert.equal(status, 1);
    assert.match(stderr, /TaplineError: .*(?:cannot be made|cannot be used): ENOENT/);
  });
