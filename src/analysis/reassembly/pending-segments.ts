import type { MemoryBudget } from "../../model/index.ts";
import { type BlockPool, blockSize } from "./block-pool.ts";
import type { ReassemblyCounters } from "./reassembly-limits.ts";

/** A range of a direction's stream that waits for what stands in front of it, or for the other direction. */
export interface PendingSegment extends PendingRange {
  /** Begins with the bytes; it may be longer than they are. Absent where they were sent but not captured. */
  block: Uint8Array | undefined;
  end: number;
}

export interface PendingRange {
  /** In the stream. */
  readonly start: number;
  readonly end: number;
  /** When it was captured. */
  readonly seconds: number;
  readonly nanos: number;
  /** The position that the other direction has to come to first. */
  after: number;
  /** How far its sender had received the other direction. */
  readonly acknowledged: number | undefined;
}

/**
 * Segments of one direction that came out of order: ranges of the stream, sorted, none overlapping another. The first copy of a byte
 * is the one that is kept.
 *
 *      handed on     hole      kept      hole   kept
 *     ───────────┤          ├────────┤        ├──────┤
 *              offset    [0].start         [1].start
 */
export class PendingSegments {
  readonly #segments: PendingSegment[] = [];
  readonly #budget: MemoryBudget;
  readonly #pool: BlockPool;
  #reserved = 0;

  constructor(budget: MemoryBudget, pool: BlockPool) {
    this.#budget = budget;
    this.#pool = pool;
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  get first(): PendingSegment | undefined {
    return this.#segments[0];
  }

  /** Where the first range starts; infinity where there is none. */
  get firstStart(): number {
    return this.#segments[0]?.start ?? Number.POSITIVE_INFINITY;
  }

  /**
   * The parts of `[start, end)` that are not kept yet. Where bytes are kept that differ from `bytes` (whose byte for the
   * stream's `start` stands at `at`, up to `bytesEnd`), they are counted.
   */
  findUncovered(
    start: number,
    end: number,
    bytes: Uint8Array,
    at: number,
    bytesEnd: number,
    counters: ReassemblyCounters,
  ): { start: number; end: number }[] {
    const uncovered: { start: number; end: number }[] = [];
    let cursor = start;
    for (let i = this.#indexOf(start); i < this.#segments.length && cursor < end; i++) {
      const segment = this.#segments[i]!;
      if (segment.start >= end) break;
      if (segment.start > cursor) uncovered.push({ start: cursor, end: segment.start });
      const from = Math.max(cursor, segment.start);
      const to = Math.min(end, segment.end, start + bytesEnd - at);
      if (segment.block !== undefined)
        for (let i = from; i < to; i++)
          if (segment.block[i - segment.start] !== bytes[at + i - start]) counters.differingBytes++;
      cursor = Math.max(cursor, segment.end);
    }
    if (cursor < end) uncovered.push({ start: cursor, end });
    return uncovered;
  }

  /** Keeps a copy of `bytes[at, at + end - start)` as that range, which is not covered yet. False where there is no room. */
  tryAdd(range: PendingRange, bytes: Uint8Array | undefined, at: number, limit: number): boolean {
    const { start, end } = range;
    const index = this.#indexOf(start);
    const before = this.#segments[index - 1];
    if (before !== undefined && bytes !== undefined && isContinued(before, range))
      return this.#extend(before, end, bytes, at, limit);
    const cost = SEGMENT_COST + (bytes === undefined ? 0 : blockSize(end - start));
    if (this.#reserved + cost > limit || !this.#budget.tryReserve(cost)) return false;
    this.#reserved += cost;
    const block = bytes === undefined ? undefined : this.#pool.take(end - start);
    if (bytes !== undefined) block?.set(bytes.subarray(at, at + end - start));
    this.#segments.splice(index, 0, { ...range, block });
    return true;
  }

  /** The pieces that a side sent at one moment are one range, so that it costs no more in small pieces. */
  #extend(segment: PendingSegment, end: number, bytes: Uint8Array, at: number, limit: number): boolean {
    let block = segment.block!;
    const size = blockSize(end - segment.start);
    if (size > block.length) {
      const cost = size - block.length;
      if (this.#reserved + cost > limit || !this.#budget.tryReserve(cost)) return false;
      this.#reserved += cost;
      block = this.#pool.take(end - segment.start);
      block.set(segment.block!.subarray(0, segment.end - segment.start));
      this.#pool.give(segment.block!);
      segment.block = block;
    }
    block.set(bytes.subarray(at, at + end - segment.end), segment.end - segment.start);
    segment.end = end;
    return true;
  }

  /** Takes the first range away; there must be one. Its block is to be given back with `recycle`. */
  shift(): PendingSegment {
    const segment = this.#segments.shift()!;
    const cost = SEGMENT_COST + (segment.block?.length ?? 0);
    this.#reserved -= cost;
    this.#budget.release(cost);
    return segment;
  }

  recycle(segment: PendingSegment): void {
    if (segment.block !== undefined) this.#pool.give(segment.block);
  }

  /** The index of the first range that ends behind `position`. */
  #indexOf(position: number): number {
    const segments = this.#segments;
    // Nearly always the new one comes last.
    if (segments.length === 0 || segments[segments.length - 1]!.end <= position) return segments.length;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (segments[middle]!.end > position) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isContinued(before: PendingSegment, range: PendingRange): boolean {
  const { start, end, seconds, nanos, after, acknowledged } = range;
  if (before.block === undefined || before.end !== start || end - before.start > LARGEST_RANGE) return false;
  if (before.after !== after || before.acknowledged !== acknowledged) return false;
  return before.seconds === seconds && before.nanos === nanos;
}

const LARGEST_RANGE = 64 * 1024;

/** Bytes of memory that a range takes besides its data. */
const SEGMENT_COST = 256;
