import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Lines of each that hold at least 300 mutants with every seed. */
const FOLDERS: Readonly<Record<string, number>> = {
  "src/wire/http1": 224,
  "src/wire/hpack": 255,
  "src/wire/http2": 232,
  "src/wire/websocket": 300,
  "src/analysis/reassembly": 240,
  "src/analysis/redaction": 175,
  "src/tap/match": 245,
};
/** Hours are for who asks for them. */
const skip = process.env["npm_lifecycle_event"] === "test:peers" ? false : "only by npm run test:peers";
const SEEDS = (process.env["SEED"] ?? "1,2,3").split(",");

for (const [folder, lines] of Object.entries(FOLDERS))
  for (const seed of SEEDS)
    test(`of the faults put into ${folder}, seed ${seed}, four of five are noticed`, {
      skip,
      timeout: 3_600_000,
    }, () => {
      const run = spawnSync(
        process.execPath,
        ["scripts/mutation/mutate.ts", folder, "--seed", seed, "--lines", `${lines}`],
        {
          encoding: "utf8",
          maxBuffer: 1 << 28,
          env: { ...process.env, PATH: `node_modules/.bin:${process.env["PATH"]}` },
        },
      );
      assert.equal(run.status, 0, run.stdout + run.stderr);
      const report = JSON.parse(readFileSync("reports/mutation/mutation.json", "utf8")) as Report;
      const states = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
      const noticed = states.filter((status) => status === "Killed" || status === "Timeout").length;
      const missed = states.filter((status) => status === "Survived" || status === "NoCoverage").length;
      assert.ok(noticed >= 0.8 * (noticed + missed), `${noticed} of ${noticed + missed}\n${run.stdout}`);
    });

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}
