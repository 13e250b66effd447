/** Files stand where the plan of the house puts them, and nowhere else. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { sharedData } from "../support/needs.ts";

const { path: plan, skip } = sharedData("house.md");
const root = join(import.meta.dirname, "../..");

test("what was to be moved has moved", { skip }, () => {
  const moves = [...readFileSync(plan, "utf8").matchAll(/^ {2}(src\/\S+) moves to (src\/\S+)/gm)];
  assert.ok(moves.length > 80, `${moves.length} moves`);
  const wrong = moves.filter(([, from, to]) => existsSync(join(root, from!)) || !existsSync(join(root, to!)));
  assert.deepEqual(
    wrong.map(([line]) => line.trim()),
    [],
  );
});

test("imports begin and end where the plan says so", { skip }, () => {
  const lines = [
    ...readFileSync(plan, "utf8").matchAll(/^ {2}(src\/\S+\.ts) (no longer imports|starts importing) (src\/\S+\.ts)/gm),
  ];
  assert.ok(lines.length >= 18, `${lines.length} lines`);
  const wrong = lines.filter(([, from, what, to]) => importsOf(from!).includes(to!) !== (what === "starts importing"));
  assert.deepEqual(
    wrong.map(([line]) => line.trim()),
    [],
  );
});

test("what makes Go's text stands in one file, and none of it in the messages", { skip }, () => {
  const lines = [
    ...readFileSync(plan, "utf8").matchAll(/^ {2}out of (\w+) in src\/wire\/cilium\/(\S+\.ts), .* go to (src\/\S+)/gm),
  ];
  assert.equal(lines.length, 5);
  for (const [, name, file, target] of lines) {
    const goMethods = readFileSync(join(root, target!), "utf8");
    assert.match(goMethods, new RegExp(`class ${name} extends`), target);
    assert.match(goMethods, /\bdump(?:Info|Verbose|JSON)?\(/);
    assert.doesNotMatch(readFileSync(join(root, "src/wire/cilium/message", file!), "utf8"), /\bdump\w*\(/i, file);
  }
});

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from "(\.[^"]+)"/gm)].map(([, path]) =>
    join(dirname(file), path!),
  );
}
