import {
  compareTimestamps,
  type Direction,
  type LedgerReason,
  type SocketClosed,
  type Timestamp,
} from "../../../model/index.ts";
import type { BodyOverride } from "../../../wire/http1/index.ts";
import {
  type AnalysisContext,
  type ProtocolAnalyzer,
  type Sender,
  schemeOf,
  senderOf,
} from "../../protocol-analyzer.ts";
import type { MessageKind } from "../../stream-observer.ts";
import { EventStreamCollector } from "../event-stream/event-stream-collector.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { Http1Message } from "./http1-message.ts";
import { isEventStream, isInformational } from "./message-kinds.ts";
import type { Gap, MessageListener, Missed } from "./message-listener.ts";
import { Http1DirectionReader } from "./message-reader.ts";
import { takeApart } from "./pairing/given-responses.ts";
import { PairOrder } from "./pairing/pair-order.ts";
import { PendingExchange } from "./pending-exchange.ts";
import { toRequestHeaders, toResponseHeaders } from "./start-line/pseudo-headers.ts";
import { createSuccessor } from "./successor.ts";

/**
 * Understands an HTTP/1 connection (RFC 9112): reads both directions, pairs each response with its request, and gives way to
 * another analyzer when the connection changes its protocol.
 *
 *     requests  ─▶ reader ─▶ ┌───────────────────────┐
 *                            │ waiting: oldest first │ ─▶ Exchange
 *     responses ─▶ reader ─▶ └───────────────────────┘
 *
 * Where bytes were missed, `PairOrder` says whether a pair is a guess: `uncertain-pairing`, quality `gap`.
 */
export class Http1Analyzer implements ProtocolAnalyzer {
  static readonly #REQUESTS: MessageListener<Http1Analyzer> = {
    headRead: (analyzer, message) => analyzer.#requestRead(message),
    messageRead: (analyzer, message) => analyzer.#requestOver(message),
    messageBroken: (analyzer, message, headKnown) => {
      if (!headKnown) analyzer.#requestRead(message);
      analyzer.#requestOver(message);
    },
    synchronizationLost: (analyzer, missed, gap) => analyzer.#missRequests(missed, gap),
  };
  static readonly #RESPONSES: MessageListener<Http1Analyzer> = {
    headRead: (analyzer, message) => analyzer.#responseRead(message),
    bodyRead: (analyzer, message, data, start, end, time) =>
      analyzer.#responseBodyRead(message, data, start, end, time),
    messageRead: (analyzer, message) => analyzer.#responseOver(message),
    messageBroken: (analyzer, message, headKnown) => {
      if (!headKnown) analyzer.#responseRead(message);
      analyzer.#responseOver(message);
    },
    synchronizationLost: (analyzer, missed, gap) => analyzer.#missResponses(missed, gap),
  };
  readonly #context: AnalysisContext;
  readonly #requests: Http1DirectionReader<Http1Analyzer>;
  readonly #responses: Http1DirectionReader<Http1Analyzer>;
  /** Those whose request or response is not over, oldest first. */
  readonly #waiting: PendingExchange[] = [];
  /** Responses that are still to come for requests that had to make room. */
  #unclaimed = 0;
  readonly #order: PairOrder;
  /** Neither direction missed anything since the connection's start. */
  #inStep: boolean;
  /** A request that asks to leave HTTP/1, and what its sender sent after it. */
  #leaving: { readonly exchange: PendingExchange; readonly held: HeldBytes } | undefined;
  #successor: ProtocolAnalyzer | undefined;

  constructor(context: AnalysisContext) {
    this.#context = context;
    this.#inStep = !context.midStream;
    const isJoined = context.midStream && context.connection.opened === undefined;
    this.#order = new PairOrder(
      this.#waiting,
      () => this.#createExchange(),
      this.#inStep,
      isJoined,
      context.connection,
      context.pipelining,
    );
    this.#requests = new Http1DirectionReader(context, "request", this, Http1Analyzer.#REQUESTS);
    this.#responses = new Http1DirectionReader(context, "response", this, Http1Analyzer.#RESPONSES);
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (this.#successor !== undefined) this.#successor.push(direction, data, offset, time);
    else if (this.#senderOf(direction) === "client") this.#pushRequests(direction, data, offset, time);
    else this.#pushResponses(direction, data, offset, time);
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    if (this.#successor !== undefined) this.#successor.gap(direction, size, time, reason);
    else if (this.#senderOf(direction) === "server") this.#responses.gap(size, reason);
    else if (this.#leaving !== undefined) this.#leaving.held.gap(direction, size, time, reason);
    else {
      this.#requests.gap(size, reason);
      // The end of a request that asks to leave was in it.
      if (this.#requests.paused) this.#beginLeaving(new HeldBytes(this.#context));
    }
  }

  end(direction: Direction, time: Timestamp): void {
    if (this.#successor !== undefined) this.#successor.end(direction, time);
    else if (this.#senderOf(direction) === "server") this.#responses.end(true);
    else if (this.#leaving !== undefined) this.#leaving.held.end(direction, time);
    else this.#requests.end(true);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#successor !== undefined) {
      this.#successor.close(time, how);
      return;
    }
    if (how === "reset") for (const exchange of this.#waiting) exchange.addProblem("connection-reset");
    // In this order: a response that is given up may refuse an upgrade, and what was held goes to the requests.
    this.#responses.end(how === "fin");
    this.#requests.end(how === "fin");
    this.#leaving?.held.drop("unanswered-upgrade");
    this.#order.finish(how === "fin");
    if (this.#waiting.length > 0) for (const exchange of this.#waiting.splice(0)) this.#emit(exchange);
  }

  /** Where the role is still unknown, detection saw no sender either: the local end is taken for the server. */
  #senderOf(direction: Direction): Sender {
    return senderOf(this.#context.connection, direction) ?? (direction === "read" ? "client" : "server");
  }

  #pushRequests(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (this.#leaving !== undefined) {
      this.#leaving.held.push(direction, data, 0, offset, time);
      this.#reconsiderLeaving();
      return;
    }
    const consumed = this.#requests.push(data, time, offset, this.#context.acknowledged(direction, offset));
    if (!this.#requests.paused) return;
    const held = new HeldBytes(this.#context);
    if (consumed < data.length) held.push(direction, data, consumed, offset + consumed, time);
    this.#beginLeaving(held);
  }

  #beginLeaving(held: HeldBytes): void {
    const exchange = this.#waiting.at(-1);
    // Its response was seen before it: nothing can tell what the rest is.
    if (exchange === undefined || exchange.responseOver) this.#refuseLeaving(held);
    else {
      this.#leaving = { exchange, held };
      this.#reconsiderLeaving();
    }
  }

  #pushResponses(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    this.#noteDue();
    if (this.#answersSimply(data)) this.#responses.beginSimpleResponse(time);
    const consumed = this.#responses.push(data, time, offset, this.#context.acknowledged(direction, offset));
    if (this.#responses.paused) this.#leave(direction, data.subarray(consumed), offset + consumed, time);
  }

  #noteDue(): void {
    const { length } = this.#waiting;
    this.#responses.isDue = length > 0 && !this.#waiting[length - 1]!.responseOver;
  }

  /** The answer to a request without a version has no head, unless its server speaks a later version all the same (RFC 1945 §3.1). */
  #answersSimply(data: Uint8Array): boolean {
    if (data[0] === H || !this.#responses.isBetween) return false;
    const waiting = this.#waiting.find(({ responseOver }) => !responseOver);
    if (waiting?.response !== undefined) return false;
    return waiting === undefined
      ? this.#requests.incompleteHead !== undefined && this.#requests.major === 0
      : waiting.request?.major === 0;
  }

  /**
   * Its sender goes on, without the answer in the capture: in HTTP/1, where that begins like a request (which may be inside of a tunnel
   * as long as its answer can come), or in the tunnel, where it can be nothing else.
   */
  #reconsiderLeaving(): void {
    if (this.#leaving === undefined) return;
    const { exchange, held } = this.#leaving;
    const isTunnel = exchange.request?.method === "CONNECT";
    if (isTunnel && !exchange.responseOver) return;
    if (held.isRequest === "yes") this.#refuseLeaving(held);
    else if (isTunnel && held.isRequest === "no") {
      exchange.addProblem("request-without-response");
      // Its answer is not looked for any more.
      this.#leaving = undefined;
      this.#responses.end(false);
      this.#leaving = { exchange, held };
      this.#leave("write", NOTHING, 0, exchange.request!.started);
    }
  }

  /** The response agreed to leave HTTP/1: another analyzer takes over, from the bytes after both messages on. */
  #leave(direction: Direction, rest: Uint8Array, offset: number, time: Timestamp): void {
    const { exchange, held } = this.#leaving ?? { exchange: undefined, held: undefined };
    this.#leaving = undefined;
    this.#requests.end(false);
    const at = exchange === undefined ? -1 : this.#waiting.indexOf(exchange);
    if (at >= 0) this.#waiting.splice(at, 1);
    const successor = createSuccessor(this.#context, exchange ?? this.#takeLast());
    for (const other of this.#waiting.splice(0)) this.#emit(other);
    this.#successor = successor;
    held?.replay(successor);
    if (rest.length > 0) successor.push(direction, rest, offset, time);
  }

  /** The response that changed the protocol has no request that asked for it: it was paired with what waited, or with nothing. */
  #takeLast(): PendingExchange {
    return this.#waiting.shift() ?? this.#createExchange();
  }

  #refuseLeaving(held: HeldBytes): void {
    this.#leaving = undefined;
    this.#requests.resume();
    held.replay(this);
  }

  #requestRead(message: Http1Message): BodyOverride {
    if (message.exchange !== undefined) {
      this.#showHead(message.exchange, "request", message);
      return "none";
    }
    if (this.#adoptResponse(message)) return "none";
    this.#responses.doubtEnd(message.acknowledged);
    const isUncertain = this.#order.takeRequest(message, this.#responses.position);
    this.#emitFinished();
    const exchange = this.#createExchange();
    exchange.takeRequest(message);
    exchange.uncertain = isUncertain;
    this.#waiting.push(exchange);
    this.#charge(exchange, message);
    this.#showHead(exchange, "request", message);
    return "none";
  }

  #missRequests(missed: Missed, gap: Gap): void {
    this.#inStep = false;
    if (missed === "nothing" || missed === "unreadable") return;
    this.#order.missRequests(gap, missed === "messages");
  }

  #showHead(exchange: PendingExchange, kind: MessageKind, message: Http1Message): void {
    if (!this.#context.observesStreams) return;
    message.observer = this.#context.observer(exchange.id);
    const { observer, started } = message;
    if (kind === "request")
      observer?.onHeaders(kind, toRequestHeaders(message, schemeOf(this.#context.connection)), started);
    else observer?.onHeaders(kind, toResponseHeaders(message), started);
  }

  /** The oldest response without a request is its response, if it was sent after it: the request's bytes only came late. */
  #adoptResponse(request: Http1Message): boolean {
    const orphan = this.#waiting[0];
    if (!this.#inStep || orphan?.response === undefined || orphan.request !== undefined) return false;
    if (compareTimestamps(request.started, orphan.response.started) > 0) {
      // The server sent it unasked: nothing will come for it.
      this.#waiting.shift();
      this.#emit(orphan);
      return false;
    }
    orphan.takeRequest(request);
    this.#showHead(orphan, "request", request);
    orphan.requestOver = false;
    orphan.removeProblem("response-without-request");
    return true;
  }

  #requestOver(message: Http1Message): void {
    message.exchange!.requestOver = true;
    if (message.complete) this.#order.noticeSize("request", message.headBytes);
    this.#emitFinished();
  }

  #responseRead(message: Http1Message): BodyOverride {
    // The answer was missed, and the server goes on in HTTP/1.
    if (this.#leaving?.exchange.responseOver === true && message.status !== 101)
      this.#refuseLeaving(this.#leaving.held);
    const exchange = this.#findForResponse(message);
    this.#order.noticeSize("response", message.headBytes);
    exchange.response = message;
    message.exchange = exchange;
    this.#charge(exchange, message);
    const { status } = message;
    const method = exchange.request?.method;
    if (isInformational(status)) return "none";
    this.#showHead(exchange, "response", message);
    if (method === "HEAD") return "skip-body";
    if (method === "CONNECT" && status >= 200 && status < 300) return "tunnel";
    if (isEventStream(message)) exchange.events = new EventStreamCollector(this.#context.limits, this.#context.budget);
    // Had its request been HEAD, what follows would be the next response.
    return exchange.request === undefined ? "doubtful" : "none";
  }

  #findForResponse(response: Http1Message): PendingExchange {
    if (this.#unclaimed === 0) return this.#order.takeResponse(response) ?? this.#createForResponse();
    const exchange = new PendingExchange(this.#context.nextId(), this.#context.nextIndex());
    exchange.requestOver = true;
    exchange.addProblem("response-without-request");
    if (!isInformational(response.status)) {
      this.#unclaimed--;
      this.#waiting.unshift(exchange);
    }
    return exchange;
  }

  #createForResponse(): PendingExchange {
    const exchange = this.#createExchange();
    // The server answered before it had the whole head, or some of the head was missed.
    const request = this.#requests.incompleteHead;
    if (request !== undefined) exchange.takeRequest(request);
    else {
      exchange.requestOver = true;
      exchange.addProblem("response-without-request");
      // So many do not come late: the requests' direction was not captured.
      if (this.#waiting.length >= MAX_EARLY_RESPONSES) this.#inStep = false;
    }
    this.#waiting.push(exchange);
    return exchange;
  }

  #responseBodyRead(message: Http1Message, data: Uint8Array, start: number, end: number, time: Timestamp): void {
    const exchange = message.exchange!;
    const { events } = exchange;
    if (events === undefined) return;
    const before = events.count;
    events.push(data, start, end, time);
    if (events.count > before && this.#context.showsProgress)
      this.#context.progress(exchange.build(this.#context.connection, false));
  }

  #responseOver(message: Http1Message): void {
    const exchange = message.exchange!;
    if (isInformational(message.status) && message.complete) {
      exchange.response = undefined;
      exchange.informational ??= [];
      if (exchange.informational.length < this.#context.limits.pendingExchanges)
        exchange.informational.push({ status: message.status, headers: message.headers, time: message.started });
      if (exchange.request === undefined) exchange.requestOver = false;
      return;
    }
    exchange.responseOver = true;
    if (message.finished !== undefined) this.#order.noticeEnd(message.finished);
    // More may follow in the same bytes, such as the body that a careless server sends to HEAD.
    this.#noteDue();
    if (this.#leaving?.exchange === exchange && !this.#responses.paused) this.#refuseLeaving(this.#leaving.held);
    // Bytes that `#leave` takes over stay until then.
    if (!this.#responses.paused) this.#emitFinished();
  }

  #missResponses(missed: Missed, gap: Gap): void {
    this.#inStep = false;
    this.#unclaimed = 0;
    // A server that left HTTP/1 says what is unreadable here.
    if (missed === "unreadable" && this.#leaving !== undefined) return;
    if (missed === "unreadable")
      this.#waiting.find(({ responseOver }) => !responseOver)?.addProblem("invalid:status-line");
    const asks = this.#requests.current !== undefined;
    this.#order.missResponses(gap, missed === "messages", asks);
    this.#reconsiderLeaving();
    this.#emitFinished();
  }

  #createExchange(): PendingExchange {
    if (this.#waiting.length >= this.#context.limits.pendingExchanges) this.#abandonOldest("pending-exchange-limit");
    return new PendingExchange(this.#context.nextId(), this.#context.nextIndex());
  }

  /** Memory of a head while its exchange waits. Where there is no memory the oldest make room; one is always kept. */
  #charge(exchange: PendingExchange, message: Http1Message): void {
    const { budget } = this.#context;
    const size = MESSAGE_BYTES + 2 * message.headBytes;
    let granted = budget.tryReserve(size);
    while (!granted && this.#waiting.length > 0 && this.#waiting[0] !== exchange) {
      this.#abandonOldest("memory-limit");
      granted = budget.tryReserve(size);
    }
    if (!granted) budget.reserve(size);
    exchange.reserved += size;
  }

  /** It is handed on as it is. Its response, when it comes, is nobody's. */
  #abandonOldest(problem: string): void {
    const exchange = this.#waiting.shift()!;
    if (exchange.response === undefined) this.#unclaimed++;
    this.#inStep = false;
    this.#emit(exchange, problem);
  }

  /** In order: one that is over waits for those before it. */
  #emitFinished(): void {
    while (this.#waiting.length > 0) {
      const exchange = this.#waiting[0]!;
      if (!exchange.requestOver || !exchange.responseOver || exchange.guessed || exchange.isHeld) return;
      // In step, a response before its request means that the request's bytes come late.
      if (exchange.request === undefined && this.#inStep) return;
      // Nearly always it is the only one, and what shifts is no part of the compiled code.
      if (this.#waiting.length === 1) this.#waiting.pop();
      else this.#waiting.shift();
      this.#emit(exchange);
    }
  }

  #emit(exchange: PendingExchange, problem?: string): void {
    if (problem !== undefined) exchange.addProblem(problem);
    this.#order.forget(exchange);
    this.#context.budget.release(exchange.reserved);
    if (exchange.isMissed && exchange.response === undefined) return;
    if (exchange.isParted && exchange.response !== undefined && exchange.request !== undefined) {
      exchange.reserved = 0;
      const answer = takeApart(exchange, this.#context.nextId(), this.#context.nextIndex());
      this.#emit(exchange);
      this.#emit(answer);
      return;
    }
    if (exchange.response === undefined) exchange.addProblem("request-without-response");
    this.#context.emit(exchange.build(this.#context.connection, true));
  }
}

/** Rough memory of a message besides its head (whose fields take about as much again as it has bytes). */
const MESSAGE_BYTES = 1024;

const NOTHING = new Uint8Array(0);

/** The first letter of `HTTP/`. */
const H = 0x48;

/** Responses that are held for requests whose bytes come late. */
const MAX_EARLY_RESPONSES = 8;
