import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockPool, blockSize } from "./block-pool.ts";

test("blocks have sizes of powers of two, 128 bytes at least", () => {
  const sizes = [0, 1, 127, 128, 129, 255, 256, 257, 65_535, 65_536, 65_537, 1 << 20];
  const blocks = [128, 128, 128, 128, 256, 256, 256, 512, 65_536, 65_536, 131_072, 1 << 20];
  assert.deepEqual(sizes.map(blockSize), blocks);
  const pool = new BlockPool(0);
  assert.deepEqual(
    sizes.map((size) => pool.take(size).length),
    blocks,
  );
});

test("a block that was given back is taken again, by what needs its size only", () => {
  const pool = new BlockPool(1 << 20);
  const [small, large] = [pool.take(128), pool.take(129)];
  pool.give(large);
  assert.notEqual(pool.take(128), large);
  pool.give(small);
  assert.equal(pool.take(100), small);
  assert.equal(pool.take(256), large);
  assert.notEqual(pool.take(256), large);
});

test("as much is kept free as the limit says, and not a byte more; what is taken makes room again", () => {
  const pool = new BlockPool(3 * 128);
  const blocks = Array.from({ length: 4 }, () => new Uint8Array(128));
  for (const block of blocks) pool.give(block);
  const taken = Array.from({ length: 4 }, () => pool.take(128));
  assert.deepEqual(
    taken.map((block) => blocks.findIndex((each) => each === block)),
    [2, 1, 0, -1],
  );
  for (const block of blocks) pool.give(block);
  assert.equal(pool.take(128), blocks[2]);
  pool.give(new Uint8Array(256));
  assert.equal(pool.take(128), blocks[1]);
});
