import { type Direction, NO_APPLICATION, nanosBetween, type SocketClosed, type Timestamp } from "../../model/index.ts";
import { type DnsMessage, decodeDnsMessage } from "../../wire/dns/index.ts";
import { transportTimes } from "../exchange-times.ts";
import { type AnalysisContext, assignSender, type ProtocolAnalyzer } from "../protocol-analyzer.ts";
import type { DnsExchange, DnsSide } from "./dns-exchange.ts";
import { DnsStream } from "./dns-stream.ts";
import { EarlyAnswers } from "./early-answers.ts";
import { identifierKey, PendingQuery, queryKey } from "./pending-query.ts";

/**
 * DNS between two ends: each datagram is a message, or over TCP each length says where one ends. Answers are found by identifier
 * and question, in whatever order they come; a query that is sent again is the same query; a zone transfer is one exchange.
 */
export class DnsAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #protocol: string;
  /** Over TCP. */
  readonly #streams: Record<Direction, DnsStream> | undefined;
  /** By key, the one that was asked first at the front. */
  readonly #pending = new Map<string, PendingQuery>();
  /** The query that was asked last with an identifier. */
  readonly #byIdentifier = new Map<string, PendingQuery>();
  /** Keys of what was answered last. */
  readonly #answered = new Set<string>();
  readonly #early: EarlyAnswers;

  constructor(context: AnalysisContext) {
    this.#context = context;
    const isDatagrams = context.connection.transport === "udp";
    this.#protocol = isDatagrams ? "dns/udp" : "dns/tcp";
    const createStream = (direction: Direction): DnsStream =>
      new DnsStream(context, (...message) => this.#take(direction, ...message));
    if (!isDatagrams) this.#streams = { read: createStream("read"), write: createStream("write") };
    this.#early = new EarlyAnswers((side, problem) => this.#emitAnswerAlone(side, problem));
  }

  push(direction: Direction, data: Uint8Array, _offset: number, time: Timestamp): void {
    this.#expire(time);
    if (this.#streams !== undefined) this.#streams[direction].push(data, time);
    else if (!this.#take(direction, data, 0, data.length, time, time))
      this.#context.bytes.settleSkipped(NOT_DNS, data.length);
    else this.#context.bytes.settleHandled(data.length);
  }

  gap(direction: Direction, size: number | undefined): void {
    // A datagram that was cut off has been looked at already: it says so itself.
    this.#streams?.[direction].gap(size);
  }

  end(): void {}

  close(_time: Timestamp, how: SocketClosed["how"]): void {
    this.#streams?.read.close();
    this.#streams?.write.close();
    this.#early.finish();
    const isUnfinished = how === "unknown";
    for (const query of this.#pending.values()) {
      const problems = how === "reset" ? [UNANSWERED, "connection-reset"] : [UNANSWERED];
      this.#finish(query, query.response, isUnfinished ? "unfinished" : "unpaired", problems);
    }
  }

  /** Takes a message; false where it is none. */
  #take(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    started: Timestamp,
    finished: Timestamp,
  ): boolean {
    const message = this.#decode(direction, bytes, start, end);
    // Where not even the question can be read, nothing says that it is DNS.
    if (message === undefined || (message.problem !== undefined && message.questions.length === 0)) return false;
    const side: DnsSide = { message, messages: 1, size: end - start + this.#prefix, started, finished };
    assignSender(this.#context.connection, direction, message.isResponse ? "server" : "client");
    if (message.isResponse) this.#takeAnswer(direction === "read" ? "write" : "read", side);
    else this.#takeQuery(direction, side);
    return true;
  }

  /** All records of a zone transfer are looked at, of another message as many as are kept. */
  #decode(direction: Direction, bytes: Uint8Array, start: number, end: number): DnsMessage | undefined {
    const message = decodeDnsMessage(bytes, start, end);
    if (message?.isResponse !== true || message.counts.answers <= message.answers.length) return message;
    const query = this.#find(direction === "read" ? "write" : "read", message);
    return query?.transfer === undefined ? message : decodeDnsMessage(bytes, start, end, message.counts.answers);
  }

  #takeQuery(direction: Direction, side: DnsSide): void {
    const key = queryKey(direction, side.message);
    const known = this.#pending.get(key);
    if (known !== undefined) {
      known.repeat(side);
      // The latest question is given up last.
      this.#pending.delete(key);
      this.#pending.set(key, known);
      return;
    }
    const { limits, budget } = this.#context;
    while (this.#pending.size >= limits.pendingExchanges) this.#giveUpFirst("pending-limit");
    // Text and objects take some times what the message takes.
    const cost = QUERY_COST + 8 * side.size;
    const reserved = budget.tryReserve(cost) ? cost : 0;
    const query = new PendingQuery(this.#identity(), direction, side, reserved);
    this.#pending.set(key, query);
    this.#byIdentifier.set(identifierKey(direction, side.message), query);
    const early = this.#early.take(key);
    if (early !== undefined) this.#finish(query, early, "complete", ["captured-out-of-order"]);
  }

  /** @param direction of the query */
  #takeAnswer(direction: Direction, side: DnsSide): void {
    const query = this.#find(direction, side.message);
    if (query === undefined) this.#takeUnasked(queryKey(direction, side.message), side);
    else if (query.transfer === undefined) this.#finish(query, side, "complete");
    else if (query.answer(side)) this.#finish(query, query.response, "complete");
  }

  #takeUnasked(key: string, side: DnsSide): void {
    if (this.#answered.has(key)) this.#emitAnswerAlone(side, "duplicate-response");
    // Packets are not always captured in the order in which they were sent.
    else if (this.#streams === undefined) this.#early.hold(key, side);
    else this.#emitAnswerAlone(side, "response-without-request");
  }

  #find(direction: Direction, message: DnsMessage): PendingQuery | undefined {
    const query = this.#pending.get(queryKey(direction, message));
    if (query !== undefined || message.questions.length > 0) return query;
    return this.#byIdentifier.get(identifierKey(direction, message));
  }

  #expire(time: Timestamp): void {
    this.#early.expire(time);
    if (this.#streams !== undefined) return;
    for (const { asked } of this.#pending.values()) {
      if (nanosBetween(asked, time) < this.#context.limits.answerSeconds * 1e9) return;
      this.#giveUpFirst();
    }
  }

  #giveUpFirst(problem?: string): void {
    const [query] = this.#pending.values();
    if (query === undefined) return;
    const problems = problem === undefined ? [UNANSWERED] : [UNANSWERED, problem];
    this.#finish(query, query.response, "unpaired", problems);
  }

  #finish(
    query: PendingQuery,
    response: DnsSide | undefined,
    quality: "complete" | "unpaired" | "unfinished",
    problems: readonly string[] = [],
  ): void {
    const { request, key } = query;
    this.#pending.delete(key);
    const identifier = identifierKey(query.direction, request.message);
    if (this.#byIdentifier.get(identifier) === query) this.#byIdentifier.delete(identifier);
    this.#context.budget.release(query.reserved);
    if (response !== undefined) this.#remember(key);
    const repeated = request.messages > 1 ? ["retransmitted-query"] : [];
    // There may be a part of a transfer.
    const isPart = response !== undefined && quality !== "complete";
    const told = isPart ? ["unfinished-transfer", ...problems.filter((problem) => problem !== UNANSWERED)] : problems;
    this.#emit(query, request, response, isPart ? "unfinished" : quality, [...repeated, ...told]);
  }

  #emitAnswerAlone(side: DnsSide, problem: string): void {
    const quality = this.#streams !== undefined && this.#context.midStream ? "mid-stream" : "unpaired";
    this.#emit(this.#identity(), undefined, side, quality, [problem]);
  }

  #emit(
    { id, index }: { readonly id: number; readonly index: number },
    request: DnsSide | undefined,
    response: DnsSide | undefined,
    quality: DnsExchange["quality"],
    problems: readonly string[],
  ): void {
    const { connection } = this.#context;
    const faults = [request?.message.problem, response?.message.problem].filter((fault) => fault !== undefined);
    const isCut = faults.includes("short-dns-message");
    const isInOrder =
      request === undefined || response === undefined || nanosBetween(request.started, response.started) >= 0;
    this.#context.emit({
      kind: "dns",
      id,
      index,
      connection,
      protocol: this.#protocol,
      application: NO_APPLICATION,
      ...(request && { request }),
      ...(response && { response }),
      times: {
        ...(index === 0 && this.#streams !== undefined ? transportTimes(connection) : {}),
        ...(request && { requestStart: request.started, requestEnd: request.finished }),
        ...(response && isInOrder && { responseStart: response.started, responseEnd: response.finished }),
      },
      quality: isCut && quality === "complete" ? "truncated" : quality,
      problems: [...new Set([...faults, ...problems])],
    });
  }

  #remember(key: string): void {
    this.#answered.delete(key);
    this.#answered.add(key);
    if (this.#answered.size <= REMEMBERED) return;
    const [oldest] = this.#answered;
    this.#answered.delete(oldest!);
  }

  #identity(): { readonly id: number; readonly index: number } {
    return { id: this.#context.nextId(), index: this.#context.nextIndex() };
  }

  get #prefix(): number {
    return this.#streams === undefined ? 0 : 2;
  }
}

/** In the ledger. */
const NOT_DNS = "not-dns";
/** As of other protocols. */
const UNANSWERED = "request-without-response";
/** Bytes of memory that a pending query takes, beside its text. */
const QUERY_COST = 1024;
/** Answers that a second one is still known as such of. */
const REMEMBERED = 64;
