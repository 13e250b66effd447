import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const PROGRAM = join(import.meta.dirname, "../../bin/tapline");

test("Cilium's own decoder reads what --record writes, and passes over its times", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "tapline-cilium-go-"));
  context.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "recorded.gob");
  const messages = Array.from({ length: 300 }, (_, i) => [i % 7, `82${"ab".repeat(1 + ((i * 37) % 500))}`] as const);
  const lines = messages.map(([cpu, hex]) => `${cpu} ${hex}\n`).join("");
  spawnSync(PROGRAM, ["monitor", "--input", "-", "--record", file, "-q"], { input: lines });
  const { stdout, stderr, status } = spawnSync(await buildPeer(), [], {
    input: await readFile(file),
    maxBuffer: 16 << 20,
  });
  assert.equal(status, 0, stderr.toString());
  assert.equal(stdout.toString(), messages.map(([cpu, hex]) => `${cpu} 9 0 ${hex}\n`).join(""));
});

/** Built once, into a cache outside of the checkout. */
async function buildPeer(): Promise<string> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers");
  await mkdir(cache, { recursive: true });
  const binary = join(cache, "cilium-go-1.19.4");
  await promisify(execFile)("go", ["build", "-o", binary, "."], { cwd: join(import.meta.dirname, "cilium-go") });
  return binary;
}
