import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const script = join(import.meta.dirname, "..", "scripts", "check-comments.ts");
const OPENERS = [
  "/** Wh" + "at it is. */",
  "/**\n * Wh" + "at it is,\n * at length.\n */",
  "const a = 1; // O" + "f it.",
];

for (const [name, text, status] of [
  ["ten", `${OPENERS[0]}\n`.repeat(10), 0],
  ["eleven, in every form of comment", `${`${OPENERS.join("\n")}\n`.repeat(3)}${OPENERS[0]}\n${OPENERS[1]}\n`, 1],
  [
    "lines that only continue one",
    `// It is so.\n// Wh${"at"} it is.\n/** It is\n * wh${"at"} it is. */\n`.repeat(20),
    0,
  ],
  ["texts", `const text = "// O${"f"} it";\n`.repeat(20), 0],
] as const)
  test(`comments that begin with either word: ${name}`, (context) => {
    const { path, remove } = makeTemporaryFolder();
    context.after(remove);
    mkdirSync(join(path, "src"));
    writeFileSync(join(path, "src", "a.ts"), text);
    const { status: ended, stderr } = spawnSync(process.execPath, [script, path], { encoding: "utf8" });
    assert.equal(ended, status, stderr);
  });
