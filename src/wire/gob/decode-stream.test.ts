import assert from "node:assert/strict";
import { test } from "node:test";
import { StructStreamDecoder } from "./decode-stream.ts";
import { createStruct, type StructSchema } from "./schema.ts";

const SCHEMA: StructSchema = {
  kind: "struct",
  goType: "main.Point",
  fields: {
    X: { key: "x", schema: { kind: "int", bits: 64, goType: "int" } },
    Name: { key: "name", schema: { kind: "string", goType: "string" } },
    Small: { key: "small", schema: { kind: "uint", bits: 8, goType: "uint8" } },
  },
};

/** The sender has: type Point struct { Name string; Extra []int; X int; Small uint }. */
const DEFINITION =
  "38ff8103010105506f696e7401ff8200010401044e616d65010c000105457874726101ff8400010158010400010553" +
  "6d616c6c0106000000";
const LIST = "13ff83020101055b5d696e7401ff84000104" + "0000";

const CASES: readonly (readonly [what: string, hex: string, error: string | undefined, point: object])[] = [
  ["every field", `${message("ff8201026162010204060102010700")}`, undefined, { x: 1, name: "ab", small: 7 }],
  ["zeros, which are left out", message("ff8200"), undefined, { x: 0, name: "", small: 0 }],
];

test("fields are found by name, what is not known is skipped, what is missing is zero", () => {
  for (const [what, hex, error, point] of CASES) {
    const result = decode(definitions() + hex);
    assert.equal(result.error, error, what);
    assert.deepEqual(result.target, point, what);
  }
});

test("the definitions are parsed once, and each stream by its own", () => {
  const decoder = new StructStreamDecoder(SCHEMA);
  for (let i = 0; i < 3; i++) {
    const target = createStruct(SCHEMA);
    const bytes = Buffer.from(`${definitions()}${message("ff8201026162010204060102010700")}`, "hex");
    assert.equal(decoder.decode(bytes, 0, bytes.length, target), undefined);
    assert.deepEqual(target, { x: 1, name: "ab", small: 7 });
  }
  const other = Buffer.from(message("ff8200"), "hex");
  assert.equal(decoder.decode(other, 0, other.length, createStruct(SCHEMA)), "gob: unknown type id or corrupted data");
});

test("a cut anywhere is told in Go's words, and what was read stays", () => {
  const bytes = Buffer.from(`${definitions()}${message("ff8201026162010204060102010700")}`, "hex");
  for (let cut = 0; cut < bytes.length; cut++) {
    const error = new StructStreamDecoder(SCHEMA).decode(bytes, 0, cut, createStruct(SCHEMA));
    assert.equal(error, cut === 0 ? "EOF" : "unexpected EOF", `cut at ${cut}`);
  }
});

function definitions(): string {
  return sized(DEFINITION) + sized(LIST);
}

/** The length in front is made to fit: the text above is easier to change without it. */
function sized(hex: string): string {
  return message(hex.slice(2));
}

function message(body: string): string {
  return (body.length / 2).toString(16).padStart(2, "0") + body;
}

function decode(hex: string): { target: object; error: string | undefined } {
  const target = createStruct(SCHEMA);
  const bytes = Buffer.from(hex, "hex");
  const error = new StructStreamDecoder(SCHEMA).decode(bytes, 0, bytes.length, target);
  return { target, error };
}
