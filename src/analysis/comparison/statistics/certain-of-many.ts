import type { Probability } from "./probability.ts";

/**
 * Which of many tests show something, so that it is at most that likely that chance alone makes any one of them do so: Holm's procedure,
 * with Tarone's leaving out of tests that have too few observations to show anything at all.
 * @param chance of a single false one among all: 0.01
 * @returns one for each test
 */
export function findCertain(tests: readonly Probability[], chance: number): boolean[] {
  const testable = countTestable(tests, chance);
  const inOrder = tests.map((_, at) => at).sort((a, b) => tests[a]!.p - tests[b]!.p);
  const certain = tests.map(() => false);
  let left = testable;
  for (const at of inOrder) {
    if (tests[at]!.p > chance / Math.max(1, left)) break;
    certain[at] = true;
    left--;
  }
  return certain;
}

/** The least k so that at most k tests can reach chance / k (Tarone 1990). */
function countTestable(tests: readonly Probability[], chance: number): number {
  const least = tests.map((test) => test.least).sort((a, b) => a - b);
  for (let k = 1; k <= least.length; k++) if (k === least.length || least[k]! > chance / k) return k;
  return 1;
}
