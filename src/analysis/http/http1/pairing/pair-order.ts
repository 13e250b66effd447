import type { Connection, Timestamp } from "../../../../model/index.ts";
import { Hole } from "../hole.ts";
import type { Http1Message } from "../http1-message.ts";
import { isInformational } from "../message-kinds.ts";
import type { Gap } from "../message-listener.ts";
import type { PendingExchange } from "../pending-exchange.ts";
import { ClientHabits } from "./client-habits.ts";
import { doubtGuesses, freeze, keepUncertain, release, releaseAll } from "./doubts.ts";
import { clearResponse, loseResponse, moveResponse, part } from "./given-responses.ts";
import type { PipeliningClients } from "./pipelining-clients.ts";
import { StartWatch } from "./start-watch.ts";
import { countAnswerable, countOpen, countUnanswered, firstOpen, moveLater } from "./waiting-exchanges.ts";

/**
 * Which response answers which request, where messages were missed.
 *
 * Responses come in the order of their requests (RFC 9112 §9.3.2), so all that can be wrong is by how many they are off. Two bounds of that are kept:
 * - `#more`: so many requests may have been missed besides those for which an exchange stands (`isMissed`);
 * - `#fewer`: so many of the exchanges that wait may have had a response that was missed.
 *
 *     requests     q1  (hole: one at least)  q3                        waiting: q1, one that stands for what was missed, q3
 *     responses        r1    (hole)   r3                               r3 cannot answer what its sender had not received
 *
 * What bounds them: a hole's size; that nothing answers what its sender had not received yet; that no more responses are to come than
 * requests wait; and that a client which always waited for all that it had asked for has it when it asks again. Pairs in doubt are held
 * back until it is known; one response too many shows by how many they are off.
 */
export class PairOrder {
  readonly #waiting: PendingExchange[];
  readonly #create: () => PendingExchange;
  /** Nothing was missed so far. */
  #inStep: boolean;
  readonly #start: StartWatch;
  /** No hole was seen, wherever it was joined. */
  #isWhole = true;
  readonly #habits = new ClientHabits();
  /** The server sends informational responses too: those that were missed may have been some. */
  #informs = false;
  #more = 0;
  #fewer = 0;
  /** So many further messages may stand in the last hole of the responses. */
  #room = 0;
  /** Where the last hole of the responses ended. */
  #missedTo = 0;
  /** How much of the requests the senders of responses had received that nobody asked for. */
  readonly #unowned: number[] = [];
  /** Its response was taken for missed, and would not be had only an informational one been. */
  #firstLost: PendingExchange | undefined;
  readonly #requestHole = new Hole("request");
  readonly #responseHole = new Hole("response");
  /** How far the sender of the last request had received the responses, and of the last response the requests, when all were answered. */
  #seen: number | undefined;
  #answeredTo: number | undefined;
  /** Where the last request began, if nothing was missed since, and the last response. */
  #lastRequest = -1;
  #lastResponse = -1;
  /** The first that was paired since responses were missed, while it waits; and whether there was one. */
  #firstSince: PendingExchange | undefined;
  #hasPaired = false;
  /** The response that came last was the last that could come. */
  #isAligned = true;

  /**
   * @param waiting the exchanges that wait, oldest first, as they change
   * @param create makes one that has neither request nor response, and makes room for it
   * @param isJoined the connection's start was not seen
   * @param pipelining what is known of the clients of all connections
   */
  constructor(
    waiting: PendingExchange[],
    create: () => PendingExchange,
    inStep: boolean,
    isJoined: boolean,
    connection: Connection,
    pipelining: PipeliningClients,
  ) {
    this.#waiting = waiting;
    this.#create = create;
    this.#inStep = inStep;
    this.#start = new StartWatch(waiting, this.#habits, this.#requestHole, connection, pipelining);
    if (isJoined) this.#start.join();
  }

  /** Learns how large messages are. */
  noticeSize(kind: "request" | "response", size: number): void {
    (kind === "request" ? this.#requestHole : this.#responseHole).noticeSize(size);
  }

  /** A response was read to its end, or will not be. */
  noticeEnd(time: Timestamp): void {
    this.#start.noticeEnd(time);
  }

  /**
   * A request comes: what waits is settled as far as that tells.
   * @param arrived how far the responses have come
   * @returns whether the response that comes in its turn is a guess
   */
  takeRequest({ position: start, acknowledged, started }: Http1Message, arrived: number): boolean {
    const seen = acknowledged ?? arrived;
    if (this.#unowned.length > 0) this.#unowned.length = 0;
    this.#more = Math.max(0, this.#more - this.#requestHole.settle(start));
    const isSentBefore = this.#lastResponse >= seen;
    const hasNews = this.#seen !== undefined && seen > this.#seen;
    this.#seen = seen;
    this.#answeredTo = undefined;
    this.#firstLost = undefined;
    if (this.#fewer === 0) release(this.#waiting);
    if (this.#lastRequest >= 0) this.#requestHole.noticeLength(start - this.#lastRequest);
    this.#lastRequest = start;
    const depth = countUnanswered(this.#waiting, seen >= arrived);
    const isAnswered = depth <= this.#fewer && seen >= this.#missedTo && !isSentBefore;
    if (isSentBefore) this.#habits.noticeEarly(hasNews);
    if (depth === 0) this.#beginTurn();
    else if (isAnswered && !this.#habits.overlaps) this.#giveUp(this.#open());
    else {
      this.#fitDepth(depth);
      this.#habits.noticeUnanswered();
      if (this.#isWhole && acknowledged !== undefined) this.#start.notePipelining();
      this.#fewer = Math.min(this.#fewer, depth + this.#more);
    }
    this.#more += this.#start.takeRequest(start + seen, started, depth === 0);
    this.#limitDoubt();
    return this.#more > 0;
  }

  /**
   * Requests were missed.
   * @param whole one began there
   */
  missRequests({ start, size, isCut, begun }: Gap, whole: boolean): void {
    this.#inStep = false;
    this.#isWhole = false;
    this.#lastRequest = -1;
    if (this.#more > 0) keepUncertain(this.#waiting);
    // All that was received up to there was answered: the next one began there, in what was missed or could not be read.
    const isBehind = size !== undefined && (this.#answeredTo ?? 0) >= start + size;
    const begin = isBehind ? undefined : this.#answeredTo;
    const least = whole || begin !== undefined ? 1 : 0;
    this.#answeredTo = undefined;
    if (whole) this.#firstLost = undefined;
    const fitting = this.#requestHole.open(start, size, least, begun);
    // A packet that was cut is the rest of what began in it, but for clients that put more into one.
    const most = isCut && !this.#habits.pipelines ? least : fitting;
    if (most > least) this.#start.missRequests();
    // Nothing was seen of this client yet that would explain the hole.
    if (fitting > least && !this.#habits.pipelines && !this.#habits.isTrusted) {
      if (isCut) this.#start.join();
      else this.#start.miss(size ?? 0);
    }
    const answered = this.#unowned.filter((position) => position > (begin ?? start)).length;
    this.#unowned.length = 0;
    this.#more += most - Math.min(most, Math.max(least, answered));
    if (least === 0) this.#habits.doubt();
    for (let i = answered; i < least; i++) this.#waiting.push(this.#standFor(begin ?? start));
    if (answered < least) this.#fewer += Math.min(this.#room, least);
  }

  /**
   * Responses were missed.
   * @param whole one began there
   * @param asks the head of a request is under way
   */
  missResponses({ start, size, begun }: Gap, whole: boolean, asks: boolean): void {
    this.#inStep = false;
    this.#isWhole = false;
    this.#firstLost = undefined;
    if (this.#fewer > 0) freeze(this.#waiting);
    const isWhole = whole || (start === this.#seen && !this.#habits.overlaps);
    const least = isWhole && !this.#informs ? 1 : 0;
    const most = this.#responseHole.open(start, size, least, begun);
    const open = this.#open();
    if (least > 0 && open.length === 0) this.#missUnowned();
    const taken = Math.min(least, open.length);
    if (taken > 0) {
      this.#firstLost = open[0]!;
      this.#firstLost.guessed = true;
      loseResponse(this.#firstLost);
    }
    const left = open.length - taken + (asks ? 1 : 0);
    this.#fewer = Math.min(left, this.#fewer + most - taken);
    this.#room = Math.max(0, most - taken - left);
    this.#missedTo = start + (size ?? 0);
    this.#firstSince = undefined;
    this.#hasPaired = false;
    this.#isAligned = false;
  }

  /**
   * A response comes.
   * @returns whose it is; undefined: nobody's that is known
   */
  takeResponse(response: Http1Message): PendingExchange | undefined {
    const { position: start, acknowledged: received } = response;
    const isInterim = isInformational(response.status);
    this.#habits.noticeAnswer();
    this.#fewer = Math.min(this.#fewer, Math.max(0, this.#fewer + this.#room - this.#responseHole.settle(start)));
    this.#informs ||= isInterim;
    this.#room = 0;
    // The rest of what was missed is not that of an informational response.
    if (!this.#hasPaired && start !== this.#missedTo) this.#firstLost = undefined;
    const depth = countOpen(this.#waiting);
    if (depth === 0 && !isInterim && response.status !== REQUEST_TIMEOUT) this.#more += this.#start.takeOrphan();
    const answerable = this.#inStep || received === undefined ? depth : countAnswerable(this.#waiting, received);
    const owner = answerable > 0 ? firstOpen(this.#waiting) : isInterim ? undefined : this.#shift(received, depth);
    if (answerable > 0) this.#fewer = Math.min(this.#fewer, answerable - 1 + this.#more);
    if (!isInterim && depth <= 1) this.#answeredTo = received;
    this.#lastResponse = start;
    if (owner === undefined || isInterim) return owner;
    if (!this.#hasPaired) this.#firstSince = owner;
    this.#hasPaired = true;
    this.#isAligned = answerable <= 1;
    owner.guessed = this.#fewer > 0 || this.#firstLost !== undefined || (owner.uncertain && !owner.staysUncertain);
    if (this.#fewer === 0 && this.#firstLost === undefined) release(this.#waiting);
    // Programs' sockets do not say how far they had received: there somebody watches as it passes.
    if (received !== undefined) this.#start.hold(owner, response.started);
    return owner;
  }

  /**
   * It waits no more. To hold on to the first of each connection would cost more than its memory: V8 takes objects of its kind for
   * long-lived then, and makes all of them where only a full collection frees them.
   */
  forget(exchange: PendingExchange): void {
    if (this.#firstSince === exchange) this.#firstSince = undefined;
  }

  /**
   * Nothing more will come.
   * @param isAnswered whatever came last was the last response: both ends say that they are done
   */
  finish(isAnswered: boolean): void {
    this.#more += this.#start.finish(isAnswered);
    if (this.#fewer > 0) {
      if (isAnswered) this.#alignEnd();
      for (const exchange of this.#waiting) {
        if (exchange.guessed && countOpen(this.#waiting) > 0) part(exchange);
        else if (exchange.guessed) exchange.uncertain = true;
        if (!exchange.responseOver) exchange.addProblem("response-lost");
      }
    }
    releaseAll(this.#waiting);
  }

  /** As many responses were missed as requests are left without one: those that came since the hole are the rest, up to the last. */
  #alignEnd(): void {
    const open = countOpen(this.#waiting);
    const from = this.#firstSince === undefined ? -1 : this.#waiting.indexOf(this.#firstSince);
    if (from < 0 || open === 0 || open > this.#fewer) return;
    // To what was sent behind it there was none.
    if (this.#waiting.findLast(({ response }) => response !== undefined)?.response?.endsConnection === true) return;
    for (let i = 0; i < open; i++) moveLater(this.#waiting, from + i);
    for (const exchange of this.#waiting.slice(from)) {
      exchange.uncertain = true;
      exchange.guessed = false;
    }
  }

  #open(): PendingExchange[] {
    return this.#waiting.filter(({ responseOver }) => !responseOver);
  }

  /** Nothing waits: the client has all that it asked for, as far as is known. */
  #beginTurn(): void {
    this.#habits.beginTurn(this.#more === 0);
    this.#room = 0;
    this.#firstLost = undefined;
    if (this.#habits.isTrusted || this.#more === 0) this.#start.explainMissed();
    if (this.#habits.isTrusted) {
      this.#more = 0;
      if (this.#isAligned)
        for (const exchange of this.#waiting)
          if (exchange.guessed && !exchange.staysUncertain) exchange.uncertain = false;
    }
    this.#isAligned = true;
    this.#fewer = Math.min(this.#fewer, this.#more);
    if (this.#fewer > 0) doubtGuesses(this.#waiting);
    releaseAll(this.#waiting);
  }

  /** The client has the responses to these; what came since the hole was the rest, up to the last. */
  #giveUp(open: readonly PendingExchange[]): void {
    const isTrusted = this.#habits.isTrusted && !this.#habits.pipelines;
    const from = this.#firstSince === undefined ? -1 : this.#waiting.indexOf(this.#firstSince);
    if (from >= 0) for (let i = 0; i < open.length; i++) moveLater(this.#waiting, from + i);
    for (const exchange of this.#open()) loseResponse(exchange);
    // This turn is explained by the habit: it is no evidence for it.
    this.#isAligned = isTrusted;
    if (!isTrusted && from >= 0) for (const exchange of this.#waiting.slice(from)) exchange.uncertain = true;
    this.#beginTurn();
    if (isTrusted) return;
    // Or it did not wait: it has to show again that it does.
    this.#habits.forget();
    this.#more += open.length;
  }

  /** More would wait than ever did: more responses were missed than were taken for it. */
  #fitDepth(open: number): void {
    if (this.#inStep) this.#habits.noticeDepth(open + 1);
    const surplus = Math.min(this.#fewer, this.#habits.surplus(open + 1));
    if (surplus <= 0) return;
    const first = this.#hasPaired ? this.#firstSince : firstOpen(this.#waiting);
    const from = first === undefined ? -1 : this.#waiting.indexOf(first);
    if (from < 0) return;
    for (let i = 0; i < surplus; i++) moveLater(this.#waiting, from + i);
    for (const exchange of this.#waiting.slice(from)) part(exchange);
    this.#fewer -= surplus;
    this.#more += surplus;
  }

  #standFor(start: number): PendingExchange {
    const exchange = this.#create();
    exchange.isMissed = true;
    exchange.start = start;
    exchange.requestOver = true;
    exchange.addProblem("response-without-request");
    return exchange;
  }

  /** Responses were missed for which nothing waits. */
  #missUnowned(): void {
    const last = this.#shift(undefined, 0);
    if (last === undefined) return;
    loseResponse(last);
  }

  /**
   * One response more than there are requests for it: the pairs in doubt are off by one.
   * @param later so many wait that it cannot belong to
   * @returns whose it is when they are put right; undefined where nothing is in doubt
   */
  #shift(received: number | undefined, later: number): PendingExchange | undefined {
    const waiting = this.#waiting;
    const end = waiting.length - later;
    const lost = this.#firstLost === undefined ? -1 : waiting.indexOf(this.#firstLost);
    if (lost >= 0 && lost < end && this.#more === 0) {
      // It was no response that was missed, but an informational one.
      this.#firstLost = undefined;
      for (let i = lost; i < end - 1; i++) moveResponse(waiting[i + 1]!, waiting[i]!);
      const last = waiting[end - 1]!;
      clearResponse(last);
      return last;
    }
    const first = waiting.findIndex(
      ({ uncertain, guessed, staysUncertain }, i) => uncertain && guessed && !staysUncertain && i < end,
    );
    if (first < 0 || this.#more === 0) {
      this.#unowned.push(received ?? Number.POSITIVE_INFINITY);
      if (this.#more > 0) this.#more--;
      return undefined;
    }
    this.#more--;
    const doubted = waiting[first]!;
    const standIn = this.#standFor(doubted.start ?? 0);
    // To make one may have handed on the oldest, where no more may wait.
    const from = Math.max(0, waiting.indexOf(doubted));
    const to = Math.max(from, waiting.length - later);
    waiting.splice(from, 0, standIn);
    for (let i = from; i < to; i++) moveResponse(waiting[i + 1]!, waiting[i]!);
    const last = waiting[to]!;
    clearResponse(last);
    return last;
  }

  #limitDoubt(): void {
    if (this.#waiting.length < MAX_IN_DOUBT) return;
    doubtGuesses(this.#waiting);
    releaseAll(this.#waiting);
  }
}

/** A server says it unasked, to a client that is idle (RFC 9110 §15.5.9). */
const REQUEST_TIMEOUT = 408;

/** Pairs that are held back until it is known whether they are right. */
const MAX_IN_DOUBT = 32;
