/** Files stand where the plan of the house puts them, and nowhere else. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
