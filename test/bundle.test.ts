/** The bundle that `npm run build` makes, and that tests started by `scripts/run-tests.ts` run. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MAIN } from "./support/tapline-main.ts";

const skip = MAIN.endsWith(".js") ? false : "no bundle: it is made by scripts/run-tests.ts";
const bundle = join(MAIN, "../..");

test("the files of threads are entries of their own, where those who start them look", { skip }, () => {
  for (const file of [
    "sink/file/batch/file-worker",
    "sink/content/decode-worker",
    "sink/flight-recorder/dump-worker",
    "cli/agent/analyzer-thread",
  ])
    assert.ok(existsSync(join(bundle, `${file}.js`)), file);
  for (const name of ["writer", "reader"])
    assert.ok(existsSync(join(bundle, `collector/store/threads/${name}-thread.js`)), name);
});

test("no package is in it: each is loaded from where npm put it", { skip }, () => {
  assert.match(readFileSync(MAIN, "utf8"), /from "commander"/);
});
