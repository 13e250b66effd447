import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../test/support/hidden-parts.ts";
import { redactFilter } from "./redact-filter.ts";

const FILTERS = [
  "x == 'abcdefgh'",
  "'abcdefgh' == x",
  "request.headers['authorization'] == '«filter:abcdefgh»' && x == 'abcdefgh'",
  "a == '' and password == ''",
  "password == '«filter:abcdefgh»' ? 'abcdefgh' : 'x'",
  "password == '«filter:abcdefgh»' || 'abcdefgh' == x",
  "password or x == 'abcdefgh'",
  "cookies['a'] == '«filter:abcdefghi»'",
  'password == """«filter:abcdefgh»"""',
  "password == '''«filter:ab'cdefgh»'''",
  "password == 'abcdefg'",
  "headers['x-mine'] == '«filter:abcdefgh»'",
  "x == '«filter:Zq4f00aa11bb22cc33dd»'",
  "x == 'a?password=«password:x»'",
  "password == 12345678",
];

test("of a filter what stands beside a secret's name, up to what parts it from others, is hidden", () => {
  for (const [filter, shown] of FILTERS.map(hiddenParts))
    assert.equal(
      redactFilter(filter, SHOWING, (name) => name === "x-mine"),
      shown,
    );
});
