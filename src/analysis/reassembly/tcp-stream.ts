import type { Direction, LedgerReason, Timestamp } from "../../model/index.ts";
import { OpenHole } from "./open-hole.ts";
import { type PendingRange, type PendingSegment, PendingSegments } from "./pending-segments.ts";
import type { ReassemblyContext } from "./reassembly-context.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/**
 * One direction of a TCP connection: segments in, in whatever order they were captured, the stream's bytes out in theirs.
 * Bytes that are next are handed on where they stand, without a copy.
 *
 * Between the two directions the order is the one that the ends prove: a segment that acknowledges bytes of the other direction
 * was sent after they had arrived, so it waits until they were handed on (or given up), however the packets were captured.
 *
 *     captured:     response (acknowledges 32), request [0, 32)
 *     handed on:    request [0, 32), response
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
  /** The number of its sender's last packet among those of the connection; 0 for none. */
  lastPacket = 0;
  /** The other direction. */
  peer!: TcpStream;
  direction: Direction = "read";
  readonly #owner: TcpConnection;
  readonly #context: ReassemblyContext;
  /** Joined in the middle, and no data came yet: where it starts is a guess. */
  #tentative = false;
  /** How far its sender had received the other direction when it sent the segment that is being taken. */
  #received: number | undefined;
  /** How far the receiver has acknowledged, where that is more than `offset`. */
  #acknowledged = 0;
  /** The position of the FIN, once it was seen. */
  #end = Number.POSITIVE_INFINITY;
  #pending: PendingSegments | undefined;
  /** The number of the connection's packet at which bytes were given up last behind which none was captured; 0 for none. */
  #missed = 0;
  readonly #hole = new OpenHole();

  constructor(owner: TcpConnection, context: ReassemblyContext) {
    this.#owner = owner;
    this.#context = context;
  }

  /** Begins anew, for another connection: nothing waits any more. */
  reset(direction: Direction): void {
    this.direction = direction;
    this.synchronised = false;
    this.next = 0;
    this.offset = 0;
    this.initial = undefined;
    this.ended = false;
    this.strayNext = undefined;
    this.lastPacket = 0;
    this.#tentative = false;
    this.#acknowledged = 0;
    this.#missed = 0;
    this.#end = Number.POSITIVE_INFINITY;
    this.#hole.close();
  }

  /** A SYN with this sequence number was seen, or acknowledged: nothing was handed on, or what was begins just behind it. */
  open(initial: number): void {
    this.synchronised = true;
    this.#tentative = false;
    this.initial = initial | 0;
    this.next = (initial + 1 + this.offset) | 0;
  }

  /** Whether the stream's first byte stands just behind a SYN with this number. */
  beginsBehind(initial: number): boolean {
    return ((this.next - this.offset) | 0) === ((initial + 1) | 0);
  }

  /** The stream is joined in the middle: `next` is the next number as far as can be told. */
  join(next: number): void {
    this.synchronised = true;
    this.#tentative = true;
    this.next = next | 0;
  }

  get hasHole(): boolean {
    return this.#hole.isOpen;
  }

  /** Some of it waits, for what is missing before it or for the other direction. */
  get isWaiting(): boolean {
    return this.#pending !== undefined && !this.#pending.isEmpty;
  }

  /**
   * The receiver says that everything before this number came. Call it only where that is more than `next`.
   * @param isAhead the receiver sent something before it that is missing yet, and may not have known of these bytes
   * @returns the position up to which this stream has to be handed on before what the receiver sent with it; 0 where that is known already
   */
  acknowledge(number: number, isAhead: boolean): number {
    const distance = (number - this.next) | 0;
    if (distance <= 0 || distance > this.#context.limits.windowBytes) return 0;
    const position = Math.min(this.offset + distance, this.#end);
    this.#acknowledged = Math.max(this.#acknowledged, position);
    if (!this.#isMissingAcknowledged()) return this.#pending?.firstStart === this.offset ? position : 0;
    if (this.#isSilent() && !isAhead && !this.#isBehindPeersHole()) {
      this.giveUpHole();
      return 0;
    }
    this.#reviewHole();
    return position > this.offset + 1 ? position : 0;
  }

  /**
   * A direction that is not captured at all will bring nothing. One that had nothing to send may be silent for as long, and its next bytes be
   * captured behind what acknowledges them: so there must have been none, or what it sent since its last packet must have been missed before.
   */
  #isSilent(): boolean {
    const packets = this.#owner.packets - this.lastPacket;
    const hasMissed = this.lastPacket === 0 || this.#missed > this.lastPacket;
    return hasMissed && packets > this.#context.limits.acknowledgedHolePackets;
  }

  /** Where in the stream this number stands; undefined where that cannot be told. */
  positionOf(number: number): number | undefined {
    const distance = (number - this.next) | 0;
    const isKnown = this.synchronised && !this.#tentative && Math.abs(distance) <= this.#context.limits.windowBytes;
    return isKnown ? Math.max(0, this.offset + distance) : undefined;
  }

  /**
   * Takes a segment's payload, `bytes[start, end)` and `missing` more bytes that were sent but not captured; `fin` when the
   * sender's end stands behind them. The distance of its number from `next` is within the window.
   *
   * @param after the position up to which the other direction has to be handed on before it
   * @param received how far its sender had received the other direction, where that is known
   */
  accept(
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    fin: boolean,
    after: number,
    received: number | undefined,
  ): void {
    this.#received = received;
    let distance = (sequence - this.next) | 0;
    if (this.#tentative && distance !== 0) distance = this.#settleStart(sequence, distance, end - start + missing);
    this.#tentative = this.#tentative && end === start;
    if (fin && this.#end === Number.POSITIVE_INFINITY) this.#setEnd(this.offset + distance + end - start + missing);
    const beyond = this.offset + distance + end - start + missing - this.#end;
    if (beyond > 0) this.#acceptUpToEnd(distance, bytes, start, end, missing, beyond, after);
    else if (distance === 0 && after <= this.peer.offset && !this.isWaiting)
      this.#acceptInOrder(bytes, start, end, missing);
    else this.#acceptOutOfOrder(distance, bytes, start, end, missing, after);
    if (this.#end <= this.offset) this.#handOnEnd();
  }

  /** Gives a hole up that has been open for too long. */
  checkHole(): void {
    const { limits, clock } = this.#context;
    const isOver = this.#hole.isOver(limits, this.#owner.packets, clock);
    if (isOver && !this.#isBehindPeersHole()) this.giveUpHole();
  }

  /** Behind it stands what was sent after bytes behind the other direction's hole: given up first, it would seem to be missed too early. */
  #isBehindPeersHole(): boolean {
    return this.#waitsForPeer() && this.peer.hasHole && !this.peer.#waitsForPeer();
  }

  #waitsForPeer(): boolean {
    return (this.#pending?.first?.after ?? 0) > this.peer.offset && !this.peer.ended;
  }

  /** Passes over what is missing: as far as the other direction waits for, or up to what waits here, or to what was acknowledged. */
  giveUpHole(limit = Number.POSITIVE_INFINITY): void {
    const firstStart = this.#pending?.firstStart ?? Number.POSITIVE_INFINITY;
    const known = this.#isMissingAcknowledged() ? this.#acknowledged : Number.POSITIVE_INFINITY;
    const wanted = this.peer.#pending?.first?.after ?? 0;
    const target = Math.min(firstStart, wanted > this.offset ? wanted : known, limit, this.#end);
    if (target > this.offset && target < Number.POSITIVE_INFINITY) this.#handOnGap(target, "lost-segment");
    this.drain();
    this.#hole.close();
    this.#reviewHole();
    if (this.#end <= this.offset) this.#handOnEnd();
  }

  /** The time of what waits first, in nanoseconds; infinity where nothing does that could be handed on. */
  get waitingSince(): number {
    const first = this.#pending?.first;
    return first === undefined || first.start > this.offset ? Number.POSITIVE_INFINITY : this.pendingSince;
  }

  /** The time of what waits first, behind a hole too, in nanoseconds; infinity where nothing does. */
  get pendingSince(): number {
    const first = this.#pending?.first;
    return first === undefined ? Number.POSITIVE_INFINITY : first.seconds * 1e9 + first.nanos;
  }

  /** Hands what waits first on, whatever it acknowledged: the ends' acknowledgements contradict each other. */
  forceFirst(): void {
    this.#pending!.first!.after = 0;
    this.drain();
  }

  /** Nothing waits and nothing more will come: hands the end on, with a gap for what is missing before it. */
  flush(): void {
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

  /** Bytes `beyond` the sender's end are no part of the stream. */
  #acceptUpToEnd(
    distance: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    beyond: number,
    after: number,
  ): void {
    const cut = Math.min(end - start, Math.max(0, beyond - missing));
    this.#context.accounts.settleSkipped("after-close", cut);
    const rest = missing - Math.min(missing, beyond);
    if (end - cut > start || rest > 0) this.#acceptOutOfOrder(distance, bytes, start, end - cut, rest, after);
  }

  #acceptInOrder(bytes: Uint8Array, start: number, end: number, missing: number): void {
    if (end > start)
      this.#handOn(bytes, start, end, missing === 0 && this.#end === this.offset + end - start, this.#received);
    if (missing > 0) this.#handOnGap(this.offset + missing, "snaplen");
    if (this.#hole.isOpen) this.#reviewHole();
  }

  #acceptOutOfOrder(
    distance: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    missing: number,
    after: number,
  ): void {
    const { accounts, counters, seconds, nanos } = this.#context;
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
      const captured = { start: range.start, end: middle, seconds, nanos, after, acknowledged: this.#received };
      if (middle > range.start) this.#place(captured, bytes, from + range.start - position);
      if (range.end > middle) this.#place({ ...captured, start: middle, end: range.end }, undefined, 0);
    }
    accounts.settleSkipped("retransmission", covered);
    this.#reviewHole();
  }

  /** Hands a range on that nothing covers, or keeps it; where there is no room, what it waits for is given up. */
  #place(range: PendingRange, bytes: Uint8Array | undefined, at: number): void {
    const { start, end, after } = range;
    const pending = this.#pending!;
    const context = this.#context;
    while (start > this.offset || (after > this.peer.offset && !this.peer.ended)) {
      if (pending.tryAdd(range, bytes, at, context.limits.pendingBytes)) return;
      if (!pending.isEmpty && pending.firstStart === this.offset) this.forceFirst();
      else if (start > this.offset) this.giveUpHole(start);
      else break;
    }
    if (bytes === undefined) this.#handOnGap(end, "snaplen");
    else this.#handOn(bytes, at, at + end - start, this.#end === end, range.acknowledged);
    this.drain();
  }

  /** Hands on what is next and waits for nothing any more. Gives whether there was any. */
  drain(): boolean {
    const pending = this.#pending;
    if (pending === undefined || pending.isEmpty) return false;
    const context = this.#context;
    const { seconds, nanos } = context;
    let moved = false;
    // Bytes that waited behind an end that came later are no part of the stream.
    while (!pending.isEmpty && (this.ended || this.#isReady(pending.first!))) {
      const segment = pending.shift();
      const { start, end, block } = segment;
      moved = true;
      context.setTime(segment.seconds, segment.nanos);
      if (this.ended) context.accounts.settleSkipped("after-close", block === undefined ? 0 : end - start);
      else if (block === undefined) this.#handOnGap(end, "snaplen");
      else this.#handOn(block, 0, end - start, this.#end === end, segment.acknowledged);
      pending.recycle(segment);
    }
    context.setTime(seconds, nanos);
    if (moved) this.#reviewHole();
    return moved;
  }

  #isReady(segment: PendingSegment): boolean {
    return segment.start === this.offset && (segment.after <= this.peer.offset || this.peer.ended);
  }

  #handOn(bytes: Uint8Array, start: number, end: number, isLast: boolean, acknowledged: number | undefined): void {
    const size = end - start;
    const context = this.#context;
    const { time, observer } = context;
    const { direction, offset } = this;
    const { connection } = this.#owner;
    const data = new Uint8Array(bytes.buffer, bytes.byteOffset + start, size);
    this.offset += size;
    this.next = (this.next + size) | 0;
    this.strayNext = undefined;
    context.accounts.settleDelivered(size);
    this.#owner.announced = true;
    if (isLast) this.ended = true;
    const kind = "data";
    if (isLast) observer.observe({ kind, connection, time, direction, offset, data, acknowledged, endStream: true });
    else observer.observe({ kind, connection, time, direction, offset, data, acknowledged });
  }

  #handOnGap(position: number, reason: LedgerReason): void {
    const context = this.#context;
    const size = position - this.offset;
    const offset = this.offset;
    this.offset = position;
    this.next = (this.next + size) | 0;
    context.counters.gaps++;
    context.counters.missingBytes += size;
    this.#owner.announced = true;
    if (!this.isWaiting) this.#missed = this.#owner.packets;
    const { connection } = this.#owner;
    const time = this.#timeOfGap();
    context.observer.observe({ kind: "gap", connection, time, direction: this.direction, offset, size, reason });
  }

  /** When what is missing was missed: with the first that followed it, in either direction. */
  #timeOfGap(): Timestamp {
    const first = earlier(this.#pending?.first, this.peer.#pending?.first);
    return first === undefined ? this.#context.time : { seconds: first.seconds, nanos: first.nanos };
  }

  #handOnEnd(): void {
    if (this.ended) return;
    this.ended = true;
    const { time, observer } = this.#context;
    const { connection } = this.#owner;
    const { direction, offset } = this;
    this.#owner.announced = true;
    const acknowledged = undefined;
    observer.observe({
      kind: "data",
      connection,
      time,
      direction,
      offset,
      data: NO_BYTES,
      acknowledged,
      endStream: true,
    });
  }

  /** More than one byte: a FIN that was not captured is acknowledged too. */
  #isMissingAcknowledged(): boolean {
    return this.#acknowledged > this.offset + 1;
  }

  /** Something changed: is there still a hole, another one, one that is acknowledged now? */
  #reviewHole(): void {
    const firstStart = this.#pending?.firstStart ?? Number.POSITIVE_INFINITY;
    if (firstStart === this.offset) this.#hole.close();
    else if (this.#isMissingAcknowledged()) this.#noticeHole(true);
    else if (firstStart < Number.POSITIVE_INFINITY) this.#noticeHole(false);
    else this.#hole.close();
  }

  #noticeHole(isAcknowledged: boolean): void {
    const isNew = this.#hole.notice(this.offset, isAcknowledged, this.#owner.packets, this.#context.clock);
    if (isNew) this.#context.holes.add(this.#owner);
  }
}

function earlier(one: PendingSegment | undefined, other: PendingSegment | undefined): PendingSegment | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (one.seconds - other.seconds || one.nanos - other.nanos) <= 0 ? one : other;
}

const NO_BYTES = new Uint8Array(0);

/** How far before the first segment that was seen of a stream joined in the middle another may stand. */
const MAX_STEP_BACK = 65_536;
