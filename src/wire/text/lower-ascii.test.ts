import assert from "node:assert/strict";
import { test } from "node:test";
import { lowerAscii } from "./lower-ascii.ts";

test("letters of ASCII are made small, octets beyond stay", () => {
  for (const [octets, lower] of [
    ["", ""],
    ["x-a", "x-a"],
    ["X-Request-ID", "x-request-id"],
    ["\xc3\x89\xc9@[`{", "\xc3\x89\xc9@[`{"],
    ["A\xc0Z", "a\xc0z"],
  ] as const)
    assert.equal(lowerAscii(octets), lower);
});
