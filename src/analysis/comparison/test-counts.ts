import { type ClusteredCount, sharesOf } from "./clustered-count.ts";
import { testShares } from "./statistics/exact-shares.ts";
import { testRanks } from "./statistics/mann-whitney.ts";
import type { Probability } from "./statistics/probability.ts";
import type { ValueSample } from "./value-sample.ts";

/** A count out of another one. */
export interface CountOf {
  readonly count: ClusteredCount | undefined;
  readonly of: ClusteredCount;
}

/**
 * Whether two shares differ: requests by themselves, and, where both sides have enough connections to tell, connections too. What a single
 * connection did a hundred times is no difference between the sides.
 */
export function testCounts(a: CountOf, b: CountOf): Probability {
  const byRequest = testShares(a.count?.total ?? 0, a.of.total, b.count?.total ?? 0, b.of.total);
  return agree(byRequest, () => [sharesOf(a.count, a.of), sharesOf(b.count, b.of)]);
}

/**
 * Whether so many connections are on each side that their shares of traffic can be told from chance: a few connections each ask for what
 * they ask for.
 */
export function hasEnoughConnections(a: ClusteredCount, b: ClusteredCount): boolean {
  return sharesOf(a, a).length >= ENOUGH_PARTS && sharesOf(b, b).length >= ENOUGH_PARTS;
}

/** The same for values. */
export function testValues(a: ValueSample, b: ValueSample): Probability {
  return agree(testRanks(a.values, b.values), () => meanRanks(a, b));
}

function agree(byRequest: Probability, ofParts: () => [number[], number[]]): Probability {
  // Only the few that may be certain are worth it.
  if (byRequest.p > WORTH_IT) return byRequest;
  const [a, b] = ofParts();
  if (a.length + b.length < FEWEST_PARTS) return byRequest;
  const isClear =
    a.length < ENOUGH_PARTS || b.length < ENOUGH_PARTS ? isApart(a, b) || isApart(b, a) : testRanks(a, b).p <= CLEAR;
  return isClear ? byRequest : { ...byRequest, p: UNCLEAR };
}

/** Every connection of one side is beyond every one of the other: all that so few can show. */
function isApart(low: readonly number[], high: readonly number[]): boolean {
  return Math.max(...low) < Math.min(...high);
}

const WORTH_IT = 0.05;
const FEWEST_PARTS = 4;
const ENOUGH_PARTS = 8;
const CLEAR = 0.001;
/** The probability that stands for what a few connections alone show. */
export const UNCLEAR = 0.05;

/** For each part, how its values rank among all on average. */
function meanRanks(a: ValueSample, b: ValueSample): [number[], number[]] {
  const all = Float64Array.of(...a.values, ...b.values).sort();
  const rank = (value: number): number => (countBelow(all, value) + countBelow(all, value, true)) / 2;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + rank(value), 0) / values.length;
  return [a.byPart().map(mean), b.byPart().map(mean)];
}

/** How many of the sorted ones are below it, or equal to it. */
function countBelow(sorted: Float64Array, value: number, orEqual = false): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}
