import assert from "node:assert/strict";
import { test } from "node:test";
import { findCheapStart, findInnerFunction, findInnerSites } from "./inner-sites.ts";

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

test("the function that does the work is found by the call of either form, and where it may be watched for little", () => {
  const target = 0x04030201;
  const plain = Uint8Array.from([...CHECK, 0x78, 0x2f, ...ARGUMENTS, ...CALL]);
  assert.equal(findInnerFunction(plain), 30 + 5 + target);
  assert.equal(findInnerFunction(Uint8Array.from([0x48, 0x83, 0xec, 8, ...CALL])), 4 + 5 + target);
  assert.equal(findInnerFunction(Uint8Array.from([0x48, 0x83, 0xec, 8, 0xe8, 0xf7, 0xff, 0xff, 0xff])), 0);
  for (const other of [[0x55, ...plain], [0x48, 0x83, 0xec, 0x10, ...CALL], [0x48, 0x83, 0xec, 8, 0xe8, 1], []])
    assert.equal(findInnerFunction(Uint8Array.from(other)), undefined);
  assert.deepEqual(
    [
      [0x41, 0x55],
      [0x53, 0x90],
      [0xf3, 0x0f, 0x1e, 0xfa, 0x55],
      [0x48, 0x85, 0xff, 0x0f, 0x84, 1],
      [0x48, 0x85, 0xff, 0x74],
    ].map((one) => findCheapStart(Uint8Array.from(one))),
    [0, 0, 4, 3, 3],
  );
  for (const other of [[0x48, 0x83, 0xec, 8], [0x41, 0x89], [0x48, 0x85, 0xff, 0x90], [0x41], []])
    assert.equal(findCheapStart(Uint8Array.from(other)), undefined);
});
