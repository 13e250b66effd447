import assert from "node:assert/strict";
import { test } from "node:test";
import type { Libbpf } from "./libbpf.ts";
import { RingReader } from "./ring-reader.ts";

const PAGE = 4096;
const SIZE = 4096;

test("records are given whole and in order, also those that go on at the ring's beginning, and room is given back", () => {
  const own = new ArrayBuffer(PAGE);
  const shared = new ArrayBuffer(PAGE + SIZE);
  const libbpf = {
    getpagesize: () => PAGE,
    mmap: (_at: null, length: number) => length,
    munmap: () => 0,
    koffi: { view: (_at: number, length: number) => (length === PAGE ? own : shared) },
  } as unknown as Libbpf;
  const reader = new RingReader(libbpf, 3, SIZE);
  const data = new Uint8Array(shared, PAGE);
  const produced = new BigInt64Array(shared, 0, 1);
  const consumed = new BigInt64Array(own, 0, 1);
  let position = 0;
  let joined = 0;
  for (let number = 0; number < 400; number++) {
    const length = (number * 37) % 500;
    const at = position % SIZE;
    new DataView(shared, PAGE).setUint32(at, length, true);
    for (let index = 0; index < length; index++) data[(at + 8 + index) % SIZE] = number + index;
    if (at + 8 + length > SIZE) joined++;
    position += (length + 15) & ~7;
    produced[0] = BigInt(position);
    const seen: number[][] = [];
    const taken = reader.drain((view, bytes, start, size) => {
      seen.push([...bytes.subarray(start, start + size)]);
      if (size > 0) assert.equal(view.getUint8(start + size - 1), bytes[start + size - 1]);
    }, 10);
    assert.equal(taken, 1);
    assert.deepEqual(seen, [Array.from({ length }, (_, index) => (number + index) & 0xff)]);
    assert.equal(consumed[0], BigInt(position));
  }
  assert.ok(joined > 10);
  reader.close();
});
