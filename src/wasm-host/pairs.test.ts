import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf, decodePairs, encodePairs, octetsOf, type Pair } from "./pairs.ts";

describe("a map", () => {
  test("is a count, sizes, and bytes with NULs behind them", () => {
    assert.deepEqual([...encodePairs([["a", "bc"]])], [1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, ...Buffer.from("a\0bc\0")]);
  });

  test("comes back as it was, whatever its bytes", () => {
    const every = octetsOf(Uint8Array.from({ length: 256 }, (_, byte) => byte));
    for (const pairs of [
      [],
      [["", ""]],
      [["k", every]],
      [
        ["a", "1"],
        ["a", "2"],
      ],
    ] as Pair[][])
      assert.deepEqual(decodePairs(encodePairs(pairs, 4)), pairs);
    const many = Array.from({ length: 1024 }, (_, at): Pair => [`n${at}`, "v"]);
    assert.deepEqual(decodePairs(encodePairs(many)), many);
    assert.equal(decodePairs(encodePairs([...many, ["one", "more"]])), undefined);
  });

  test("that is empty has three forms", () => {
    assert.deepEqual(
      [0, 1, 4].map((form) => encodePairs([], form as 0 | 1 | 4).length),
      [0, 1, 4],
    );
    for (const size of [0, 1, 4]) assert.deepEqual(decodePairs(new Uint8Array(size)), []);
  });

  test("that is malformed is none", () => {
    const right = encodePairs([
      ["key", "value"],
      ["a", "b"],
    ]);
    for (let size = 1; size < right.length; size++)
      assert.equal(decodePairs(right.subarray(0, size)), undefined, `${size} bytes`);
    assert.equal(decodePairs(Uint8Array.of(...right, 0)), undefined, "bytes behind it");
    for (const [at, value] of [
      [4, 200],
      [8, 200],
      [0, 3],
      [15, 255],
      [right.length - 1, 1],
    ] as const) {
      const wrong = right.slice();
      wrong[at] = value;
      if (wrong[at] !== right[at] && at !== 15) assert.equal(decodePairs(wrong), undefined, `byte ${at}`);
    }
    // Its names and values begin behind a count and four sizes: each has a NUL behind it.
    for (const at of [23, 29, 31, 33]) {
      assert.equal(right[at], 0, `byte ${at}`);
      const without = right.slice();
      without[at] = 0x20;
      assert.equal(decodePairs(without), undefined, `no NUL at ${at}`);
    }
  });

  test("has 1 MiB at most", () => {
    const sized = (size: number) => encodePairs([["a", "x".repeat(size - 15)]]);
    assert.equal(sized(1024 * 1024).length, 1024 * 1024);
    assert.equal(decodePairs(sized(1024 * 1024))?.length, 1);
    assert.equal(decodePairs(sized(1024 * 1024 + 1)), undefined);
  });

  test("of bytes has no characters beyond them", () => {
    assert.deepEqual([...bytesOf("aé")], [0x61, 0xe9]);
  });
});
