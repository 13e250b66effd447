import assert from "node:assert/strict";
import { test } from "node:test";
import { characterCodes } from "../../look/character-codes.ts";
import { isPlainRun } from "./plain-run.ts";
import { TokenRuns } from "./token-runs.ts";

const hex = (text: string): string => Buffer.from(text).toString("hex");

const PLAIN = [
  "abcdefghijklmnopqrst",
  "abcdefghijklmnopqrs1",
  "Abcdefghijklmnopqrs",
  "a".repeat(31),
  "a".repeat(32),
  "0".repeat(32),
  "F".repeat(32),
  `${"f".repeat(30)}g`,
  hex("password=x").slice(1),
  `${hex("password=x")}0`,
  hex("\u0001234567890"),
  hex("\u007f234567890"),
  hex("\u001f234567890"),
  "xghp_a",
  "9f86d081884c7d659a2f",
  "=Abcdefghijklmnopqrs",
  `${"a".repeat(16)}.${"a".repeat(16)}`,
  `${"a1".repeat(15)}-${"b1".repeat(15)}`,
  "abcdefghi.Abcdefghi",
  "",
];
const NOT_PLAIN = [
  "Abcdefghijklmnopqrst", `${"f".repeat(31)}g`, `${"G".repeat(31)}1`, hex("password=x"), hex("\t\n\r4567890"), hex("~~~~~~~~~~"), `x.${hex("password=x")}`, `${hex("password=x")}.x`, "ghp_", "x.ghp_a", "redacted-a", "a/b/c/d/e/f/g/h/i/j/K/l", "a.b.Cdefghijklmnopqrstuv",
  "aaaa-bbbb-cccc-DDDD_", "aaaaa+bbbbb-ccccc-DD", "9F86d081884c7d659a2f",
]; // biome-ignore format: a list

test("a run is plain where no token can be in it", () => {
  for (const [runs, isPlain] of [
    [PLAIN, true],
    [NOT_PLAIN, false],
  ] as const)
    for (const run of runs) {
      const codes = characterCodes(` ${run} Ab`);
      assert.equal(isPlainRun(codes, 1, run.length + 1), isPlain, run);
      // It may be data of a URL there.
      assert.equal(isPlainRun(characterCodes(`,${run}`), 1, run.length + 1), false, run);
    }
});

test("runs of sixteen characters and more are found where they stand", () => {
  for (const [text, places, longest] of [
    ["", [], 0],
    ["a".repeat(15), [], 0],
    ["a".repeat(16), [0, 16], 16],
    [`${"a".repeat(16)} ${"b".repeat(17)}`, [0, 16, 17, 34], 17],
    [`${"a".repeat(17)} ${"b".repeat(16)}`, [0, 17, 18, 34], 17],
    [`${"a".repeat(15)} ${"b".repeat(15)}`, [], 0],
    [" a+-./=_~$Z9Z9Z9Z!", [1, 17], 16],
    [`${"a".repeat(14)}é${"b".repeat(16)}`, [15, 31], 16],
    [`${"a".repeat(8)} ${"b".repeat(40)}`, [9, 49], 40],
    ["x ".repeat(20), [], 0],
    [`${"a".repeat(15)}@${"b".repeat(15)}:${"c".repeat(16)}"`, [32, 48], 16],
  ] as const) {
    const runs = new TokenRuns(characterCodes(text));
    assert.equal(runs.longest, longest, text);
    assert.deepEqual(runs.places, places, text);
  }
});
