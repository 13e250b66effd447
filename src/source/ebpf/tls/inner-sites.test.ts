import assert from "node:assert/strict";
import { test } from "node:test";
import { findInnerSites } from "./inner-sites.ts";

const CHECK = [
  0x48, 0x83, 0xec, 0x18, 0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0, 0x48, 0x89, 0x44, 0x24, 8, 0x31, 0xc0, 0x85,
  0xd2,
];
const ARGUMENTS = [0x48, 0x89, 0xe1, 0x48, 0x63, 0xd2];
const CALL = [0xe8, 1, 2, 3, 4, 0x85, 0xc0, 0x7e, 3];

test("the call inside of SSL_read and the jump after it, in code that is known; nothing in other code", () => {
  const code = Uint8Array.from([...CHECK, 0x78, 0x2f, ...ARGUMENTS, ...CALL]);
  assert.deepEqual(findInnerSites(code), { call: 30, result: 37 });
  assert.equal(code[30], 0xe8);
  assert.equal(code[37], 0x7e);
  assert.deepEqual(findInnerSites(Uint8Array.from([0xf3, 0x0f, 0x1e, 0xfa, ...code])), { call: 34, result: 41 });
  assert.equal(findInnerSites(Uint8Array.from([...CHECK, 0x78, 0x2f, ...ARGUMENTS.slice(3), ...CALL])), undefined);
  assert.equal(findInnerSites(Uint8Array.from([0x55, ...code])), undefined);
});
