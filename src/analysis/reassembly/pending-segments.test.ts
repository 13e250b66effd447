import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { MemoryBudget } from "../../model/index.ts";
import { BlockPool, blockSize } from "./block-pool.ts";
import { type PendingRange, PendingSegments } from "./pending-segments.ts";
import { ReassemblyCounters } from "./reassembly-limits.ts";

const RANGE_COST = 256;
const NO_LIMIT = 1 << 30;
const range = (start: number, end: number, more: Partial<PendingRange> = {}): PendingRange => ({
  start,
  end,
  seconds: 1,
  nanos: 0,
  after: 0,
  acknowledged: undefined,
  ...more,
});

test("kept ranges are what a list of bytes says, in whatever order they come", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const { segments, budget, counters } = make();
    const kept = new Map<number, number | undefined>();
    let differing = 0;
    for (let round = 0; round < 12; round++) {
      const start = random.below(60);
      const end = start + 1 + random.below(20);
      const at = random.below(3);
      const isCaptured = !random.chance(5);
      const bytes = Uint8Array.from({ length: at + end - start }, () => random.below(3));
      const seen = random.chance(4) ? at : bytes.length;
      const free: number[] = [];
      for (let place = start; place < end; place++) {
        const own = bytes[at + place - start];
        if (!kept.has(place)) free.push(place);
        else if (place < start + seen - at && kept.get(place) !== undefined && kept.get(place) !== own) differing++;
      }
      const uncovered = segments.findUncovered(start, end, bytes, at, seen, counters);
      assert.deepEqual(
        uncovered.flatMap((one) => list(one.start, one.end)),
        free,
        `seed ${seed}`,
      );
      for (const [index, one] of uncovered.entries()) {
        assert.ok(one.start < one.end && (index === 0 || uncovered[index - 1]!.end < one.start), `seed ${seed}`);
        const moment = range(one.start, one.end, { nanos: random.below(2) });
        assert.ok(segments.tryAdd(moment, isCaptured ? bytes : undefined, at + one.start - start, NO_LIMIT));
        for (const place of list(one.start, one.end))
          kept.set(place, isCaptured ? bytes[at + place - start] : undefined);
      }
      assert.equal(counters.differingBytes, differing, `seed ${seed}`);
    }
    const found: [number, number | undefined][] = [];
    let last = -1;
    while (!segments.isEmpty) {
      assert.equal(segments.firstStart, segments.first!.start);
      const segment = segments.shift();
      assert.ok(segment.start >= last && segment.end > segment.start);
      last = segment.end;
      for (const place of list(segment.start, segment.end)) found.push([place, segment.block?.[place - segment.start]]);
      segments.recycle(segment);
    }
    assert.deepEqual(
      found,
      [...kept].sort(([one], [other]) => one - other),
      `seed ${seed}`,
    );
    assert.deepEqual([segments.firstStart, segments.first, budget.used], [Number.POSITIVE_INFINITY, undefined, 0]);
  }
});

test("pieces that a side sent at one moment are one range, others are ranges of their own", () => {
  for (const [more, isOne] of [
    [{}, true],
    [{ seconds: 2 }, false],
    [{ nanos: 1 }, false],
    [{ after: 1 }, false],
    [{ acknowledged: 5 }, false],
    [{ start: 11 }, false],
  ] as [Partial<PendingRange>, boolean][]) {
    const { segments, budget } = make();
    segments.tryAdd(range(5, 10), Uint8Array.of(1, 2, 3, 4, 5), 0, NO_LIMIT);
    segments.tryAdd(range(10, 12, more), Uint8Array.of(0, 6, 7), 1, NO_LIMIT);
    assert.equal(budget.used, (isOne ? 1 : 2) * (RANGE_COST + blockSize(1)), JSON.stringify(more));
    const first = segments.shift();
    assert.deepEqual([first.start, first.end], [5, isOne ? 12 : 10]);
    assert.deepEqual([...first.block!.subarray(0, first.end - 5)], isOne ? [1, 2, 3, 4, 5, 6, 7] : [1, 2, 3, 4, 5]);
    assert.equal(segments.isEmpty, isOne);
  }
  // One without bytes is never joined.
  for (const [one, other] of [
    [undefined, Uint8Array.of(1)],
    [Uint8Array.of(1), undefined],
  ]) {
    const { segments } = make();
    segments.tryAdd(range(0, 1), one, 0, NO_LIMIT);
    segments.tryAdd(range(1, 2), other, 0, NO_LIMIT);
    segments.shift();
    assert.ok(!segments.isEmpty);
  }
});

test("a range has 64 KiB at most, and takes as much as its block", () => {
  for (const [size, isOne] of [
    [0xffff, true],
    [0x1_0000, true],
    [0x1_0001, false],
  ] as const) {
    const { segments, budget } = make();
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 255);
    segments.tryAdd(range(0, 1000), bytes, 0, NO_LIMIT);
    segments.tryAdd(range(1000, size), bytes, 1000, NO_LIMIT);
    assert.equal(
      budget.used,
      isOne ? RANGE_COST + blockSize(size) : 2 * RANGE_COST + blockSize(1000) + blockSize(size - 1000),
    );
    const first = segments.shift();
    assert.equal(first.end, isOne ? size : 1000);
    assert.ok(Buffer.from(first.block!.subarray(0, first.end)).equals(bytes.subarray(0, first.end)));
  }
});

test("there is room up to the limit and the budget, to the byte, for a range and for what is added to it", () => {
  const one = RANGE_COST + 128;
  for (const [limit, memory, fits] of [
    [one, NO_LIMIT, true],
    [one - 1, NO_LIMIT, false],
    [NO_LIMIT, one, true],
    [NO_LIMIT, one - 1, false],
  ] as const) {
    const { segments, budget } = make(memory);
    assert.equal(segments.tryAdd(range(0, 128), new Uint8Array(128), 0, limit), fits);
    assert.deepEqual([segments.isEmpty, budget.used], [!fits, fits ? one : 0]);
  }
  const extended = RANGE_COST + 256;
  for (const [limit, memory, fits] of [
    [extended, NO_LIMIT, true],
    [extended - 1, NO_LIMIT, false],
    [NO_LIMIT, extended, true],
    [NO_LIMIT, extended - 1, false],
  ] as const) {
    const { segments, budget } = make(memory);
    segments.tryAdd(range(0, 128), new Uint8Array(128).fill(1), 0, limit);
    assert.equal(segments.tryAdd(range(128, 129), Uint8Array.of(2), 0, limit), fits);
    assert.equal(budget.used, fits ? extended : one);
    const first = segments.shift();
    assert.deepEqual([first.end, first.block![127], budget.used], [fits ? 129 : 128, 1, 0]);
    if (fits) assert.equal(first.block![128], 2);
  }
  // A range without bytes costs itself alone.
  const { segments, budget } = make();
  assert.ok(segments.tryAdd(range(0, 1 << 20), undefined, 0, RANGE_COST));
  assert.equal(budget.used, RANGE_COST);
  assert.ok(!segments.tryAdd(range(1 << 21, 1 << 22), undefined, 0, 2 * RANGE_COST - 1));
});

function make(memory = NO_LIMIT) {
  const budget = new MemoryBudget(memory);
  return { budget, segments: new PendingSegments(budget, new BlockPool(1 << 20)), counters: new ReassemblyCounters() };
}

function list(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
