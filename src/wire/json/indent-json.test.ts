import assert from "node:assert/strict";
import { test } from "node:test";
import { indentJson } from "./indent-json.ts";

test("is what JSON.stringify writes", () => {
  for (const value of [
    null,
    "",
    -1.5e30,
    [],
    {},
    [[], {}, [[]]],
    { a: [1, { b: {}, c: [] }, 'x\n"\\'], "": { d: [true, false, null] } },
  ])
    for (const spelled of [JSON.stringify(value), ` ${JSON.stringify(value, undefined, "\t")}\r\n`])
      assert.equal(indentJson(spelled, 1e6), JSON.stringify(value, undefined, 2));
});

test("numbers and texts stay as they are written", () => {
  assert.equal(
    indentJson('{"id":12345678901234567890,"x":1.0,"x":"\\u00e9"}', 1e6),
    '{\n  "id": 12345678901234567890,\n  "x": 1.0,\n  "x": "\\u00e9"\n}',
  );
});

test("what is no JSON, or is cut, is told", () => {
  const whole = '{"a":[1,"b",{"c":null}]}';
  for (let end = 0; end < whole.length; end++)
    assert.equal(indentJson(whole.slice(0, end), 1e6), undefined, whole.slice(0, end));
  for (const text of ["{a:1}", "[1,]", '{"a":1,}', "[1 2]", "01", '"\n"', "{}{}", "[}", '{"a" 1}', "nul", "[,]", ":"])
    assert.equal(indentJson(text, 1e6), undefined, text);
});

test("makes little more than is wanted, however deep it is", () => {
  const made = indentJson("[".repeat(1_000_000), 65_536)!;
  assert.ok(made.length >= 65_536 && made.length < 67_000, `${made.length}`);
});
