import { errorFunction, gammaln, wilcoxonRankSum } from "simple-statistics";
import type { Probability } from "./probability.ts";

/**
 * The Mann–Whitney U test: how likely two samples of one distribution differ in rank by as much as these, in either direction. By its normal
 * approximation with corrections for ties and continuity, which for few values gives somewhat greater probabilities than there are.
 */
export function testRanks(a: readonly number[], b: readonly number[]): Probability {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return { p: 1, least: 1 };
  const expected = (n * (n + m + 1)) / 2;
  const all = n + m;
  const variance = ((n * m) / 12) * (all + 1 - sumTies(a, b) / (all * (all - 1)));
  // All values are equal.
  if (!(variance > 0)) return { p: 1, least: 1 };
  const distance = Math.abs(wilcoxonRankSum([...a], [...b]) - expected) - 0.5;
  return { p: normalTails(Math.max(0, distance) / Math.sqrt(variance)), least: 2 * Math.exp(-logChoose(all, n)) };
}

/** How likely a standard normal variable is so far from 0 or farther; never below 1e-7, within which it is exact. */
export function normalTails(z: number): number {
  return Math.min(1, Math.max(1e-7, 1 - errorFunction(Math.abs(z) / Math.SQRT2)));
}

export function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}

/** The sum of t³ − t over groups of t equal values. */
function sumTies(a: readonly number[], b: readonly number[]): number {
  const all = Float64Array.of(...a, ...b).sort();
  let sum = 0;
  for (let start = 0, end = 0; start < all.length; start = end) {
    while (end < all.length && all[end] === all[start]) end++;
    const ties = end - start;
    sum += ties ** 3 - ties;
  }
  return sum;
}
