import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { makeTemporaryFolder } from "../../support/temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../../..");
const { path: copy, remove } = makeTemporaryFolder();
after(remove);

function run(...args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: "utf8" });
  assert.equal(status, 0, `${args.join(" ")}\n${stdout}${stderr}`);
}

/** docs/adding-a-protocol.md, done in a copy of the project. */
test("a protocol begins with one folder and one row: types, lint and its own tests pass", () => {
  for (const name of ["src", "test/support", "scripts", "templates", "package.json", "tsconfig.json"])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const before = readSources();
  run("scripts/add-protocol.ts", "echo");
  const touched = [...readSources()].filter(([file, text]) => before.get(file) !== text).map(([file]) => file);
  assert.deepEqual(
    touched.filter((file) => !file.startsWith("src/analysis/echo/")),
    ["src/analysis/protocols/table.ts"],
  );
  run("node_modules/typescript/bin/tsc");
  run("scripts/check-imports.ts");
  run("scripts/check-exchange-kinds.ts");
  run("--test", "src/analysis/echo/echo.test.ts");
});

test("a name that is taken, or none, is refused", () => {
  for (const name of ["http", "", "No-Name"]) {
    const { status } = spawnSync(process.execPath, ["scripts/add-protocol.ts", name], { cwd: copy });
    assert.equal(status, 2, name);
  }
});

function readSources(): Map<string, string> {
  const files = readdirSync(join(copy, "src"), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    files.map(({ parentPath, name }) => [
      relative(copy, join(parentPath, name)),
      readFileSync(join(parentPath, name), "utf8"),
    ]),
  );
}
