import type { Direction } from "../../model/index.ts";
import { PendingSegments } from "./pending-segments.ts";
import type { ReassemblyContext } from "./reassembly-context.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/**
 * One direction of a TCP connection: segments in, in whatever order they were captured, the stream's bytes out in theirs.
 * Bytes that are next are handed on where they stand, without a copy.
 *
 * Sequence numbers are compared modulo 2^32 (RFC 9293 section 3.4); positions in the stream count from 0 and do not wrap.
 */
export class TcpStream {
  /** Whether `next` means anything. */
  synchronised = false;
  /** The sequence number that is expected next, as a signed 32-bit number. */
  next = 0;
  /** That number's position in the stream. */
  offset = 0;
  /** The first sequence number, of the SYN, as a signed 32-bit number. */
  initial: number | undefined;
  /** The sender's end was handed on. */
  ended = false;
  /** Where a stray segment ended, that another may follow. */
  strayNext: number | undefined;
  #direction: Direction = "read";
  readonly #owner: TcpConnection;
  readonly #context: ReassemblyContext;
  /** Joined in the middle, and no data came yet: where it starts is a guess. */
  #tentative = false;
  /** How far the receiver has acknowledged, where that is more than `offset`. */
  #acknowledged = 0;
  /** The position of the FIN, once it was seen. */
  #end = Number.POSITIVE_INFINITY;
  #pending: PendingSegments | undefined;
  /** When the first hole was noticed, or acknowledged; `holePackets` is -1 when there is none. */
  #holePackets = -1;
  #holeSeconds = 0;
  #holeOffset = 0;
  #holeAcknowledged = false;

  constructor(owner: TcpConnection, context: ReassemblyContext) {
    this.#owner = owner;
    this.#context = context;
  }

  /** Begins anew, for another connection: nothing waits any more. */
  reset(direction: Direction): void {
    this.#direction = direction;
    this.synchronised = false;
    this.next = 0;
    this.offset = 0;
    this.initial = undefined;
    this.ended = false;
    this.strayNext = undefined;
    this.#tentative = false;
    this.#acknowledged = 0;
    this.#end = Number.POSITIVE_INFINITY;
    this.#holePackets = -1;
  }

  /** A SYN with this sequence number was seen, or acknowledged. */
  open(initial: number): void {
    this.synchronised = true;
    this.#tentative = false;
    this.initial = initial | 0;
    this.next = (initial + 1) | 0;
  }

  /** The stream is joined in the middle: `next` is the next number as far as can be told. */
  join(next: number): void {
    this.synchronised = true;
    this.#tentative = true;
    this.next = next | 0;
  }

  get hasHole(): boolean {
    return this.#holePackets >= 0;
  }

  /** The receiver says that everything before this number came. Call it only where that is more than `next`. */
  acknowledge(number: number): void {
    const distance = (number - this.next) | 0;
    if (distance <= 0 || distance > this.#context.limits.windowBytes) return;
    this.#acknowledged = Math.min(Math.max(this.#acknowledged, this.offset + distance), this.#end);
    if (this.#isMissingAcknowledged()) this.#noticeHole(true);
  }

  /**
   * Takes a segment's payload, `bytes[start, end)` and `missing` more bytes that were sent but not captured; `fin` when the
   * sender's end stands behind them. The distance of its number from `next` is within the window.
   */
  accept(sequence: number, bytes: Uint8Array, start: number, end: number, missing: number, fin: boolean): void {
    let distance = (sequence - this.next) | 0;
    if (this.#tentative && distance !== 0) distance = this.#settleStart(sequence, distance, end - start + missing);
    this.#tentative = this.#tentative && end === start;
    if (fin && this.#end === Number.POSITIVE_INFINITY) this.#setEnd(this.offset + distance + end - start + missing);
    const beyond = this.offset + distance + end - start + missing - this.#end;
    if (beyond > 0) this.#acceptUpToEnd(distance, bytes, start, end, missing, beyond);
    else if (distance === 0 && (this.#pending === undefined || this.#pending.isEmpty))
      this.#acceptInOrder(bytes, start, end, missing);
    else this.#acceptOutOfOrder(distance, bytes, start, end, missing);
    if (this.#end <= this.offset) this.#handOnEnd();
  }

  /** Gives a hole up that has been open for too long. */
  checkHole(): void {
    const { limits, seconds } = this.#context;
    const packets = this.#owner.packets - this.#holePackets;
    const elapsed = Math.abs(seconds - this.#holeSeconds);
    const isOver = this.#holeAcknowledged
      ? packets >= limits.acknowledgedHolePackets || elapsed > limits.acknowledgedHoleSeconds
      : packets >= limits.holePackets || elapsed > limits.holeSeconds;
    if (isOver) this.#giveUpHole(Number.POSITIVE_INFINITY);
  }

  /** Hands on all that waits, with gaps for what is missing: nothing more will come. */
  flush(): void {
    while (this.#holePackets >= 0) this.#giveUpHole(Number.POSITIVE_INFINITY);
    if (this.#end < Number.POSITIVE_INFINITY && this.#end > this.offset) this.#handOnGap(this.#end, "lost-segment");
    if (this.#end <= this.offset) this.#handOnEnd();
  }

  /** Where a stream that was joined in the middle really starts; gives the distance of the segment from there. */
  #settleStart(sequence: number, distance: number, length: number): number {
    // A keep-alive probe stands one before what is next, and so may have been what the stream was joined with.
    const wasKeepAlive = distance === 1;
    const isEarlier = distance < 0 && distance >= -MAX_STEP_BACK && !(distance === -1 && length <= 1);
    if (!wasKeepAlive && !isEarlier) return distance;
    this.next = sequence | 0;
    return 0;
  }

  #setEnd(position: number): void {
    if (position < this.offset) return;
    this.#end = position;
    this.#acknowledged = Math.min(this.#acknowledged, position);
  }

  /** What stands `beyond` the sender's end is no part of the stream. */
  #acceptUpToEnd(
    distance: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    beyond: number,
  ): void {
    const cut = Math.min(end - start, Math.max(0, beyond - missing));
    this.#context.accounts.settleSkipped("after-close", cut);
    const rest = missing - Math.min(missing, beyond);
    if (end - cut > start || rest > 0) this.#acceptOutOfOrder(distance, bytes, start, end - cut, rest);
  }

  #acceptInOrder(bytes: Uint8Array, start: number, end: number, missing: number): void {
    if (end > start) this.#handOn(bytes, start, end, missing === 0 && this.#end === this.offset + end - start);
    if (missing > 0) this.#handOnGap(this.offset + missing, "snaplen");
    if (this.#holePackets >= 0) this.#reviewHole();
  }

  #acceptOutOfOrder(distance: number, bytes: Uint8Array, start: number, end: number, missing: number): void {
    const { accounts, counters } = this.#context;
    const length = end - start + missing;
    const old = Math.min(Math.max(-distance, 0), length);
    const oldCaptured = Math.min(old, end - start);
    accounts.settleSkipped(distance === -1 && length <= 1 ? "keep-alive" : "retransmission", oldCaptured);
    if (old === length) return;
    const from = start + oldCaptured;
    const position = this.offset + distance + old;
    const capturedEnd = position + end - from;
    this.#pending ??= new PendingSegments(this.#context.pendingBudget, this.#context.blocks);
    const uncovered = this.#pending.findUncovered(position, position + length - old, bytes, from, end, counters);
    let covered = end - from;
    for (const range of uncovered) {
      const middle = Math.max(range.start, Math.min(range.end, capturedEnd));
      covered -= middle - range.start;
      if (middle > range.start) this.#place(range.start, middle, bytes, from + range.start - position);
      if (range.end > middle) this.#place(middle, range.end, undefined, 0);
    }
    accounts.settleSkipped("retransmission", covered);
    this.#reviewHole();
  }

  /** Hands a range on that nothing covers, or keeps it; where there is no room, what is missing before it is given up. */
  #place(start: number, end: number, bytes: Uint8Array | undefined, at: number): void {
    const pending = this.#pending!;
    while (start > this.offset) {
      if (pending.tryAdd(start, end, bytes, at, this.#context.limits.pendingBytes)) return;
      this.#giveUpHole(start);
    }
    if (bytes === undefined) this.#handOnGap(end, "snaplen");
    else this.#handOn(bytes, at, at + end - start, this.#end === end);
    this.#drain();
  }

  /** Hands on what is next and waits. */
  #drain(): void {
    const pending = this.#pending;
    // What waited behind an end that came later than it is no part of the stream.
    while (pending !== undefined && (pending.firstStart === this.offset || (this.ended && !pending.isEmpty))) {
      const segment = pending.shift();
      const { start, end, block } = segment;
      if (this.ended) this.#context.accounts.settleSkipped("after-close", block === undefined ? 0 : end - start);
      else if (block === undefined) this.#handOnGap(end, "snaplen");
      else this.#handOn(block, 0, end - start, this.#end === end);
      pending.recycle(segment);
    }
  }

  /** Passes over what is missing, up to what waits, or to `limit`, or to what was acknowledged. */
  #giveUpHole(limit: number): void {
    const firstStart = this.#pending?.firstStart ?? Number.POSITIVE_INFINITY;
    const waiting = Math.min(firstStart, limit, this.#end);
    const target = waiting === Number.POSITIVE_INFINITY ? this.#acknowledged : waiting;
    if (target > this.offset) this.#handOnGap(target, "lost-segment");
    this.#drain();
    this.#holePackets = -1;
    this.#reviewHole();
    if (this.#end <= this.offset) this.#handOnEnd();
  }

  #handOn(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    const size = end - start;
    const context = this.#context;
    const event = {
      kind: "data",
      connection: this.#owner.connection,
      time: context.time,
      direction: this.#direction,
      offset: this.offset,
      data: new Uint8Array(bytes.buffer, bytes.byteOffset + start, size),
    } as const;
    this.offset += size;
    this.next = (this.next + size) | 0;
    this.strayNext = undefined;
    context.accounts.settleDelivered(size);
    this.#owner.announced = true;
    if (isLast) this.ended = true;
    context.observer.observe(isLast ? { ...event, endStream: true } : event);
  }

  #handOnGap(position: number, reason: string): void {
    const context = this.#context;
    const size = position - this.offset;
    const offset = this.offset;
    this.offset = position;
    this.next = (this.next + size) | 0;
    context.counters.gaps++;
    context.counters.missingBytes += size;
    this.#owner.announced = true;
    const { connection } = this.#owner;
    context.observer.observe({
      kind: "gap",
      connection,
      time: context.time,
      direction: this.#direction,
      offset,
      size,
      reason,
    });
  }

  #handOnEnd(): void {
    if (this.ended) return;
    this.ended = true;
    const { time, observer } = this.#context;
    const { connection } = this.#owner;
    const event = { kind: "data", connection, time, direction: this.#direction, offset: this.offset } as const;
    this.#owner.announced = true;
    observer.observe({ ...event, data: NO_BYTES, endStream: true });
  }

  /** More than one byte: a FIN that was not captured is acknowledged too. */
  #isMissingAcknowledged(): boolean {
    return this.#acknowledged > this.offset + 1;
  }

  /** Something changed: is there still a hole, another one, one that is acknowledged now? */
  #reviewHole(): void {
    const firstStart = this.#pending?.firstStart ?? Number.POSITIVE_INFINITY;
    if (firstStart < Number.POSITIVE_INFINITY) this.#noticeHole(this.#acknowledged >= firstStart);
    else if (this.#isMissingAcknowledged()) this.#noticeHole(true);
    else this.#holePackets = -1;
  }

  #noticeHole(acknowledged: boolean): void {
    if (this.#holePackets >= 0 && this.#holeOffset === this.offset && this.#holeAcknowledged === acknowledged) return;
    this.#holeOffset = this.offset;
    this.#holeAcknowledged = acknowledged;
    this.#holePackets = this.#owner.packets;
    this.#holeSeconds = this.#context.seconds;
    this.#context.holes.add(this.#owner);
  }
}

const NO_BYTES = new Uint8Array(0);

/** How far before the first segment that was seen of a stream joined in the middle another may stand. */
const MAX_STEP_BACK = 65_536;
