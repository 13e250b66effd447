import assert from "node:assert/strict";
import { test } from "node:test";
import { buildBody } from "../../../test/support/build-exchange.ts";
import { bodyText, keepsBeginningOf } from "./body-text.ts";

test("a body's text is made once, for all that keep as much of it", (context) => {
  const decode = context.mock.method(TextDecoder.prototype, "decode");
  const origin = buildBody("é and more");
  const kept = Array.from({ length: 100 }, (_, i) => {
    const bytes = origin.bytes.slice(0, i < 50 ? 5 : 11);
    const body = { ...origin, bytes };
    keepsBeginningOf(body, origin);
    return body;
  });
  assert.deepEqual([...new Set(kept.map(bodyText))], ["é an", "é and more"]);
  assert.equal(decode.mock.callCount(), 2);
});
