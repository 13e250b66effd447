import { elapsedNanos, type Timestamp } from "../../../../model/index.ts";

/**
 * A connection whose start was not seen, or not all of what was asked first: more may have been asked than was seen, so that all pairs may be
 * off. That is not assumed of a client that asks in turn, as nearly all do: only once this one, or another connection of it, is seen to pipeline.
 * Until then the pairs are held back, as far as that does not take long.
 *
 * A client that has asked for more than was seen is answered whenever its server is done, and not just after it asks again. So where it waited
 * for long before it asked, and the answer came at once, that is no accident when it happens twice. On a busy machine both ends take turns
 * all the same: short times tell nothing.
 */
export class UnseenStart {
  /** Bytes of requests that were missed, if that is what was not seen: 0 where it is not known. */
  readonly missed: number;
  /** The requests that were missed are taken for what responses came for: nothing else says any more how many requests that may have been. */
  isExplained: boolean;
  #hasAsked = false;
  #orphans: number;
  /** So often it waited before it asked, and was answered at once. */
  #slowTurns = 0;
  #answered: Timestamp | undefined;
  #asked: Timestamp | undefined;
  /** Nanoseconds before it asked last. */
  #waited = 0;
  /** Where the directions stood when the first pair was held back, and when that was. */
  #heldFrom = -1;
  #heldSince: Timestamp | undefined;

  constructor(missed: number, isExplained: boolean) {
    this.missed = missed;
    this.isExplained = isExplained;
    this.#orphans = isExplained ? 0 : Number.NEGATIVE_INFINITY;
  }

  /** The client asks. @param isTurn when nothing waits */
  noticeRequest(time: Timestamp, isTurn: boolean): void {
    this.#hasAsked = true;
    this.#waited = isTurn ? (elapsedNanos(this.#answered, time) ?? 0) : 0;
    this.#asked = time;
  }

  /** Requests were missed: that explains responses without a request as well. */
  missRequests(): void {
    this.#orphans = Number.NEGATIVE_INFINITY;
  }

  /** As many requests were missed as responses came for: one more of these would be explained by nothing. */
  explainMissed(): void {
    this.isExplained = true;
    this.#orphans = 0;
  }

  /** A response comes for which nothing waits. Gives whether that shows a client that pipelines: one that asks in turn has one answer to come, before it asks again. */
  noticeOrphan(): boolean {
    this.#orphans++;
    return this.#orphans > (this.#hasAsked ? 0 : 1);
  }

  /** A pair is made. Gives whether it is proven by now that the client asks in turn. */
  noticePair(time: Timestamp): boolean {
    const took = elapsedNanos(this.#asked, time);
    if (took !== undefined && this.#waited >= Math.max(LONG, 4 * took)) this.#slowTurns++;
    this.#waited = 0;
    return this.#slowTurns >= PROVEN;
  }

  /** A response was read to its end. */
  noticeEnd(time: Timestamp): void {
    this.#answered = time;
  }

  /**
   * Whether so much, or so long, passed since pairs are held back that they are to be held no more: who watches live waits for them.
   * @param position of both directions' streams, in sum
   */
  isLong(position: number, time: Timestamp): boolean {
    if (this.#heldFrom < 0) {
      this.#heldFrom = position;
      this.#heldSince = time;
    }
    return position - this.#heldFrom > MAX_HELD || (elapsedNanos(this.#heldSince, time) ?? 0) > MAX_HELD_NANOS;
  }
}

const PROVEN = 2;
/** Nanoseconds: longer than what a process waits for its turn on a busy machine. */
const LONG = 10_000_000;
/** Bytes that pass while pairs are held back. */
const MAX_HELD = 1 << 20;
/** From the first request of a connection whose start was not seen to the one that is the last to let pairs wait. */
const MAX_HELD_NANOS = 5_000_000_000;
