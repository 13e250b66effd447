import assert from "node:assert/strict";
import { test } from "node:test";
import { readGraphqlOperation } from "./read-operation.ts";

const DOCUMENTS: readonly [text: string, wanted: string | undefined][] = [
  ["{ a }", "query "],
  ["query { a }", "query "],
  ["query A { a }", "query A"],
  ["mutation Add($a: Int! = 3, $b: [String!]) @live { add(a: $a, b: $b) { id } }", "mutation Add"],
  ["subscription S{a{b{c}}}", "subscription S"],
  ['# why\nquery A {\n  x: a(first: 10, after: "}") @include(if: $c) ,\n}', "query A"],
  ['{ a(text: """ "}" \\""" """) }', "query "],
  ['{ a(text: "") { b } }', "query "],
  ["{ ...F ... on User { id } ... @skip(if: true) { name } } fragment F on Query { a }", "query "],
  ["fragment F on Query { a } query B { ...F }", "query B"],
  ["{ a(x: {y: [1, -2.5e3, {z: $v}]}) }", "query "],
  ["\uFEFFquery A { a }", "query A"],
  ["", undefined],
  ["{}", undefined],
  ["{ }", undefined],
  ["query", undefined],
  ["query A", undefined],
  ["query A { a", undefined],
  ["{ a } }", undefined],
  ['{"a": 1}', undefined],
  ['{job="x"}', undefined],
  ["{ a: }", undefined],
  ["{ a(1) }", undefined],
  ["{ a(x: [1)] }", undefined],
  ["select a from b", undefined],
  ["{ a } where b", undefined],
  ["query A { a } query", undefined],
  ["type A { a: Int }", undefined],
  ['{ a(text: "open) }', undefined],
];

test("the operation of a document of GraphQL", () => {
  for (const [text, wanted] of DOCUMENTS) {
    const found = readGraphqlOperation(text);
    assert.equal(found && `${found.type} ${found.name ?? ""}`, wanted, text);
    assert.equal(found?.isShort ?? false, found !== undefined && /^\uFEFF?\{/.test(text), text);
  }
});

test("of several operations the one that is wanted", () => {
  const text = "query A { a } mutation B { b }";
  assert.equal(readGraphqlOperation(text)?.name, "A");
  assert.equal(readGraphqlOperation(text, "B")?.type, "mutation");
  assert.equal(readGraphqlOperation(text, "C")?.name, "A");
});

test("a document that is cut anywhere behind its head is known by what there is", () => {
  const text = 'query A($x: Int) { a(text: "b", n: [1]) @live { ... on C { d } ...E } }';
  for (let end = text.indexOf("{") + 1; end < text.length; end++) {
    assert.equal(readGraphqlOperation(text.slice(0, end), undefined, true)?.name, "A", text.slice(0, end));
    assert.equal(readGraphqlOperation(text.slice(0, end)), undefined, text.slice(0, end));
  }
});

test("brackets in brackets without end are no document", () => {
  assert.equal(readGraphqlOperation("{a".repeat(30_000)), undefined);
  assert.equal(readGraphqlOperation(`{a(x:${"[".repeat(30_000)}`), undefined);
});
