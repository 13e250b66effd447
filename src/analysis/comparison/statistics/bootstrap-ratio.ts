import { medianSorted, quantileSorted, sampleWithReplacement } from "simple-statistics";
import { createSeededRandom } from "./seeded-random.ts";

/** A ratio, and between which it lies in 95 of 100 cases. */
export interface RatioInterval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** The median of `b` by that of `a`, with its bootstrap percentile interval. Both need values; those of `a` are above 0. */
export function bootstrapRatio(a: readonly number[], b: readonly number[]): RatioInterval {
  const random = createSeededRandom(SEED);
  const [before, after] = [a, b].map((values) =>
    values.length <= MOST_VALUES ? [...values] : sampleWithReplacement([...values], MOST_VALUES, random),
  ) as [number[], number[]];
  const ratios = Array.from(
    { length: ROUNDS },
    () =>
      median(sampleWithReplacement(after, after.length, random)) /
      median(sampleWithReplacement(before, before.length, random)),
  ).sort((x, y) => x - y);
  return {
    ratio: median([...b]) / median([...a]),
    low: quantileSorted(ratios, 0.025),
    high: quantileSorted(ratios, 0.975),
  };
}

const ROUNDS = 400;
const MOST_VALUES = 1000;
const SEED = 1;

function median(values: number[]): number {
  return medianSorted(values.sort((x, y) => x - y));
}
