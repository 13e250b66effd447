import assert from "node:assert/strict";
import { test } from "node:test";
import { concatenate } from "./concatenate.ts";
import { bytesToHex, hexToBytes } from "./hex.ts";

test("parts are joined in an array of their own", () => {
  const part = Uint8Array.of(1, 2);
  const whole = concatenate([part, new Uint8Array(0), Uint8Array.of(3)]);
  assert.deepEqual(whole, Uint8Array.of(1, 2, 3));
  assert.notEqual(concatenate([part]), part);
  assert.equal(concatenate([]).length, 0);
});

test("every byte as hexadecimal digits and back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
  assert.equal(bytesToHex(bytes), Buffer.from(bytes).toString("hex"));
  assert.deepEqual(hexToBytes(bytesToHex(bytes)), bytes);
  assert.deepEqual(hexToBytes("0aF0"), Uint8Array.of(10, 0xf0));
});
