import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { findJsonFault } from "./find-json-fault.ts";
import { JsonReader } from "./json-reader.ts";

const CASES: readonly [text: string, at: number, expected: string][] = [
  ["", 0, "a value"],
  [" {", 2, "a name in quotes or '}'"],
  ['{"a"', 4, "':'"],
  ['{"a":', 5, "a value"],
  ['{"a":1', 6, "',' or '}'"],
  ['{"a":1,}', 7, "a name in quotes"],
  ["{a:1}", 1, "a name in quotes or '}'"],
  ["[1 2]", 3, "',' or ']'"],
  ["[1,]", 3, "a value"],
  ["[", 1, "a value or ']'"],
  ["{]", 1, "a name in quotes or '}'"],
  ["[}", 1, "a value or ']'"],
  ['{"a":}', 5, "a value"],
  ["1 2", 2, "the end"],
  ["01", 1, "the end"],
  ['"\t"', 0, "a value"],
  ['"\\x"', 0, "a value"],
  ["nul", 0, "a value"],
];

for (const [text, at, expected] of CASES)
  test(`${JSON.stringify(text)} stops being JSON at ${at}`, () => {
    assert.deepEqual(findJsonFault(text), { at, expected });
    assert.throws(() => JSON.parse(text));
  });

test("whatever is changed in a document, it and JSON.parse agree on whether it is one", () => {
  const random = new Random();
  const document = JSON.stringify(
    { a: [1, -2.5e3, true, null, "x\n\u00e9"], b: { c: {}, d: [] }, "": false },
    undefined,
    1,
  );
  const characters = '{}[]",:\\ue0-.19tfn \n';
  for (let index = 0; index < 20_000; index++) {
    const from = random.below(document.length);
    const inserted = characters[random.below(characters.length)]!;
    const text =
      document.slice(0, from) + (random.below(3) > 0 ? inserted : "") + document.slice(from + random.below(3));
    assert.equal(findJsonFault(text) === undefined, isJson(text), `seed ${random.seed}: ${text}`);
  }
});

test("good and faulty texts are told apart, also when many were faulty", () => {
  const reader = new JsonReader();
  for (let index = 0; index < 100; index++) {
    assert.deepEqual(reader.read('{"a":1}'), { value: { a: 1 } });
    assert.deepEqual(reader.read('{"a":x}'), { fault: "is no JSON: at character 6 a value was expected" });
  }
  assert.deepEqual(reader.read(`[${" ".repeat(1 << 17)}x]`), { fault: "is no JSON" });
  assert.deepEqual(reader.read(`[${" ".repeat(1 << 17)}1]`), { value: [1] });
});

test("once many texts were faulty, none is thrown for any more", (context) => {
  const parse = context.mock.method(JSON, "parse");
  const reader = new JsonReader();
  for (let index = 0; index < 1000; index++) reader.read("{");
  assert.equal(parse.mock.callCount(), 16);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
