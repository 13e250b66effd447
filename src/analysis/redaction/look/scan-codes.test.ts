import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { SecretNames } from "../names/secret-names.ts";
import { DEFAULT_RULES, normaliseName } from "../rules.ts";
import { characterCodes } from "./character-codes.ts";
import { scanCodes } from "./scan-codes.ts";
import { scanTableOf } from "./scan-table.ts";
import { findMeanings } from "./text-signs.ts";

const random = new Random(Number(process.env["SEED"] ?? 0) || 20_261_130);
const defaults = DEFAULT_RULES.names.map(normaliseName);
const drawName = () => Array.from({ length: 3 + random.below(6) }, () => String.fromCharCode(97 + random.below(26)));
const many = Array.from({ length: 3000 }, () => drawName().join(""));

describe(`one look at a text (seed ${random.seed})`, () => {
  for (const { of, names, hasSigns } of [
    { of: "the rules' names", names: defaults, hasSigns: true },
    { of: "three thousand names", names: [...defaults, ...many], hasSigns: false },
  ]) {
    const { grams } = new SecretNames(new Set(names), new Set());
    const pieces = [
      ...names,
      "-----BEGIN",
      " -p",
      "WIFI:",
      "/bot",
      "- ",
      "_",
      " . - _ ",
      "é",
      "%",
      "x",
      "9",
      "A1 ",
      "\n",
    ];

    test(`it finds of ${of} and of signs what a look at each place finds`, () => {
      assert.equal(scanTableOf(grams).hasSigns, hasSigns);
      let found = 0;
      for (let count = 0; count < 400; count++) {
        const long = count % 20 === 0 ? 2000 : 60;
        const words = random.list(long, () => random.pick(pieces));
        const text = words
          .map((word) => (random.chance(3) ? word.toUpperCase() : word.slice(random.below(2))))
          .join("");
        const codes = characterCodes(text);
        const { stems, meanings, seen } = scanCodes(codes, grams);
        const places = Array.from(codes.keys()).filter((at) => ((stems[at >>> 5]! >>> at) & 1) === 1);
        const expected = Array.from(codes.keys()).filter((at) => grams.isWord(codes, at));
        assert.deepEqual(places, expected, text);
        assert.equal(meanings, findMeanings(codes), text);
        assert.deepEqual(
          Array.from(seen.keys()).filter((code) => seen[code] === 1),
          [...new Set(codes)].sort((a, b) => a - b),
        );
        found += expected.length;
      }
      assert.ok(found > 1000, String(found));
    });
  }
});
