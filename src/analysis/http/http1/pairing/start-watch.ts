import type { Connection, Timestamp } from "../../../../model/index.ts";
import type { Hole } from "../hole.ts";
import type { PendingExchange } from "../pending-exchange.ts";
import type { ClientHabits } from "./client-habits.ts";
import { doubtAll, releaseHeld } from "./doubts.ts";
import type { PipeliningClients } from "./pipelining-clients.ts";
import { UnseenStart } from "./unseen-start.ts";
import { countOpen } from "./waiting-exchanges.ts";

/**
 * Holds the pairs of a connection back whose start was not seen (`UnseenStart`), until it is known whether its client pipelines. Where it does,
 * they are in doubt. What gives a number gives by how many requests more these may be off.
 */
export class StartWatch {
  readonly #waiting: readonly PendingExchange[];
  readonly #habits: ClientHabits;
  readonly #requestHole: Hole;
  readonly #connection: Connection;
  readonly #pipelining: PipeliningClients;
  /** Undefined where the start was seen, or it is known what is to be known. */
  #start: UnseenStart | undefined;
  #isNoted = false;

  constructor(
    waiting: readonly PendingExchange[],
    habits: ClientHabits,
    requestHole: Hole,
    connection: Connection,
    pipelining: PipeliningClients,
  ) {
    this.#waiting = waiting;
    this.#habits = habits;
    this.#requestHole = requestHole;
    this.#connection = connection;
    this.#pipelining = pipelining;
  }

  /** The connection is joined, or what was asked first is cut: no more than one request is taken for that, as of a client that asks in turn. */
  join(): void {
    this.#start ??= new UnseenStart(0, true);
  }

  /** The first requests are missed. @param size its bytes; 0: not known */
  miss(size: number): void {
    this.#start ??= new UnseenStart(size, false);
  }

  /** Its client pipelines, for sure. */
  notePipelining(): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    this.#pipelining.note(this.#connection);
  }

  /**
   * The client asks.
   * @param position of both directions' streams, in sum
   * @param isTurn nothing waits
   */
  takeRequest(position: number, time: Timestamp, isTurn: boolean): number {
    const start = this.#start;
    if (start === undefined) return 0;
    const { pipelines } = this.#habits;
    // By how many the pairs may be off is known.
    if (pipelines && !start.isExplained) return this.#release();
    if (pipelines) return this.#doubt();
    if (this.#waiting.length >= MAX_TURNS) return this.#settle(this.#mayBeOff);
    if (start.isLong(position, time)) return this.#settle(this.#mayBeOff);
    start.noticeRequest(time, isTurn);
    return 0;
  }

  /** Requests were missed, and nobody knows how many. */
  missRequests(): void {
    this.#start?.missRequests();
  }

  explainMissed(): void {
    this.#start?.explainMissed();
  }

  /** A response comes, and nothing waits for it. */
  takeOrphan(): number {
    if (this.#start?.noticeOrphan() !== true) return 0;
    this.notePipelining();
    return this.#doubt();
  }

  /** A pair is made. */
  hold(owner: PendingExchange, time: Timestamp): void {
    if (this.#start === undefined) return;
    if (this.#start.noticePair(time)) this.#release();
    else owner.isHeld = true;
  }

  noticeEnd(time: Timestamp): void {
    this.#start?.noticeEnd(time);
  }

  /** Nothing more will come. @param isAnswered both ends say that they are done */
  finish(isAnswered: boolean): number {
    if (this.#start === undefined) return 0;
    const isProven = isAnswered && this.#start.isExplained && this.#isAllAnswered;
    return isProven ? this.#release() : this.#settle(this.#mayBeOff);
  }

  /** Nothing showed by now that the client pipelines. */
  #settle(isDoubted: boolean): number {
    return isDoubted ? this.#doubt() : this.#release();
  }

  get #isOneOfMany(): boolean {
    return this.#pipelining.has(this.#connection);
  }

  get #mayBeOff(): boolean {
    return this.#requestHole.mayHoldMore(this.#start!.missed) || this.#isOneOfMany;
  }

  /** Nothing waits, and to what was sent behind the last there would have been a response. */
  get #isAllAnswered(): boolean {
    const last = this.#waiting.findLast(({ response }) => response !== undefined)?.response;
    return last?.cut === false && !last.endsConnection && countOpen(this.#waiting) === 0;
  }

  #release(): 0 {
    this.#start = undefined;
    releaseHeld(this.#waiting);
    return 0;
  }

  #doubt(): number {
    this.#release();
    this.#habits.pipelines = true;
    // The turns that it seemed to take were none.
    this.#habits.forget();
    doubtAll(this.#waiting);
    return MAX_UNASKED;
  }
}

/** Requests that were not seen and wait for their answers, at most. */
const MAX_UNASKED = 32;

/** Who asks so often without a sign of pipelining asks in turn. */
const MAX_TURNS = 32;
