import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MAIN } from "../support/tapline-main.ts";

const FOLDER = join(import.meta.dirname, "../../../shared/findings/filter");

const cases = readFileSync(join(FOLDER, "cases.tsv"), "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t") as [string, string, string]);

/** How many exchanges a filter selects; `refused` with exit code 2. */
function select(input: string, filter: string): Promise<string> {
  return new Promise((resolve) => {
    const args = [MAIN, "read", join(FOLDER, input), "-q", "-o", "ndjson", "-Y", filter];
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (status === 2) return resolve("refused");
      resolve(status === 0 ? String(stdout.split("\n").filter((line) => line !== "").length) : `failed: ${stderr}`);
    });
  });
}

test("every filter selects what it must, or is refused", { concurrency: 2 }, async (context) => {
  await Promise.all(
    cases.map(([input, filter, wanted]) =>
      context.test(`${input}: ${filter}`, async () => {
        assert.equal(await select(input, filter), wanted);
      }),
    ),
  );
});
