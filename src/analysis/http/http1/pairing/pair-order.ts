import { Hole } from "../hole.ts";
import type { Gap } from "../message-listener.ts";
import type { PendingExchange } from "../pending-exchange.ts";
import { ClientHabits } from "./client-habits.ts";
import { clearResponse, loseResponse, moveResponse, part } from "./given-responses.ts";
import { JoinedStart, MAX_UNASKED } from "./joined-start.ts";

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
  /** The connection's start was not seen, and nothing was seen since of a client that pipelines. */
  #joined: JoinedStart | undefined;
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
  /** Where the last response began. */
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
   */
  constructor(waiting: PendingExchange[], create: () => PendingExchange, inStep: boolean, isJoined: boolean) {
    this.#waiting = waiting;
    this.#create = create;
    this.#inStep = inStep;
    if (isJoined) this.#joined = new JoinedStart();
  }

  /** Learns how large messages are. */
  noticeSize(kind: "request" | "response", size: number): void {
    (kind === "request" ? this.#requestHole : this.#responseHole).noticeSize(size);
  }

  /**
   * A request comes: what waits is settled as far as that tells.
   * @param start where it begins in its direction's stream
   * @param seen how far its sender had received the responses
   * @returns whether the response that comes in its turn is a guess
   */
  takeRequest(start: number, seen: number): boolean {
    if (this.#unowned.length > 0) this.#unowned.length = 0;
    this.#more = Math.max(0, this.#more - this.#requestHole.settle(start));
    const isSentBefore = this.#lastResponse >= seen;
    const hasNews = this.#seen !== undefined && seen > this.#seen;
    this.#seen = seen;
    this.#answeredTo = undefined;
    this.#firstLost = undefined;
    if (this.#fewer === 0) this.#release();
    const depth = this.#countOpen();
    const isAnswered = depth <= this.#fewer && seen >= this.#missedTo && !isSentBefore;
    if (isSentBefore) this.#habits.noticeEarly(hasNews);
    if (depth === 0) this.#beginTurn();
    else if (isAnswered && !this.#habits.overlaps) this.#giveUp(this.#open());
    else {
      this.#fitDepth(depth);
      this.#habits.noticeUnanswered();
      this.#fewer = Math.min(this.#fewer, depth + this.#more);
    }
    this.#joined?.noticeRequest();
    if (this.#habits.pipelines) this.#doubtStart();
    this.#limitDoubt();
    return this.#more > 0;
  }

  /**
   * Requests were missed.
   * @param whole one began there
   */
  missRequests({ start, size, isCut, begun }: Gap, whole: boolean): void {
    this.#inStep = false;
    this.#joined?.missRequests();
    if (this.#more > 0) this.#keepUncertain();
    // All that was received up to there was answered: the next one began there, in what was missed or could not be read.
    const isBehind = size !== undefined && (this.#answeredTo ?? 0) >= start + size;
    const begin = isBehind ? undefined : this.#answeredTo;
    const least = whole || begin !== undefined ? 1 : 0;
    this.#answeredTo = undefined;
    if (whole) this.#firstLost = undefined;
    const fitting = this.#requestHole.open(start, size, least, begun);
    // A packet that was cut is the rest of what began in it, but for clients that put more into one.
    const most = isCut && !this.#habits.pipelines ? least : fitting;
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
    this.#freeze();
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
   * @param start where it begins in its direction's stream
   * @param received how far its sender had received the requests, where that is known
   * @returns whose it is; undefined: nobody's that is known
   */
  takeResponse(start: number, received: number | undefined, isInformational: boolean): PendingExchange | undefined {
    this.#habits.noticeAnswer();
    this.#fewer = Math.min(this.#fewer, Math.max(0, this.#fewer + this.#room - this.#responseHole.settle(start)));
    this.#informs ||= isInformational;
    this.#room = 0;
    // The rest of what was missed is not that of an informational response.
    if (!this.#hasPaired && start !== this.#missedTo) this.#firstLost = undefined;
    const depth = this.#countOpen();
    if (depth === 0 && !isInformational && this.#joined?.noticeOrphan() === true) this.#doubtStart();
    const answerable = this.#inStep || received === undefined ? depth : this.#countAnswerable(received);
    const owner = answerable > 0 ? this.#firstOpen() : isInformational ? undefined : this.#shift(received, depth);
    if (answerable > 0) this.#fewer = Math.min(this.#fewer, answerable - 1 + this.#more);
    if (!isInformational && depth <= 1) this.#answeredTo = received;
    this.#lastResponse = start;
    if (owner === undefined || isInformational) return owner;
    if (!this.#hasPaired) this.#firstSince = owner;
    this.#hasPaired = true;
    this.#isAligned = answerable <= 1;
    owner.guessed = this.#fewer > 0 || this.#firstLost !== undefined || (owner.uncertain && !owner.staysUncertain);
    if (this.#fewer === 0 && this.#firstLost === undefined) this.#release();
    if (this.#joined?.noticePair(received) === true) owner.guessed = true;
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
    if (this.#fewer > 0) {
      if (isAnswered) this.#alignEnd();
      for (const exchange of this.#waiting) {
        if (exchange.guessed && this.#countOpen() > 0) part(exchange);
        else if (exchange.guessed) exchange.uncertain = true;
        if (!exchange.responseOver) exchange.addProblem("response-lost");
      }
    }
    this.#releaseAll();
  }

  /** As many responses were missed as requests are left without one: those that came since the hole are the rest, up to the last. */
  #alignEnd(): void {
    const open = this.#countOpen();
    const from = this.#firstSince === undefined ? -1 : this.#waiting.indexOf(this.#firstSince);
    if (from < 0 || open === 0 || open > this.#fewer) return;
    // To what was sent behind it there was none.
    if (this.#waiting.findLast(({ response }) => response !== undefined)?.response?.endsConnection === true) return;
    for (let i = 0; i < open; i++) this.#moveLater(from + i);
    for (const exchange of this.#waiting.slice(from)) {
      exchange.uncertain = true;
      exchange.guessed = false;
    }
  }

  #open(): PendingExchange[] {
    return this.#waiting.filter(({ responseOver }) => !responseOver);
  }

  // These are asked with every message: without an array, or a function, of their own.
  #countOpen(): number {
    const waiting = this.#waiting;
    let count = 0;
    for (let i = 0; i < waiting.length; i++) if (!waiting[i]!.responseOver) count++;
    return count;
  }

  #firstOpen(): PendingExchange | undefined {
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length; i++) if (!waiting[i]!.responseOver) return waiting[i];
    return undefined;
  }

  /** So many may be answered by who had received so much of the requests. */
  #countAnswerable(received: number): number {
    let count = 0;
    for (const { responseOver, start } of this.#waiting)
      if (!responseOver && (start === undefined || start < received)) count++;
    return count;
  }

  /** Its client pipelines: nobody knows how many requests waited when the connection was joined. */
  #doubtStart(): void {
    if (this.#joined === undefined) return;
    this.#joined = undefined;
    this.#habits.pipelines = true;
    this.#more += MAX_UNASKED;
    for (const exchange of this.#waiting) {
      exchange.uncertain = true;
      exchange.guessed ||= exchange.response !== undefined;
    }
  }

  /** Nothing waits: the client has all that it asked for, as far as is known. */
  #beginTurn(): void {
    this.#habits.beginTurn(this.#more === 0);
    this.#room = 0;
    this.#firstLost = undefined;
    if (this.#habits.isTrusted) {
      this.#more = 0;
      if (this.#isAligned)
        for (const exchange of this.#waiting)
          if (exchange.guessed && !exchange.staysUncertain) exchange.uncertain = false;
    }
    this.#isAligned = true;
    this.#fewer = Math.min(this.#fewer, this.#more);
    if (this.#fewer > 0) this.#doubt();
    this.#releaseAll();
  }

  /** The client has the responses to these; what came since the hole was the rest, up to the last. */
  #giveUp(open: readonly PendingExchange[]): void {
    const isTrusted = this.#habits.isTrusted && !this.#habits.pipelines;
    const from = this.#firstSince === undefined ? -1 : this.#waiting.indexOf(this.#firstSince);
    if (from >= 0) for (let i = 0; i < open.length; i++) this.#moveLater(from + i);
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
    const first = this.#hasPaired ? this.#firstSince : this.#firstOpen();
    const from = first === undefined ? -1 : this.#waiting.indexOf(first);
    if (from < 0) return;
    for (let i = 0; i < surplus; i++) this.#moveLater(from + i);
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

  /** Moves the responses from there on to the exchanges after theirs, where the last has none. */
  #moveLater(from: number): void {
    const waiting = this.#waiting;
    let to = from;
    while (to < waiting.length && (waiting[to]!.responseOver || waiting[to]!.response !== undefined)) to++;
    if (to === waiting.length) return;
    for (let i = to; i > from; i--) moveResponse(waiting[i - 1]!, waiting[i]!);
    loseResponse(waiting[from]!);
  }

  /** One response too many may be the answer to what was missed now: it does not tell by how many these are off. */
  #keepUncertain(): void {
    for (const exchange of this.#waiting) {
      if (!exchange.uncertain) continue;
      exchange.staysUncertain = true;
      exchange.guessed = false;
    }
  }

  /** Whose the responses are that came since the last hole will not be known. */
  #freeze(): void {
    this.#firstLost = undefined;
    if (this.#fewer === 0) return;
    for (const exchange of this.#waiting) {
      exchange.uncertain ||= exchange.guessed && exchange.response !== undefined;
      exchange.guessed = false;
    }
  }

  #doubt(): void {
    for (const exchange of this.#waiting) exchange.uncertain ||= exchange.guessed;
  }

  #release(): void {
    for (const exchange of this.#waiting) if (!exchange.uncertain) exchange.guessed = false;
  }

  #releaseAll(): void {
    for (const exchange of this.#waiting) exchange.guessed = false;
  }

  #limitDoubt(): void {
    if (this.#waiting.length < MAX_IN_DOUBT) return;
    this.#doubt();
    this.#releaseAll();
  }
}

/** Pairs that are held back until it is known whether they are right. */
const MAX_IN_DOUBT = 32;
