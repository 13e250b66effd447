import type { MemoryBudget, Timestamp } from "../../model/index.ts";
import { FRAME_HEADER_BYTES, PREFACE } from "./constants.ts";
import { comparePreface } from "./direction-start.ts";
import { type FrameChain, followFrames, type KnownOfDirection, type SettledFrames } from "./frame-evidence.ts";

/** Bytes that were pushed together. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly time: Timestamp;
}

/**
 * Finds where a frame begins in a direction that was joined in the middle, or that lost bytes.
 *
 *      ┌───────────────┬──────────────────────────────┬ ─ ─ ─
 *      │ refuted: gone │ held: places that may be one │  to come
 *      └───────────────┴──────────────────────────────┴ ─ ─ ─
 *                        ▲      ▲          ▲
 *                        candidates: frames follow each other from there, as far as was seen
 *
 * A place is taken when several frame headers in a row stand where each says that the next one does, and there is enough
 * evidence for them. What is held is bounded; while it is full the likeliest place is taken or the older half given up.
 *
 * Bytes are judged one after the other, as if each came by itself: how they are cut into pushes changes nothing that is found.
 */
export class FrameFinder {
  readonly #limit: number;
  readonly #budget: MemoryBudget | undefined;
  #bytes: Uint8Array = EMPTY;
  #length = 0;
  /** Where pushes began, and when they came. */
  #pushes: { start: number; time: Timestamp }[] = [];
  /** Places that may be a frame's beginning. */
  #candidates: Candidate[] = [];
  /** Bytes that were judged. */
  #judged = 0;
  /** No candidate wakes before so many bytes are there. */
  #nextWake = Number.POSITIVE_INFINITY;
  /** Where the search began, among the bytes held: negative once those were given up. */
  #origin = 0;
  #reserved = 0;

  /** Bytes that were given up since the last `take`: no frame begins there. */
  skipped = 0;

  /**
   * @param limit bytes held at most
   * @param budget charged for them
   */
  constructor(limit: number, budget: MemoryBudget | undefined) {
    this.#limit = limit;
    this.#budget = budget;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#length;
  }

  /** Whether more bytes could show that a frame begins in those that are held. */
  get isOpen(): boolean {
    return this.#candidates.length > 0;
  }

  /**
   * Adds bytes. Gives where among the bytes held a frame (or the connection preface) begins, or -1: then more are needed.
   *
   * @param known what is known of the direction
   */
  push(data: Uint8Array, start: number, end: number, time: Timestamp, known: KnownOfDirection): number {
    this.#pushes.push({ start: this.#length, time });
    for (let at = start; at < end; ) {
      // As much as there is room for, so that a push larger than the limit is searched all the same.
      const room = this.#makeRoom(Math.min(end - at, this.#untilCompacted));
      if (room === 0) {
        this.#discard(this.#length);
        this.skipped += end - at;
        return -1;
      }
      this.#hold(data, at, at + room);
      at += room;
      let found = this.#search(known);
      if (found < 0 && this.#length >= this.#limit)
        found = this.#likeliest(known, (chain) => chain.headers >= 2 && chain.evidence >= 60);
      if (found >= 0) {
        if (at < end) this.#holdRest(data, at, end);
        return found;
      }
      if (this.#untilCompacted === COMPACT_EACH) this.#compact();
      if (this.#length >= this.#limit) this.#discard(this.#limit >> 1);
    }
    return -1;
  }

  /** Nothing connected follows: gives the place that less evidence is enough for now, or -1. */
  finish(known: KnownOfDirection): number {
    return this.#likeliest(known, ({ headers, evidence, next }, at) => {
      if (headers >= 2) return evidence >= 60;
      return evidence >= 40 && (at === this.#origin || (next === this.#length && evidence >= 60));
    });
  }

  /** Hands on what is held from `from` on, by push, and counts what is before it as skipped. Empties the finder. */
  take(from: number): Piece[] {
    const pieces: Piece[] = [];
    for (const [index, push] of this.#pushes.entries()) {
      const end = this.#pushes[index + 1]?.start ?? this.#length;
      const start = Math.max(push.start, from);
      if (start < end) pieces.push({ bytes: this.#bytes.slice(start, end), time: push.time });
    }
    this.skipped += from;
    this.#discard(this.#length, false);
    return pieces;
  }

  /** Gives up what is held. */
  clear(): void {
    this.#discard(this.#length);
  }

  /** Judges the bytes that were not judged yet. */
  #search(known: KnownOfDirection): number {
    while (this.#judged < this.#length) {
      const seen = ++this.#judged;
      const found = seen >= this.#nextWake ? this.#wake(seen, known) : -1;
      if (found >= 0) return found;
      const at = seen - FRAME_HEADER_BYTES;
      if (at >= 0 && this.#judge(at, seen, known)) return at;
    }
    return -1;
  }

  /** Looks at the candidates that more can be said of, now that `seen` bytes are there. */
  #wake(seen: number, known: KnownOfDirection): number {
    const candidates = this.#candidates;
    this.#candidates = [];
    this.#nextWake = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      if (seen < candidate.wakeAt) this.#keep(candidate);
      else if (this.#judge(candidate.at, seen, known, candidate.settled)) return candidate.at;
    }
    return -1;
  }

  /** Whether a frame begins at `at`, as far as `seen` bytes show. If that cannot be told yet, it stays a candidate. */
  #judge(at: number, seen: number, known: KnownOfDirection, settled?: SettledFrames): boolean {
    if (this.#bytes[at] === PREFACE[0]) {
      const preface = comparePreface(this.#bytes, at, seen);
      if (preface === "begun") this.#keep({ at, evidence: Number.POSITIVE_INFINITY, wakeAt: seen + 1 });
      return preface === "whole";
    }
    const chain = followFrames(this.#bytes, at, seen, known, isConvincing, settled);
    if (chain === undefined) return false;
    if (isConvincing(chain) || this.#endsWithFrame(chain, at, seen)) return true;
    const { evidence, next } = chain;
    const wakeAt = next > seen ? next : next + FRAME_HEADER_BYTES;
    this.#keep({ at, evidence, wakeAt, settled: chain.settled });
    return false;
  }

  /** When there are too many, the one that least speaks for goes. */
  #keep(candidate: Candidate): void {
    this.#nextWake = Math.min(this.#nextWake, candidate.wakeAt);
    if (this.#candidates.length < MAX_CANDIDATES) {
      this.#candidates.push(candidate);
      return;
    }
    let weakest = 0;
    for (const [index, { evidence }] of this.#candidates.entries())
      if (evidence < this.#candidates[weakest]!.evidence) weakest = index;
    if (this.#candidates[weakest]!.evidence < candidate.evidence) this.#candidates[weakest] = candidate;
  }

  /** Whole frames: a single one is believed only where the search began. */
  #endsWithFrame({ headers, evidence, next }: FrameChain, at: number, seen: number): boolean {
    if (next !== seen) return false;
    return headers >= 2 ? evidence >= 80 : evidence >= 50 && at === this.#origin;
  }

  #likeliest(known: KnownOfDirection, isAcceptable: (chain: FrameChain, at: number) => boolean): number {
    let likeliest = -1;
    let most = 0;
    for (const { at, settled } of this.#candidates) {
      const chain = followFrames(this.#bytes, at, this.#length, known, isConvincing, settled);
      if (chain === undefined || chain.evidence <= most || !isAcceptable(chain, at)) continue;
      likeliest = at;
      most = chain.evidence;
    }
    return likeliest;
  }

  /** Bytes until those are given up at which no candidate begins: at places that do not depend on how they are cut. */
  get #untilCompacted(): number {
    return COMPACT_EACH - ((this.#length - this.#origin) % COMPACT_EACH);
  }

  #compact(): void {
    let first = Math.max(0, this.#judged - FRAME_HEADER_BYTES + 1);
    for (const { at } of this.#candidates) first = Math.min(first, at);
    if (first > 0) this.#discard(first);
  }

  /** How many of `wanted` bytes can be held. */
  #makeRoom(wanted: number): number {
    const room = this.#limit - this.#length;
    const needed = this.#length + Math.min(wanted, room);
    if (needed <= this.#bytes.length) return needed - this.#length;
    const size = Math.min(this.#limit, Math.max(needed, 2 * this.#bytes.length, 1024));
    return this.#grow(size) ? needed - this.#length : this.#bytes.length - this.#length;
  }

  /** The place is found: the rest of the push follows it whatever its length, for `take` comes next. */
  #holdRest(data: Uint8Array, start: number, end: number): void {
    const grown = new Uint8Array(this.#length + end - start);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#hold(data, start, end);
  }

  #hold(data: Uint8Array, start: number, end: number): void {
    this.#bytes.set(data.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  #grow(size: number): boolean {
    if (this.#budget !== undefined && !this.#budget.tryReserve(size - this.#reserved)) return false;
    this.#reserved = size;
    const grown = new Uint8Array(size);
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    return true;
  }

  /** Drops the first `size` bytes held; an emptied finder gives its memory back. */
  #discard(size: number, counted = true): void {
    if (counted) this.skipped += size;
    if (size === this.#length) {
      this.#budget?.release(this.#reserved);
      this.#reserved = 0;
      this.#bytes = EMPTY;
      this.#length = 0;
      this.#pushes = [];
      this.#candidates = [];
      this.#judged = 0;
      this.#nextWake = Number.POSITIVE_INFINITY;
      this.#origin = 0;
      return;
    }
    this.#bytes.copyWithin(0, size, this.#length);
    this.#length -= size;
    const moved = this.#pushes.map(({ start, time }) => ({ start: start - size, time }));
    const firstKept = moved.findLastIndex(({ start }) => start <= 0);
    this.#pushes = moved.slice(Math.max(0, firstKept));
    if (this.#pushes[0] !== undefined && this.#pushes[0].start < 0) this.#pushes[0].start = 0;
    this.#candidates = this.#candidates
      .filter(({ at }) => at >= size)
      .map(({ at, evidence, wakeAt, settled }) => ({
        at: at - size,
        evidence,
        wakeAt: wakeAt - size,
        ...(settled !== undefined && { settled: { ...settled, next: settled.next - size } }),
      }));
    this.#judged -= size;
    this.#nextWake -= size;
    this.#origin -= size;
  }
}

interface Candidate {
  readonly at: number;
  readonly evidence: number;
  /** More bytes change nothing about it before there are so many. */
  readonly wakeAt: number;
  /** Starts that need not be followed again. */
  readonly settled?: SettledFrames | undefined;
}

const EMPTY: Uint8Array = new Uint8Array(0);
const MAX_CANDIDATES = 64;
/** Refuted bytes are moved out of the way whenever so many were searched. */
const COMPACT_EACH = 4096;

/** Three headers in a row, or two with whole header blocks or of rigid form. */
function isConvincing(chain: FrameChain): boolean {
  return chain.headers >= 3 ? chain.evidence >= 72 : chain.headers === 2 && chain.evidence >= 90;
}
