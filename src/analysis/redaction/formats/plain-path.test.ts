import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { createNodeRedactor } from "../node-redactor.ts";
import { DEFAULT_RULES } from "../rules.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import { PERSONAL_CLASSES } from "../values/personal-values.ts";
import { TOKEN_SHAPES } from "../values/token-shapes.ts";
import { isPlainPath } from "./plain-path.ts";

const redactor = createNodeRedactor({ personal: PERSONAL_CLASSES });
const WORDS = [
  ...DEFAULT_RULES.names,
  ...OTHER_SHAPES.flatMap(({ hint, signs = [] }) => (typeof hint === "string" ? [hint, ...signs] : signs)),
  ...TOKEN_SHAPES.map(({ prefix }) => prefix),
  ...["reset", "v1", "basic", "bearer"],
]
  .map((word) => word.toLowerCase().replace(/[^a-z0-9]/g, ""))
  .filter((word) => word !== "" && word.length <= 11);

test("in a plain path there is nothing to hide, whatever it is made of", () => {
  const random = new Random();
  let plain = 0;
  for (let i = 0; i < 20_000; i++) {
    const path = Array.from({ length: 1 + random.below(14) }, () => `/${drawPart(random)}`).join("");
    if (!isPlainPath(path)) continue;
    plain++;
    assert.equal(redactor.text(path), path, `seed ${random.seed}`);
    assert.equal(redactor.target(path), path, `seed ${random.seed}`);
  }
  assert.ok(plain > 5000, `${plain} plain ones`);
});

test("a part that is long, a capital, a sign: such paths are looked over", () => {
  for (const path of [
    "",
    "a/b",
    "/abcdefghijkl",
    "/a/A",
    "/a:b",
    "/a=b",
    "/a%20b",
    "/a@b",
    "/é",
    "/a\n",
    "/a~b",
    "/sk-1",
    "/a_b",
    "/a.b",
    "/cci1",
  ])
    assert.ok(!isPlainPath(path), path);
  assert.match(redactor.target("/reset-token/0f8c2b1d9e7a"), /^\/reset-token\/redacted-/);
});

function drawPart(random: Random): string {
  if (random.chance(2)) return random.pick(WORDS);
  const letters = random.pick(["0123456789", "0123456789abcdef", "abcdefghijklmnopqrstuvwxyz0123456789"]);
  const end = Array.from({ length: random.below(12) }, () => random.pick([...letters])).join("");
  return (random.chance(2) ? random.pick(WORDS) + end : end).slice(0, 11);
}
