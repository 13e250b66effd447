import assert from "node:assert/strict";
import { test } from "node:test";
import { checksumOf, sumBytes, sumWords } from "./checksum.ts";

test("RFC 1071's example", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(sumBytes(bytes, 0, 8), 0xddf2);
  assert.equal(checksumOf(0x2ddf0), 0x220d);
});

test("the sum of words is the sum of bytes, at every length, up to the longest packet", () => {
  const bytes = new Uint8Array(65_536);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 7919) >>> 3;
  const words = new Uint16Array(bytes.buffer);
  for (const count of [0, 1, 2, 3, 4, 5, 7, 8, 100, 32_767, 32_768])
    assert.equal(sumWords(words, 0, count), sumBytes(bytes, 0, 2 * count), String(count));
  bytes.fill(0xff);
  assert.equal(sumWords(words, 0, 32_768), 0xffff);
});
