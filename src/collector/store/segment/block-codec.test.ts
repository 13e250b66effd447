import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { Block, packBlock, unpackBlock } from "./block-codec.ts";

const BOUND = { timeout: 30_000 };

test("a block comes out as it went in, whether it is one piece of the output or many", BOUND, () => {
  const random = new Random(14);
  for (const size of [0, 1, 1000, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])
    for (const alphabet of [1, 256]) {
      const bytes = Buffer.from(Uint8Array.from({ length: size }, () => random.below(alphabet)));
      assert.ok(unpackBlock(packBlock(bytes)).equals(bytes), `${size} of ${alphabet}`);
    }
});

test("the documents of a block are found by their places", BOUND, () => {
  const documents = ["{}", "", "x".repeat(300_000), '{"a":1}'];
  const block = new Block(unpackBlock(packBlock(Buffer.from(documents.join("\n")))));
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((place) => block.at(place).toString()),
    [...documents, ""],
  );
});

test("bytes that are no block, or a part of one, say so", BOUND, () => {
  const packed = packBlock(Buffer.from("x".repeat(1000)));
  for (const bytes of [new Uint8Array(0), new Uint8Array(8), packed.subarray(0, -4)])
    assert.throws(() => unpackBlock(bytes), { code: "input" });
});
