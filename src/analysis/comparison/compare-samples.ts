import { quantileSorted } from "simple-statistics";
import { ClusteredCount } from "./clustered-count.ts";
import type { Aspect, Difference, ShareMeasure, ValueMeasure } from "./difference.ts";
import type { ConnectionTraits, ExchangeComparison, SideSample } from "./exchange-comparison.ts";
import type { GroupSample, MessageSample } from "./group-sample.ts";
import type { NamedCounts } from "./named-counts.ts";
import { bootstrapRatio } from "./statistics/bootstrap-ratio.ts";
import { testSigns } from "./statistics/exact-shares.ts";
import type { Probability } from "./statistics/probability.ts";
import { type CountOf, hasEnoughConnections, testCounts, testValues, UNCLEAR } from "./test-counts.ts";
import type { ValueSample } from "./value-sample.ts";

/** A test, and the difference that it is of: made only where it is told. */
export interface Candidate {
  readonly test: Probability;
  readonly make: () => Difference;
}

export function* compareTraffic(
  key: readonly string[],
  before: GroupSample | undefined,
  after: GroupSample | undefined,
  a: SideSample,
  b: SideSample,
): Generator<Candidate> {
  // A route that found no room on the other side is not missing there.
  if ((before === undefined && a.beyond > 0) || (after === undefined && b.beyond > 0)) return;
  const aspect: Aspect = before === undefined ? "route-came" : after === undefined ? "route-gone" : "traffic";
  const counts = [
    { count: before?.requests, of: a.requests },
    { count: after?.requests, of: b.requests },
  ] as const;
  const candidate = compareCounts(aspect, key, ...counts);
  const mixes = [before, after].map((group) => group && mixOf(group));
  const isTelling = aspect !== "traffic" || hasEnoughConnections(a.requests, b.requests);
  yield {
    test: isTelling ? candidate.test : { ...candidate.test, p: Math.max(UNCLEAR, candidate.test.p) },
    make: () => {
      const difference = candidate.make();
      const [left, right] = [difference.a as ShareMeasure, difference.b as ShareMeasure];
      return {
        ...difference,
        a: mixes[0] === undefined ? left : { ...left, mix: mixes[0] },
        b: mixes[1] === undefined ? right : { ...right, mix: mixes[1] },
      };
    },
  };
}

export function* compareGroups(key: readonly string[], before: GroupSample, after: GroupSample): Generator<Candidate> {
  yield compareCounts(
    "errors",
    key,
    { count: before.errors, of: before.requests },
    { count: after.errors, of: after.requests },
  );
  for (const status of namesOf(before.statuses, after.statuses)) {
    const [left, right] = [before, after].map(({ statuses, requests }) => ({
      count: statuses.get(status),
      of: requests,
    }));
    const candidate = compareCounts("status", key, left!, right!, status);
    yield {
      ...candidate,
      make: () => {
        const { a, b, ...rest } = candidate.make();
        return {
          ...rest,
          a: { ...(a as ShareMeasure), mix: mixOf(before) },
          b: { ...(b as ShareMeasure), mix: mixOf(after) },
        };
      },
    };
  }
  yield* compareValues("latency", key, before.latencies, after.latencies, "nanoseconds");
  yield* compareTails(key, before.latencies, after.latencies);
  for (const [from, name] of [
    ["server", "response"],
    ["client", "request"],
  ] as const) {
    yield* compareMessages(name, key, before[from], after[from]);
  }
}

function* compareMessages(
  name: "request" | "response",
  key: readonly string[],
  before: MessageSample,
  after: MessageSample,
): Generator<Candidate> {
  for (const path of namesOf(before.members, after.members))
    yield compareCounts(
      `${name}-member`,
      key,
      { count: before.members.get(path), of: before.shaped },
      { count: after.members.get(path), of: after.shaped },
      path,
    );
  for (const field of namesOf(before.fields, after.fields))
    yield compareCounts(
      `${name}-header`,
      key,
      { count: before.fields.get(field), of: before.heads },
      { count: after.fields.get(field), of: after.heads },
      field,
    );
  yield* compareValues(`${name}-size`, key, before.sizes, after.sizes, "bytes");
}

const TRAITS: readonly (readonly [Aspect, (traits: ConnectionTraits) => string | undefined])[] = [
  ["protocol", ({ protocol }) => protocol],
  ["tls", ({ tls }) => tls],
  ["tls", ({ cipher }) => cipher],
  ["tls", ({ alpn }) => alpn],
];

export function* compareConnections(a: SideSample, b: SideSample): Generator<Candidate> {
  for (const [aspect, trait] of TRAITS) {
    const [before, after] = [a.countTraits(trait), b.countTraits(trait)];
    for (const name of namesOf(before.counts, after.counts))
      yield compareCounts(
        aspect,
        [],
        { count: before.counts.get(name), of: before.all },
        { count: after.counts.get(name), of: after.all },
        name,
      );
  }
  yield* compareValues("connection-use", [], a.sampleUse(), b.sampleUse(), "requests");
}

export function* comparePairs({ matched, a, b }: ExchangeComparison): Generator<Candidate> {
  const { pairs, failedAfter, failedBefore, slower, faster, ratios } = matched;
  if (pairs < Math.min(a.requests.total, b.requests.total) / 2) return;
  yield {
    test: testSigns(failedBefore, failedAfter),
    make: () => ({
      aspect: "pairs-errors",
      key: [],
      a: { count: failedBefore, of: pairs },
      b: { count: failedAfter, of: pairs },
      ratio: failedAfter / failedBefore,
      p: testSigns(failedBefore, failedAfter).p,
    }),
  };
  const ratio = middle(ratios.values);
  yield {
    test: testSigns(faster, slower),
    make: () => ({
      aspect: "pairs-latency",
      key: [],
      a: { count: faster, of: pairs },
      b: { count: slower, of: pairs },
      ratio,
      p: testSigns(faster, slower).p,
    }),
  };
}

function compareCounts(aspect: Aspect, key: readonly string[], a: CountOf, b: CountOf, name?: string): Candidate {
  const test = testCounts(a, b);
  const [before, after] = [a, b].map(({ count, of }) => ({ count: count?.total ?? 0, of: of.total })) as [
    ShareMeasure,
    ShareMeasure,
  ];
  return {
    test,
    make: () => ({
      aspect,
      key,
      ...(name !== undefined && { name }),
      a: before,
      b: after,
      ratio: after.count / after.of / (before.count / before.of),
      p: test.p,
    }),
  };
}

function* compareValues(
  aspect: Aspect,
  key: readonly string[],
  a: ValueSample,
  b: ValueSample,
  unit: ValueMeasure["unit"],
): Generator<Candidate> {
  if (a.count === 0 || b.count === 0) return;
  const test = testValues(a, b);
  yield {
    test,
    make: () => {
      const [before, after] = [measure(a, unit), measure(b, unit)];
      const interval = before.p50 > 0 ? bootstrapRatio(a.values, b.values) : undefined;
      // Where the middle stays, what changed is above it.
      const ratio = before.p50 === after.p50 ? after.p90 / before.p90 : after.p50 / before.p50;
      return {
        ...{ aspect, key, a: before, b: after, p: test.p },
        ratio: Number.isNaN(ratio) ? 1 : ratio,
        ...(interval !== undefined && before.p50 !== after.p50 && { interval }),
      };
    },
  };
}

/** The share of those that are slower than 95 % of all. */
function* compareTails(key: readonly string[], a: ValueSample, b: ValueSample): Generator<Candidate> {
  const all = Float64Array.of(...a.values, ...b.values).sort();
  if (all.length < LEAST_FOR_TAIL) return;
  const limit = all[Math.floor(all.length * 0.95)]!;
  const [before, after] = [a, b].map((sample) => {
    const [count, of] = [new ClusteredCount(), new ClusteredCount()];
    sample.byPart().forEach((values, part) => {
      for (const value of values) {
        of.add(part);
        if (value > limit) count.add(part);
      }
    });
    return { count, of };
  }) as [CountOf, CountOf];
  const candidate = compareCounts("latency-tail", key, before, after);
  yield { ...candidate, make: () => ({ ...candidate.make(), name: String(limit) }) };
}

const LEAST_FOR_TAIL = 100;

function namesOf(a: NamedCounts, b: NamedCounts): Set<string> {
  return new Set([...a.names, ...b.names]);
}

function measure({ values, count }: ValueSample, unit: ValueMeasure["unit"]): ValueMeasure {
  const sorted = [...values].sort((x, y) => x - y);
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((q) => quantileSorted(sorted, q)) as [number, number, number];
  return { unit, values: count, p50, p90, p99 };
}

function middle(values: readonly number[]): number {
  return values.length === 0 ? 1 : [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)]!;
}

/** `200 98 %, 503 2 %`: the most first. */
function mixOf({ statuses, requests }: GroupSample): string {
  return [...statuses.names]
    .map((name) => ({ name, share: statuses.get(name)!.total / requests.total }))
    .sort((x, y) => y.share - x.share)
    .slice(0, 4)
    .map(({ name, share }) => `${name} ${formatShare(share)}`)
    .join(", ");
}

function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent < 9.95 && percent > 0 ? percent.toPrecision(2) : percent.toFixed(0)} %`;
}
