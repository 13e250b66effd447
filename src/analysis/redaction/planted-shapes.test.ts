import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenIn } from "../../../test/support/planted/hidden-in.ts";
import { HIDDEN_MORE } from "../../../test/support/planted/hidden-more.ts";
import { plantSecrets } from "../../../test/support/planted/write-planted.ts";
import { Redactor } from "./index.ts";

// The seed is fixed: whether base64 of a secret is a text depends on it.
const PLANTED = plantSecrets(20_261_129);

/** Parts of them, for a fault to be found by the few that show it. */
const PART = 40;
for (let from = 0; from < PLANTED.length; from += PART)
  test(`of planted secrets just these are hidden, and what is in the table: ${from} to ${from + PART - 1}`, () => {
    for (const planted of PLANTED.slice(from, from + PART)) {
      const found = hiddenIn(planted);
      if (found === undefined) continue;
      const { name, texts } = planted;
      const more = HIDDEN_MORE.get(name);
      if (more === undefined) assert.equal(found.shown, found.expected, name);
      else assert.equal(found.changed, more, name);
      // A mark says what it hides; nothing is called so that has no name.
      if (!/secret/i.test(found.expected)) assert.doesNotMatch(found.shown, /‹secret\*?›/, name);
      assert.ok(!texts.some((text) => found.shown.includes(text)), name);
    }
  });

test("JSON stays JSON, whatever is hidden in its texts", () => {
  const redactor = new Redactor();
  let read = 0;
  for (const { name, pieces } of PLANTED)
    for (const [, bytes] of pieces) {
      const body = Buffer.from(bytes).toString().split("\r\n\r\n").slice(1).join("\r\n\r\n");
      if (!isJson(body)) continue;
      read++;
      const shown = Buffer.from(redactor.content(Buffer.from(body), "application/json")).toString();
      assert.ok(isJson(shown), `${name}: ${shown}`);
    }
  assert.ok(read > 100, `${read}`);
});

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
