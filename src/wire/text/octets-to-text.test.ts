import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeLatin1 } from "./latin1.ts";
import { octetsToText } from "./octets-to-text.ts";

test("octets that are UTF-8 are shown as that, all others as ISO 8859-1", () => {
  for (const text of ["", "plain", "é", "😀", "naïve café", "\u0000\u007f", "\ufeffBOM"])
    assert.equal(octetsToText(decodeLatin1(new TextEncoder().encode(text))), text);
  for (const octets of ["\xe9", "caf\xe9", "\xc3", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80"])
    assert.equal(octetsToText(octets), octets);
  assert.equal(octetsToText("é😀"), "é😀", "what is text already stays");
});
