import assert from "node:assert/strict";
import { test } from "node:test";
import { displayWidth, padToWidth, truncateToWidth } from "./display-width.ts";

test("wide characters take two columns, combining marks none", () => {
  for (const [text, width] of [
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["漢字", 4],
    ["👍🏽", 2],
    ["👨‍👩‍👧", 2],
    ["‹…›", 3],
  ] as const)
    assert.equal(displayWidth(text), width, text);
});

test("a text is cut between characters, and never wider than asked", () => {
  assert.equal(truncateToWidth("abcdef", 6), "abcdef");
  assert.equal(truncateToWidth("abcdef", 4), "abc…");
  assert.equal(truncateToWidth("漢字漢字", 4), "漢…");
  assert.equal(truncateToWidth("a👨‍👩‍👧b", 3), "a…");
  assert.equal(truncateToWidth("abc", 0), "");
  assert.equal(padToWidth("漢", 4), "漢  ");
});
