/** The gaps of the page's chart: how buckets and ranges of which not everything is known go together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { describeHatched, hatchedBuckets } from "../page/parts/gaps.ts";

const WIDTH = 60e6;
const some = [1, 0, 0, 0, 0];
const none = [0, 0, 0, 0, 0];
const series = (buckets: number[][], gaps?: readonly (readonly [number, number, "no-source" | "lost"])[]) => ({
  ...{ from: 0, width: WIDTH, buckets, isComplete: true, scanned: 0 },
  ...(gaps && { gaps: gaps.map(([from, to, reason]) => ({ from: from * WIDTH, to: to * WIDTH, reason })) }),
});
const said = (...asked: Parameters<typeof series>) =>
  hatchedBuckets(series(...asked)).map(({ index, reason }) => `${index} ${reason}`);

test("what has something is shown, unless something of it was lost; what has nothing is hatched where nobody was there", () => {
  assert.deepEqual(said([some, none, some, none], [[0, 4, "no-source"]]), ["1 no-source", "3 no-source"]);
  assert.deepEqual(said([some, none, none], [[0, 2, "lost"]]), ["0 lost", "1 lost"]);
  assert.deepEqual(
    said(
      [none, none],
      [
        [0, 1, "no-source"],
        [0.5, 1, "lost"],
      ],
    ),
    ["0 lost"],
  );
  assert.deepEqual(said([none, none, none], [[0.4, 1.4, "no-source"]]), ["0 no-source"], "half of it, and less");
  assert.deepEqual(
    said(
      [none],
      [
        [0, 0.3, "no-source"],
        [0.7, 1, "no-source"],
      ],
    ),
    ["0 no-source"],
    "two that make more than half",
  );
  assert.deepEqual(said([none, none]), [], "a file tells nothing of gaps");
});

test("it is said in words, too", () => {
  const of = (reason: "no-source" | "lost", count: number) =>
    Array.from({ length: count }, (_, index) => ({ index, reason }));
  assert.deepEqual(describeHatched([], WIDTH), []);
  assert.deepEqual(describeHatched([...of("no-source", 14), ...of("lost", 1)], WIDTH), [
    "no source for 14 min",
    "something lost within 1 min",
  ]);
  assert.deepEqual(describeHatched(of("no-source", 10), 60 * WIDTH), ["no source for 10.0 h"]);
  assert.deepEqual(describeHatched(of("lost", 1), WIDTH / 6), ["something lost within 1 min"]);
});
