import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { looksRandom } from "./looks-random.ts";

test("hexadecimal digits behind a prefix look drawn, whatever they happen to be", () => {
  const seed = Number(process.env["SEED"] ?? 0) || 20_261_129;
  const random = new Random(seed);
  const missed: string[] = [];
  for (let count = 0; count < 2000; count++) {
    const digits = Array.from({ length: 24 }, () => random.below(16).toString(16)).join("");
    if (!looksRandom(`Zq${digits}`)) missed.push(digits);
  }
  assert.ok(missed.length <= 3, `seed ${seed}: ${missed.join()}`);
  for (const run of ["Zq871a958dddded0bdfaece832", "Zq719201289936342505a61300", "Zqfe91e3253706100046289796"])
    assert.ok(looksRandom(run), run);
});

test("hexadecimal digits look drawn in one case alone, with letters and digits, wherever these stand", () => {
  for (const run of [
    "0000000000000000a",
    "a0000000000000000",
    "00000000000000aa",
    "aa00000000000000",
    "0000000a00000000",
  ])
    for (const one of [run, run.toUpperCase()]) assert.ok(looksRandom(one, 1e9), one);
  for (const run of ["0000000000000000", "aaaaaaaaaaaaaaaa", "0a00000000000A00"])
    assert.ok(!looksRandom(run, 1e9), run);
  assert.ok(!looksRandom("00000000000000a", 1e9));
});

test("what people name does not", () => {
  for (const run of ["backup20260101120000", "CustomerOrder2026", "utf8mb4unicode", "deadbeefcafebabe"])
    assert.ok(!looksRandom(run), run);
});
