import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SECTIONS } from "../scripts/docs/sections.ts";
import { makeLimitTable } from "../scripts/docs/tables.ts";

const root = join(import.meta.dirname, "..");

test("what is made from tables in the code is what the pages say", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/generate-docs.ts"), "--check"], {
    encoding: "utf8",
  });
  assert.equal(stdout + stderr, "");
  assert.equal(status, 0);
});

test("every section in a page is one that is made", () => {
  for (const name of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")))
    for (const [, section] of readFileSync(join(root, "docs", name), "utf8").matchAll(/^<!-- (.+): begin -->$/gm))
      assert.ok(
        SECTIONS.some((known) => known.page === `docs/${name}` && known.name === section),
        `${name}: ${section}`,
      );
});

test("limits are told in the units that people use", () => {
  const table = makeLimitTable(
    {
      a: { default: 64 * 1024, unit: "bytes", doc: "one | two" },
      b: { default: 16_384, unit: "count", doc: "many" },
      c: { default: 1000, unit: "bytes", doc: "odd" },
      d: { default: 7200, unit: "seconds", doc: "long" },
      e: { default: 256 * 1024 * 1024, unit: "bytes", doc: "large" },
    },
    "of.",
  );
  assert.equal(
    table,
    `| name | default | what |
|---|---|---|
| \`of.a\` | 64 KiB | one \\| two |
| \`of.b\` | 16 384 | many |
| \`of.c\` | 1000 bytes | odd |
| \`of.d\` | 7200 s | long |
| \`of.e\` | 256 MiB | large |
`,
  );
});
