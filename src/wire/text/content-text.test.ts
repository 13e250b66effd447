import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBase64, decodeContentText, encodeBase64, encodeContent } from "./content-text.ts";

test("bytes of any length are the base64 that Node writes, and come back", () => {
  for (const length of [0, 1, 2, 3, 255, 8191, 8192, 8193, 100_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
    assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
    assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
  }
});

test("base64 is read of both alphabets, padded or not, in lines; what is none is refused", () => {
  const bytes = Uint8Array.of(0xfb, 0xff, 0xfe, 0x01);
  for (const text of ["+//+AQ==", "-__-AQ", "+//+\r\nAQ=="]) assert.deepEqual(decodeBase64(text), bytes);
  for (const text of ["+//+A", "+//*", "é"]) assert.equal(decodeBase64(text), undefined);
});

test("bytes that are UTF-8 are text, others base64, and both come back", () => {
  for (const bytes of [Uint8Array.from(Buffer.from("\ufeffé")), Uint8Array.of(0xff)])
    assert.deepEqual(decodeContentText(encodeContent(bytes)), bytes);
  assert.deepEqual(encodeContent(Uint8Array.of(0xff)), { base64: "/w==" });
});
