import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeLatin1 } from "./latin1.ts";

test("every byte becomes the character of its value, at every length", () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, index) => (index * 7) & 255);
  for (let length = 0; length <= 64; length++) {
    const text = decodeLatin1(bytes, 3, 3 + length);
    assert.deepEqual(
      [...text].map((character) => character.charCodeAt(0)),
      [...bytes.subarray(3, 3 + length)],
    );
  }
  assert.equal(decodeLatin1(bytes).length, 300);
});

test("bytes that windows-1252 would change stay as they are", () => {
  assert.equal(decodeLatin1(Uint8Array.of(0x80, 0x9f, 0xe9)), "\x80\x9f\xe9");
});
