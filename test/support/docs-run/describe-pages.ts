import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { describe, test } from "node:test";
import { skipUnless } from "../needs.ts";
import { makeTemporaryFolder } from "../temporary-folder.ts";
import { type Block, PAGES, PROJECT, readBlocks } from "./blocks.ts";

/** The pages that one begins with, and those that are mostly configurations. */
export const FIRST_PAGES: readonly string[] = [
  "README.md",
  ...[
    "admin",
    "configuration",
    "cookbook",
    "getting-started",
    "reading-http",
    "receive-taps",
    "rover",
    "tap",
    "up",
  ].map((name) => `docs/${name}.md`),
];

/** A test for each of these pages, which runs its blocks in namespaces of their own. */
export function describePages(pages: readonly string[]): void {
  const programs = skipUnless("unshare", "ip", "mount", "tcpdump", "curl", "jq", "openssl");
  describe("pages run as they stand", {
    skip: process.getuid?.() === 0 ? programs : "missing: root",
    concurrency: 2,
  }, () => {
    spawnSync(process.execPath, [join(PROJECT, "scripts/build-bundle.ts"), "--if-older"]);
    for (const page of pages) {
      const blocks = readBlocks(page);
      if (blocks.every(({ marks }) => marks.has("needs"))) continue;
      test(page, { timeout: 300_000 }, () => runPage(page, blocks));
    }
  });
}

/** A test for each page that has blocks which need this peer: they are run beside it. */
export function describePagesWith(peer: string): void {
  for (const page of PAGES) {
    const blocks = readBlocks(page);
    if (blocks.some(({ marks }) => marks.get("needs") === peer))
      test(`${page}, with ${peer}`, { timeout: 300_000 }, () => runPage(page, blocks, peer));
  }
}

async function runPage(page: string, blocks: readonly Block[], peer?: string): Promise<void> {
  const folder = makeTemporaryFolder();
  try {
    const program = join(import.meta.dirname, "run-page.ts");
    const args = ["-n", "-m", process.execPath, program, page, folder.path];
    const child = spawn("unshare", peer === undefined ? args : [...args, peer]);
    const [output, errors] = await Promise.all([readText(child.stdout), readText(child.stderr), once(child, "close")]);
    const lines = output.split("\n").filter((line) => line !== "");
    const results = lines.map((line) => JSON.parse(line) as { line: number; done: string; problems: string[] });
    const problems = results.flatMap(({ line, problems }) => problems.map((one) => `${page}:${line}: ${one}`));
    assert.equal(problems.join("\n\n"), "");
    assert.equal(errors, "");
    assert.deepEqual(
      results.map(({ line }) => line),
      blocks.map(({ line }) => line),
    );
  } finally {
    folder.remove();
  }
}
