import assert from "node:assert/strict";
import { test } from "node:test";
import { namedFiles } from "./named-files.ts";

test("files that flags name, a list of hosts among them", () => {
  const flags = { redactKey: "k", keylog: ["a", "b"], hosts: "@list", write: "out", tlsCert: undefined };
  assert.deepEqual(namedFiles(flags), ["a", "b", "k", "list"]);
  assert.deepEqual(namedFiles({ hosts: "a:80,*" }), []);
});
