import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "./support/run-program.ts";

test("help writes defaults as they may be given", async () => {
  const program = join(import.meta.dirname, "../bin/tapline");
  const { stdout } = await runProgram(program, ["collector", "--help"], { timeoutMillis: 120_000 });
  for (const given of ["20G", "256M", "7d"]) assert.match(stdout, new RegExp(`\\(default:\\s+${given}\\)`));
  assert.doesNotMatch(stdout, /default:\s+\d{6,}/);
});
