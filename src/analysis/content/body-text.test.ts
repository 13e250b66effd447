import assert from "node:assert/strict";
import { test } from "node:test";
import { buildBody } from "../../../test/support/build-exchange.ts";
import { BodyBeginning, bodyText } from "./body-text.ts";

test("a body's text is made once, for all that keep as much of it", (context) => {
  const decode = context.mock.method(TextDecoder.prototype, "decode");
  const origin = buildBody("é and more");
  const kept = Array.from({ length: 100 }, (_, i) => {
    return new BodyBeginning(origin, origin.bytes.slice(0, i < 50 ? 5 : 11));
  });
  assert.deepEqual([...new Set(kept.map(bodyText))], ["é an", "é and more"]);
  assert.equal(decode.mock.callCount(), 2);
});

test("a copy of a body that was changed has a text of its own", () => {
  const kept = new BodyBeginning(buildBody("a secret"), Buffer.from("a secret"));
  assert.equal(bodyText(kept), "a secret");
  assert.equal(bodyText({ ...kept, bytes: Buffer.from("a hidden") }), "a hidden");
});
