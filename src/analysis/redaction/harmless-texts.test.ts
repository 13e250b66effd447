import assert from "node:assert/strict";
import { test } from "node:test";
import { HarmlessTexts } from "./harmless-texts.ts";

test("a text in which nothing was found is not searched again, unless it is long or too many others came", () => {
  const texts = new HarmlessTexts();
  const asked: string[] = [];
  const redact = (text: string) =>
    texts.redact(text, (one) => {
      asked.push(one);
      return one.replace("secret", "*");
    });
  const long = "x".repeat(257);
  for (const text of ["plain", "plain", "a secret", "a secret", long, long])
    assert.equal(redact(text), text.replace("secret", "*"));
  assert.deepEqual(asked, ["plain", "a secret", "a secret", long, long]);
  for (let count = 0; count < 1024; count++) redact(`other ${count}`);
  asked.length = 0;
  redact("plain");
  assert.deepEqual(asked, ["plain"]);
});

test("where none comes again few are kept, and what comes again later is found all the same", () => {
  const texts = new HarmlessTexts();
  let searched = 0;
  const redact = (text: string) =>
    texts.redact(text, (one) => {
      searched++;
      return one;
    });
  const kept = (texts: readonly string[]) => {
    const before = searched;
    for (const text of texts) redact(text);
    return texts.length - (searched - before);
  };
  const drawn = (from: number, count: number) => Array.from({ length: count }, (_, i) => `text ${from + i}`);
  for (const text of drawn(0, 4096)) redact(text);
  const last = drawn(4096, 160);
  for (const text of last) redact(text);
  const again = kept(last);
  assert.ok(again > 0 && again <= 20, `${again} of 160`);
  const few = drawn(0, 10);
  for (let round = 0; round < 256; round++) for (const text of few) redact(text);
  assert.equal(kept(few), 10);
});
