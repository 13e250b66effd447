import { type Candidate, compareConnections, compareGroups, comparePairs, compareTraffic } from "./compare-samples.ts";
import { ASPECTS, type Aspect, type Difference } from "./difference.ts";
import type { ExchangeComparison } from "./exchange-comparison.ts";
import { pairGroups } from "./pair-groups.ts";
import { findCertain } from "./statistics/certain-of-many.ts";

export interface FindOptions {
  /** A measure that differs by less than this part of itself is no difference: 0.1. */
  readonly threshold: number;
  /** How likely it may be that chance alone makes one difference or more: 0.01. */
  readonly chance: number;
}

export interface Findings {
  /** The gravest first. */
  readonly differences: readonly Difference[];
  /** More than the threshold, but it may be chance: the likeliest to be none last. */
  readonly uncertain: readonly Difference[];
  /** The routes that both sides have. */
  readonly compared: readonly (readonly string[])[];
  /** The services differ, and nothing else: routes are compared without them. */
  readonly servicesDiffer: boolean;
}

/** Finds how the two sides differ. Each difference is tested; the certain ones are certain together. */
export function findDifferences(comparison: ExchangeComparison, { threshold, chance }: FindOptions): Findings {
  const { a, b } = comparison;
  const { pairs, servicesDiffer } = pairGroups(a, b);
  const candidates: Candidate[] = [];
  for (const { key, before, after } of pairs) {
    candidates.push(...compareTraffic(key, before, after, a, b));
    if (before !== undefined && after !== undefined) candidates.push(...compareGroups(key, before, after));
  }
  candidates.push(...compareConnections(a, b), ...comparePairs(comparison));
  const certain = findCertain(
    candidates.map(({ test }) => test),
    chance,
  );
  const [differences, uncertain]: [Difference[], Difference[]] = [[], []];
  candidates.forEach(({ test, make }, at) => {
    if (!certain[at] && test.p > MAYBE) return;
    const difference = make();
    if (!isBeyond(difference.ratio, threshold)) return;
    (certain[at] ? differences : uncertain).push(difference);
  });
  return {
    differences: withoutRepetition(differences).sort(byGravity),
    uncertain: uncertain.sort((x, y) => x.p - y.p),
    compared: pairs.filter(({ before, after }) => before && after).map(({ key }) => key),
    servicesDiffer,
  };
}

const MAYBE = 0.01;

function isBeyond(ratio: number, threshold: number): boolean {
  return ratio > 1 ? ratio - 1 >= threshold : ratio < 1 && 1 / ratio - 1 >= threshold;
}

/** One status of a route stands for its mix, which says that more failed; and a route that is slower has a slower tail. */
function withoutRepetition(differences: readonly Difference[]): Difference[] {
  const told = new Map<string, Difference>();
  const nameOf = ({ aspect, key, name }: Difference): string => [aspect, ...key, name].join("\n");
  const has = (aspect: Aspect, { key }: Difference): boolean =>
    differences.some((one) => one.aspect === aspect && one.key.join("\n") === key.join("\n"));
  for (const difference of differences) {
    if (difference.aspect === "errors" && has("status", difference)) continue;
    if (difference.aspect === "latency-tail" && has("latency", difference)) continue;
    if (difference.aspect !== "status") {
      told.set(nameOf(difference), difference);
      continue;
    }
    const { name: _, ...mix } = difference;
    const known = told.get(nameOf(mix));
    if (known === undefined || difference.p < known.p || isWorse(difference, known)) told.set(nameOf(mix), difference);
  }
  return [...told.values()];
}

/** A status that grew says more than one that made room for it. */
function isWorse(one: Difference, other: Difference): boolean {
  return one.p === other.p && one.ratio > other.ratio;
}

const RANKS = new Map(Object.keys(ASPECTS).map((aspect, at) => [aspect, at]));

function byGravity(one: Difference, other: Difference): number {
  return RANKS.get(one.aspect)! - RANKS.get(other.aspect)! || one.p - other.p || other.ratio - one.ratio;
}
