import assert from "node:assert/strict";
import { test } from "node:test";
import { createNodeRedactor } from "../node-redactor.ts";

const redactor = createNodeRedactor();
const LONG = "abcdefghijklmnopqrstuvwxyzabcd";

/** Bytes, a character each; `~` where the value is covered. */
for (const [format, bytes, expected] of [
  ["MessagePack", "\x82\xa4user\xa3bob\xa8password\xa7hunter2", "\x82\xa4user\xa3bob\xa8password\xa7~~~~~~~"],
  ["BSON", "\x02password\0\x08\0\0\0hunter2\0", "\x02password\0\x08\0\0\0~~~~~~~\0"],
  ["CBOR, whose lengths are letters", `\xa1hpasswordx\x1e${LONG}`, `\xa1hpasswordx\x1e${"~".repeat(LONG.length)}`],
  ["a name behind a name", "\xa4user\xa8password\xa7hunter2", "\xa4user\xa8password\xa7~~~~~~~"],
  ["no secret", "\x82\xa4user\xa5alice\xa4city\xa6Berlin", "\x82\xa4user\xa5alice\xa4city\xa6Berlin"],
] as const)
  test(`fields of ${format}: the value is covered, in its length`, () => {
    const given = Buffer.from(bytes, "latin1");
    const shown = Buffer.from(redactor.content(given, "application/octet-stream"));
    assert.equal(shown.length, given.length);
    const secret = expected.indexOf("~");
    const end = expected.lastIndexOf("~") + 1;
    if (secret < 0) return assert.equal(shown.toString("latin1"), bytes);
    assert.equal(shown.toString("latin1", 0, secret), bytes.slice(0, secret));
    assert.equal(shown.toString("latin1", end), bytes.slice(end));
    assert.match(shown.toString("latin1", secret, end), /^(?:redacted-[\w-]+)?\*+$/);
  });
