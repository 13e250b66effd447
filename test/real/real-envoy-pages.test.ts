/** The bootstraps that the pages show and the sample has are taken by a real Envoy, too. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { PROJECT } from "../support/docs-run/blocks.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { runProgram } from "../support/run-program.ts";

const envoy = findEnvoy();

describe("bootstraps of the sample", { skip: envoy.skip }, () => {
  for (const name of ["envoy.yaml", "taps.yaml"])
    test(name, async () => {
      const args = ["--mode", "validate", "-l", "error", "-c", join(PROJECT, "docs/sample", name)];
      const { code, stderr } = await runProgram(envoy.path, args, { timeoutMillis: 60_000 });
      assert.equal(code, 0, stderr);
    });
});
