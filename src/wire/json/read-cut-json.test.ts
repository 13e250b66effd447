import assert from "node:assert/strict";
import { test } from "node:test";
import { readCutJson } from "./read-cut-json.ts";

const TEXT = '{"a": 1, "b": {"c": ["x\\"]", 2.5, true, null, []], "d": {}}, "e": "}"}';

test("what is whole of a text that is cut anywhere", () => {
  const whole = JSON.parse(TEXT) as Record<string, unknown>;
  for (let end = 1; end <= TEXT.length; end++) {
    const read = readCutJson(TEXT.slice(0, end));
    assert.ok(isPartOf(read, whole), `${TEXT.slice(0, end)} gave ${JSON.stringify(read)}`);
  }
  assert.deepEqual(readCutJson(TEXT), whole);
  assert.deepEqual(readCutJson(TEXT.slice(0, TEXT.indexOf("true"))), { a: 1, b: { c: ['x"]', 2.5] } });
});

/** Every member and item is the same, or a part of the same. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== "object" || part === null) return Object.is(part, whole);
  if (typeof whole !== "object" || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  return Object.entries(part).every(([key, value]) => isPartOf(value, (whole as Record<string, unknown>)[key]));
}

test("a number at the end may go on", () => {
  assert.deepEqual(readCutJson('{"a":1,"b":12'), { a: 1 });
  assert.deepEqual(readCutJson("[1,2"), [1]);
});

test("what is no beginning of JSON has no value", () => {
  for (const text of ["", "x", "12", '"a', "}", '{"a":}', "[1}", '{"a" 1', "{1:2}", "[tru", "[truer]"])
    assert.ok([undefined, "{}", "[]"].includes(JSON.stringify(readCutJson(text))), text);
  assert.equal(readCutJson("[".repeat(100_000)), undefined);
});
