import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { KeptTexts } from "./kept-texts.ts";

test("each text comes back as it is, whatever came before", () => {
  const random = new Random();
  const texts = new KeptTexts();
  for (let i = 0; i < 3000; i++) {
    const text = random.chance(100) ? "x".repeat(random.below(600)) : random.text(20);
    assert.equal(texts.keep(text), text, `seed ${random.seed}`);
    assert.equal(texts.copy(text), text, `seed ${random.seed}`);
  }
  assert.equal(texts.copy(undefined), undefined);
});
