import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../../test/support/random.ts";
import { shareOf } from "../../../../../test/support/share-of.ts";
import { OTHER_SHAPES } from "../../values/other-shapes.ts";

/** The beginnings and parts of all shapes: drawn together they come close to each of them. */
const PIECES =
  "-----BEGIN KEY- Private-Lines bearer basic authorization bot /bot AA services/ triggers/ T1 WIFI P tcp( unix( webhooks/ hooks/catch/ M Q~ -us1 .atlasv1. _mmk cloudinary // jdbc oracle 123456 5432 * pgpass | a Ab1 . - _ = + / ~ % & ; ? #".split(
    " ",
  );

test("no shape fits in fifteen characters without white space, a comma, a colon or an at sign", () => {
  const random = new Random();
  for (let round = 0; round < shareOf(200_000); round++) {
    let text = "";
    while (text.length < 15) text += random.pick(PIECES);
    text = text.slice(0, 15 - random.below(8));
    for (const { name, pattern } of OTHER_SHAPES) {
      pattern.lastIndex = 0;
      assert.doesNotMatch(text, pattern, `seed ${random.seed}: ${name}`);
    }
  }
});
