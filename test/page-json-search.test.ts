/** The page searches JSON: finds, and where they stand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_FOUND, searchJson } from "../page/text/search-json.ts";

test("finds keys and values, in the order of the document, by the keys that lead there", () => {
  const value = { user: { Name: "Bob", tags: ["a", "bobby", { bob: null }] }, n: [1, 12, "2"], "": { x: "bob" } };
  assert.deepEqual(searchJson(value, "BOB"), [
    ["user", "Name"],
    ["user", "tags", "1"],
    ["user", "tags", "2", "bob"],
    ["", "x"],
  ]);
  assert.deepEqual(searchJson(value, "2"), [
    ["n", "1"],
    ["n", "2"],
  ]);
  assert.deepEqual(searchJson(value, "null"), [["user", "tags", "2", "bob"]]);
  assert.deepEqual(searchJson("a bob", "bob"), [[]], "a value that has no members is itself found");
  assert.deepEqual([searchJson(value, ""), searchJson(value, "nothing")], [[], []]);
});

test("tells of so many places and no more, also of a hundred thousand members", () => {
  const value = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]));
  assert.equal(searchJson(value, "key").length, MAX_FOUND);
  assert.deepEqual(searchJson({ value }, "key99999"), [["value", "key99999"]]);
});
