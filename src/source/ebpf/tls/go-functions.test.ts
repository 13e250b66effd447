import assert from "node:assert/strict";
import { test } from "node:test";
import { findReturns } from "./go-functions.ts";

test("a Go function returns where it gives its frame back, and not where a byte looks so", () => {
  const small = [0x48, 0x83, 0xec, 0x18, 0xb8, 0xc3, 0, 0, 0, 0x48, 0x83, 0xc4, 0x18, 0x5d, 0xc3, 0x90];
  assert.deepEqual(findReturns(Uint8Array.from(small), "x64"), [14]);
  const large = [0x48, 0x81, 0xec, 0xc3, 0x5d, 0, 0, 0x5d, 0xc3, 0x48, 0x81, 0xc4, 0xc3, 0x5d, 0, 0, 0xc3, 0xcc];
  assert.deepEqual(findReturns(Uint8Array.from(large), "x64"), [16]);
  assert.deepEqual(findReturns(Uint8Array.from([0xc3, 0xc3]), "x64"), []);
  assert.deepEqual(findReturns(Uint8Array.from([0, 0, 0, 0, 0xc0, 0x03, 0x5f, 0xd6]), "arm64"), [4]);
});
