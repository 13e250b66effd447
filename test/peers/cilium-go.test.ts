import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildGoPeer } from "../support/go-peer.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");

test("Cilium's own decoder reads what --record writes, and passes over its times", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "tapline-cilium-go-"));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "recorded.gob");
  const messages = Array.from({ length: 300 }, (_, i) => [i % 7, `82${"ab".repeat(1 + ((i * 37) % 500))}`] as const);
  const lines = messages.map(([cpu, hex]) => `${cpu} ${hex}\n`).join("");
  spawnSync(PROGRAM, ["monitor", "--input", "-", "--record", file, "-q"], { input: lines });
  const { stdout, stderr, status } = spawnSync(await buildGoPeer("cilium-go", "cilium-go-1.19.4"), [], {
    input: await readFile(file),
    maxBuffer: 16 << 20,
  });
  assert.equal(status, 0, stderr.toString());
  assert.equal(stdout.toString(), messages.map(([cpu, hex]) => `${cpu} 9 0 ${hex}\n`).join(""));
});
