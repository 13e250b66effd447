import assert from "node:assert/strict";
import { test } from "node:test";
import { LatencySketch, RELATIVE_ERROR } from "./latency-sketch.ts";

/** Repeatable numbers from 0 to 1 (a linear congruence of Numerical Recipes). */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const DISTRIBUTIONS: Readonly<Record<string, (random: number) => number>> = {
  "the same": () => 5_000_000,
  even: (random) => random * 1e9,
  "over eighteen orders of magnitude": (random) => 10 ** (random * 15),
  "with a long tail": (random) => 1e6 / (1 - random) ** 2,
  "of two kinds": (random) => (random < 0.9 ? 1e5 + random : 3e10 + random),
  "with zeros": (random) => (random < 0.5 ? 0 : random * 1e6),
};
const QUANTILES = [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1];

for (const [name, distribution] of Object.entries(DISTRIBUTIONS))
  test(`quantiles of durations ${name} are within one per cent of those sorted`, () => {
    const sketch = new LatencySketch();
    const random = randoms(1);
    const durations = Array.from({ length: 20_000 }, () => Math.min(distribution(random()), Number.MAX_SAFE_INTEGER));
    for (const duration of durations) assert.ok(sketch.add(duration));
    durations.sort((a, b) => a - b);
    for (const q of QUANTILES) {
      const exact = durations[Math.max(0, Math.ceil(q * durations.length - 1e-6) - 1)]!;
      const found = sketch.quantile(q)!;
      assert.ok(Math.abs(found - exact) <= exact * (RELATIVE_ERROR + 1e-9), `${q}: ${found} for ${exact}`);
    }
    assert.equal(sketch.count, durations.length);
    assert.equal(sketch.min, durations[0]);
    assert.equal(sketch.max, durations.at(-1));
  });

test("of few durations that part of all is no longer", () => {
  for (const [count, q, wanted] of [
    [1, 0.99, 1],
    [2, 0.5, 1],
    [2, 0.99, 2],
    [3, 0.5, 2],
    [10, 0.9, 9],
    [11, 0.9, 10],
    [100, 0.07, 7],
    [101, 0.99, 100],
  ] as const) {
    const sketch = new LatencySketch();
    for (let one = 1; one <= count; one++) sketch.add(one * 1e6);
    const found = sketch.quantile(q)! / 1e6;
    assert.ok(Math.abs(found - wanted) <= wanted * RELATIVE_ERROR, `${q} of ${count}: ${found} for ${wanted}`);
  }
});

test("merged in any grouping and order, and through bytes, it is what one of all would be", () => {
  const random = randoms(2);
  const parts = [5, 1000, 3, 0, 700].map((length, part) => {
    const sketch = new LatencySketch();
    for (let index = 0; index < length; index++) sketch.add(Math.floor(random() * 10 ** (3 * part + 2)));
    return sketch;
  });
  const whole = new LatencySketch();
  const reverse = new LatencySketch();
  for (const part of parts) whole.merge(LatencySketch.decode(part.encode()));
  for (const part of parts.toReversed()) reverse.merge(part);
  assert.equal(whole.count, 1708);
  assert.deepEqual(reverse.encode(), whole.encode());
  for (const q of QUANTILES) assert.equal(LatencySketch.decode(whole.encode()).quantile(q), whole.quantile(q));
  assert.equal(whole.mean, whole.sum / 1708);
  assert.equal(parts[1]!.count, 1000, "what was merged stays as it was");
});

test("what is no duration is not added, and what was not added to has no quantile", () => {
  const sketch = new LatencySketch();
  for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY, 2 ** 53]) assert.equal(sketch.add(wrong), false);
  for (const empty of [sketch, LatencySketch.decode(sketch.encode())]) {
    assert.equal(empty.count, 0);
    assert.equal(empty.quantile(0.5), undefined);
    assert.equal(empty.min ?? empty.max ?? empty.mean, undefined);
    assert.equal(empty.sum, 0);
  }
});

test("durations from the shortest to the longest take 2 KB in bytes", () => {
  const sketch = new LatencySketch();
  for (let duration = 1; duration < Number.MAX_SAFE_INTEGER; duration *= 1.01) sketch.add(duration);
  const size = sketch.encode().length;
  assert.ok(size > 1840 && size < 4096, `${size} bytes`);
});

test("bytes that are no sketch are refused with their place", () => {
  const sketch = new LatencySketch();
  for (const duration of [1, 1000, 1e9]) sketch.add(duration);
  const bytes = sketch.encode();
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => LatencySketch.decode(bytes.subarray(0, length)), { code: "input" }, `cut to ${length}`);
  assert.throws(() => LatencySketch.decode(Uint8Array.of(...bytes, 0)), /expected its end/);
  const farBucket = Uint8Array.from(bytes);
  farBucket.set([0xff, 0x7f], 27);
  assert.throws(() => LatencySketch.decode(farBucket), /bucket of at most/);
  assert.throws(() => LatencySketch.decode(Uint8Array.of(9, ...bytes.subarray(1))), /version 1/);
});
