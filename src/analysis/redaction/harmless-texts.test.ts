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
