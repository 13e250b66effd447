import assert from "node:assert/strict";
import { test } from "node:test";
import { TextMemo } from "./text-memo.ts";

test("a text is asked for once, until too many others were", () => {
  const asked: string[] = [];
  const memo = new TextMemo(2, (text) => {
    asked.push(text);
    return text.length;
  });
  assert.deepEqual(
    ["a", "a", "bb", "a", "ccc", "a", "ccc"].map((text) => memo.get(text)),
    [1, 1, 2, 1, 3, 1, 3],
  );
  assert.deepEqual(asked, ["a", "bb", "ccc", "a"]);
});

test("a long text is not kept", () => {
  let asked = 0;
  const memo = new TextMemo(2, () => ++asked);
  const long = "x".repeat(5000);
  assert.deepEqual([memo.get(long), memo.get(long)], [1, 2]);
});
