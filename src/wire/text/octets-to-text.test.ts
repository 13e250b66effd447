import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeLatin1 } from "./latin1.ts";
import { isText, octetsToText, textToOctets } from "./octets-to-text.ts";

test("octets that are UTF-8 are shown as that, all others as ISO 8859-1", () => {
  for (const text of ["", "plain", "é", "😀", "naïve café", "\u0000\u007f", "\ufeffBOM"])
    assert.equal(octetsToText(decodeLatin1(new TextEncoder().encode(text))), text);
  for (const octets of ["\xe9", "caf\xe9", "\xc3", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80"])
    assert.equal(octetsToText(octets), octets);
  assert.equal(octetsToText("é😀"), "é😀", "what is text already stays");
});

test("text has its octets, and they are the text again", () => {
  for (const text of ["", "plain", "é", "😀"]) {
    const octets = textToOctets(text);
    assert.equal(octets.length, new TextEncoder().encode(text).length);
    assert.equal(octetsToText(octets), text);
    assert.ok(isText(octets));
  }
  assert.ok(!isText("\xe9"));
});
