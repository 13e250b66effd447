import assert from "node:assert/strict";
import { test } from "node:test";
import { bootstrapRatio } from "./bootstrap-ratio.ts";
import { findCertain } from "./certain-of-many.ts";
import { testShares, testSigns } from "./exact-shares.ts";
import { normalTails, testRanks } from "./mann-whitney.ts";
import { createSeededRandom } from "./seeded-random.ts";

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual / expected - 1) < 1e-4, `${actual} is not ${expected}`);
}

/** As scipy 1.x gives them: fisher_exact, binomtest, mannwhitneyu (asymptotic, with continuity), norm.sf. */
test("probabilities are those of scipy", () => {
  near(testShares(0, 200, 12, 200).p, 0.000411983340344963);
  near(testShares(3, 100, 9, 100).p, 0.13376254234859514);
  near(testShares(10, 10, 0, 10).p, 1.082508822446903e-5);
  near(testShares(50, 500, 80, 500).p, 0.006227146307687101);
  near(testSigns(3, 17).p, 0.0025768280029296875);
  near(testSigns(60, 40).p, 0.05688793364098089);
  const steps = (count: number, more: number): number[] =>
    Array.from({ length: count }, (_, i) => ((i * 7) % 50) + more);
  near(testRanks(steps(40, 0), steps(45, 8)).p, 0.01985075949532424);
  near(testRanks([1, 1, 2, 2, 2, 3, 3, 4], [2, 3, 3, 4, 4, 4, 5, 5, 5]).p, 0.012137632488436668);
  near(normalTails(1.96), 0.04999579029644087);
});

test("what many counts show is told by the approximation", () => {
  assert.ok(testShares(50_000, 1_000_000, 51_500, 1_000_000).p < 1e-5);
  assert.ok(testShares(50_000, 1_000_000, 50_100, 1_000_000).p > 0.5);
  assert.ok(testSigns(5100, 4900).p > 0.04 && testSigns(5500, 4500).p < 1e-6);
});

test("what cannot show anything is said to be so", () => {
  assert.deepEqual(testShares(0, 10, 0, 20), { p: 1, least: 1 });
  assert.deepEqual(testShares(10, 10, 20, 20), { p: 1, least: 1 });
  assert.deepEqual(testRanks([5, 5], [5, 5, 5]), { p: 1, least: 1 });
  assert.deepEqual(testRanks([], [5]), { p: 1, least: 1 });
  near(testShares(1, 1, 0, 1).least, 0.5);
});

test("of many tests those that can show nothing are not paid for, and each certain one is", () => {
  const sure = { p: 1e-4, least: 1e-9 };
  const idle = { p: 1, least: 0.5 };
  assert.deepEqual(findCertain([sure, ...Array.from({ length: 1000 }, () => idle)], 0.01).slice(0, 2), [true, false]);
  const testable = { p: 0.5, least: 1e-9 };
  assert.deepEqual(findCertain([sure, ...Array.from({ length: 1000 }, () => testable)], 0.01)[0], false);
  // Holm: 0.004 passes at 0.01 / 2, and 0.009 then at 0.01.
  assert.deepEqual(
    findCertain(
      [
        { p: 0.009, least: 1e-9 },
        { p: 0.004, least: 1e-9 },
      ],
      0.01,
    ),
    [true, true],
  );
  assert.deepEqual(
    findCertain(
      [
        { p: 0.009, least: 1e-9 },
        { p: 0.006, least: 1e-9 },
      ],
      0.01,
    ),
    [false, false],
  );
  assert.deepEqual(findCertain([], 0.01), []);
});

test("a ratio of medians lies in its interval", () => {
  const random = createSeededRandom(7);
  const draw = (times: number): number[] => Array.from({ length: 3000 }, () => (1 + random()) * times);
  const { ratio, low, high } = bootstrapRatio(draw(10), draw(12));
  assert.ok(low < 1.2 && 1.2 < high && low < ratio && ratio < high, `${low} ${ratio} ${high}`);
  assert.ok(high - low < 0.1);
});

test("seeded numbers are the same in every run, and fill the range evenly", () => {
  const [one, other] = [createSeededRandom(1), createSeededRandom(1)];
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const value = one();
    assert.equal(value, other());
    tenths[Math.floor(value * 10)]!++;
  }
  assert.ok(
    tenths.every((count) => count > 850 && count < 1150),
    tenths.join(),
  );
});
