import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const script = join(import.meta.dirname, "..", "scripts", "check-sizes.ts");

test("a file that is too long, a folder that is too full, and a reason that nobody needs", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const write = (file: string, lines: number): void => {
    const path = join(folder.path, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "//\n".repeat(lines));
  };
  write("src/a.ts", 300);
  write("src/long.ts", 301);
  write("src/judged.ts", 301);
  write("src/long.test.ts", 999);
  write("src/x/gen/made.ts", 999);
  for (let number = 0; number < 21; number++) write(`page/full/${number}.ts`, 1);
  const rows = ["src/judged.ts", "src/a.ts"].map((path) => `| \`${path}\` | One idea. |\n`);
  writeFileSync(join(folder.path, "ARCHITECTURE.md"), rows.join(""));
  const { code, stderr } = await runProgram(process.execPath, [script, folder.path]);
  assert.equal(code, 1);
  assert.deepEqual(stderr.trim().split("\n"), [
    "src/long.ts is larger than the rest: split it, or say in ARCHITECTURE.md why not",
    "page/full is larger than the rest: split it, or say in ARCHITECTURE.md why not",
    "src/a.ts has a reason in ARCHITECTURE.md, and needs none",
  ]);
});
