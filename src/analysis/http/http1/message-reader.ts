import type { LedgerReason, Timestamp } from "../../../model/index.ts";
import { concatenate } from "../../../wire/bytes/concatenate.ts";
import {
  type BodyOverride,
  type Element,
  type FailureCode,
  Http1Parser,
  type MessageHandler,
  type MessageHead,
  type Violation,
} from "../../../wire/http1/index.ts";
import { isCutOff } from "../../cut-off.ts";
import type { AnalysisContext } from "../../protocol-analyzer.ts";
import { DoubtedBytes } from "./doubted-bytes.ts";
import { Http1Message } from "./http1-message.ts";
import { MessageBooks } from "./message-books.ts";
import type { Gap, MessageListener } from "./message-listener.ts";
import { SectionCollector } from "./section-collector.ts";
import { findCutStartLine } from "./start-line/lenient-request-line.ts";
import { MessageStartFinder } from "./start-line/message-start.ts";
import { toTrailers } from "./start-line/pseudo-headers.ts";
import { StartLine } from "./start-line/start-line.ts";

/**
 * Reads the messages of one direction, settles its bytes in the ledger, and finds the next message after a gap or after what
 * cannot be parsed.
 *
 *     reading ──gap within a body──▶ reading (the message has a gap)
 *        │ ▲
 *        │ └──────a plausible start────┐
 *        └──other gaps, failures──▶ searching (bytes are skipped: `not-http`)
 */
export class Http1DirectionReader<Owner> implements MessageHandler {
  readonly #context: AnalysisContext;
  readonly #owner: Owner;
  readonly #listener: MessageListener<Owner>;
  readonly #parser: Http1Parser;
  readonly #section: SectionCollector;
  /** Made when a message is searched for. */
  #finder: MessageStartFinder | undefined;
  readonly #isRequest: boolean;
  #message: Http1Message | undefined;
  #headKnown = false;
  #searching: boolean;
  /** Where it was begun to search, behind the last hole. */
  #searchedFrom = 0;
  #inTrailers = false;
  #folded = false;
  /** Found between two messages: the next one has it. */
  #problemBefore: Violation | undefined;
  #messageStart = 0;
  /** Where bytes stand in the stream that begin no message, with nothing missing behind them. */
  #unreadable: number | undefined;
  readonly #startLine: StartLine;
  /** Belongs to the current push. */
  #data: Uint8Array = NOTHING;
  #base = 0;
  #time!: Timestamp;
  /** Where its first byte stands in the stream, and how far its sender had received the other direction. */
  #origin = 0;
  #pushed = 0;
  #acknowledged: number | undefined;
  #acknowledgedBefore: number | undefined;
  /** Where what comes next stands in the stream. */
  #position = 0;
  readonly #books: MessageBooks;
  /** Made when a body is in doubt. */
  #doubted: DoubtedBytes | undefined;
  /** When the head before it was over, or the last of the body came. */
  #doubtedSince!: Timestamp;
  /** It is the body's end that is in doubt. */
  #isEndDoubted = false;

  constructor(context: AnalysisContext, kind: "request" | "response", owner: Owner, listener: MessageListener<Owner>) {
    this.#context = context;
    this.#owner = owner;
    this.#listener = listener;
    this.#isRequest = kind === "request";
    this.#startLine = new StartLine(kind);
    this.#parser = new Http1Parser({ kind, strict: false, handler: this });
    this.#section = new SectionCollector(context.limits, context.budget);
    this.#books = new MessageBooks(context, this.#section);
    this.#searching = context.midStream;
    // Detection saw what follows the first line.
    this.#parser.isDue = this.#isRequest && !context.midStream;
  }

  /** The bytes that follow are another protocol, as far as this direction's messages say. */
  get paused(): boolean {
    return this.#parser.paused;
  }

  /** The message that is under way. */
  get current(): Http1Message | undefined {
    return this.#message;
  }

  /** The message whose head is not complete, once its start line is. */
  get incompleteHead(): Http1Message | undefined {
    return this.#startLine.isKnown && !this.#headKnown ? this.#message : undefined;
  }

  /** A request waits for the response that begins next. */
  set isDue(isDue: boolean) {
    this.#parser.isDue = isDue;
  }

  /** The version of the message under way, 0 for one that has none. */
  get major(): number {
    return this.#parser.head.major;
  }

  /** The bytes that follow are HTTP/1 after all. */
  resume(): void {
    this.#parser.resume();
  }

  /** Where what comes next stands in the direction's stream. */
  get position(): number {
    return this.#position;
  }

  /**
   * Gives how many bytes were consumed: fewer than all only when it is `paused` after it.
   * @param offset where they stand in the stream
   * @param acknowledged how far their sender had received the other direction
   */
  push(data: Uint8Array, time: Timestamp, offset: number, acknowledged: number | undefined): number {
    const held = this.#doubted?.take();
    if (held !== undefined && held.length > 0)
      return this.push(concatenate([held, data]), time, offset - held.length, acknowledged) - held.length;
    this.#time = time;
    this.#origin = offset;
    this.#pushed = offset;
    this.#position = offset + data.length;
    this.#acknowledgedBefore = this.#acknowledged;
    this.#acknowledged = acknowledged;
    let consumed = 0;
    while (consumed < data.length && !this.#parser.paused) {
      if (!this.#decide(data, consumed)) return data.length;
      consumed = this.#searching ? this.#search(data, consumed) : this.#parse(data, consumed);
    }
    return consumed;
  }

  /** Looks whether a status line follows where a body may. Gives whether that is known: where it is not, the bytes are held back. */
  #decide(data: Uint8Array, from: number): boolean {
    // The message in doubt may have been given up at a gap.
    if (this.#searching || !this.#parser.isDoubtful || from === data.length) return true;
    this.#doubted ??= new DoubtedBytes();
    const isNext = this.#doubted.look(data, from);
    if (isNext === undefined) return false;
    this.#base = this.#parser.position - from;
    const time = this.#time;
    this.#time = this.#doubtedSince;
    if (isNext && this.#isEndDoubted) this.#message?.addProblem("invalid:body-length");
    this.#isEndDoubted = false;
    this.#parser.decideBody(!isNext);
    this.#time = time;
    return true;
  }

  /** Nothing more comes that could make a status line of what was held back: it is a body. */
  #endDoubt(): void {
    const held = this.#doubted?.take();
    this.#isEndDoubted = false;
    if (held === undefined || held.length === 0) return;
    this.#parser.decideBody(true);
    this.push(held, this.#time, this.#position - held.length, this.#acknowledged);
  }

  /**
   * Whoever receives this has all of it up to `position`, and asks for more: if that is all that was sent, a status line behind it is one, and the
   * length of the body under way was damaged, or the field that says it.
   */
  doubtEnd(position: number | undefined): void {
    if (position !== this.#position || !this.#headKnown || this.#searching || this.#parser.isDoubtful) return;
    // The end of one with a hole may stand in the hole.
    if (this.#message?.gap === true) return;
    this.#parser.doubtBody();
    if (!this.#parser.isDoubtful) return;
    this.#isEndDoubted = true;
    this.#doubtedSince = this.#time;
  }

  /** Begins a response of HTTP/0.9, which has no head and ends with the connection. */
  beginSimpleResponse(time: Timestamp): void {
    this.#time = time;
    this.#parser.beginSimpleResponse();
  }

  /** No message is under way, and none is searched for. */
  get isBetween(): boolean {
    return !this.#searching && !this.#parser.inMessage;
  }

  /** @param size undefined when it is not known; `reason` in the ledger's words */
  gap(size: number | undefined, reason: LedgerReason): void {
    this.#endDoubt();
    const isCut = isCutOff(reason);
    const message = this.#message;
    if (message !== undefined) {
      if (isCut) message.cut = true;
      else message.gap = true;
    }
    // The bytes that are searched over may end in the beginning of one.
    const begun = this.#position - (this.#searching ? this.#searchedFrom : (message?.position ?? this.#position));
    const gap = { start: this.#position, size, isCut, begun };
    this.#unreadable = undefined;
    if (this.#searching) {
      if (isCut && this.#parseCutLine()) {
        this.gap(size, reason);
        return;
      }
      this.#forgetSearch();
      this.#position += size ?? 0;
      this.#searchedFrom = this.#position;
      // It may be the rest of what is searched over, or much more.
      const isFirst = gap.start === 0 && this.#context.connection.opened !== undefined;
      this.#listener.synchronizationLost(this.#owner, isFirst ? "messages" : "rest", gap);
      return;
    }
    if (isCut) this.#takePartialLine();
    this.#position += size ?? 0;
    if (this.#parser.paused || (size !== undefined && this.#skip(message, size))) return;
    const rest = this.#skipRest(message, gap);
    // It may have asked to leave HTTP/1; its sender went on in what was missed.
    this.#parser.resume();
    const told = this.#break();
    this.#startSearch();
    const missed = told ? { ...rest, begun: 0 } : rest;
    this.#listener.synchronizationLost(this.#owner, told ? "rest" : "messages", missed);
  }

  /** Nothing follows in this direction. @param orderly the sender said so */
  end(orderly: boolean): void {
    this.#endDoubt();
    if (this.#searching) this.#forgetSearch();
    else if (!this.#parser.inMessage) return;
    else if (orderly && this.#parser.endsWithConnection) {
      this.#base = this.#parser.position;
      this.#parser.finish();
      this.#settle(0);
    } else {
      this.#break();
      this.#startSearch();
    }
  }

  messageBegin(at: number): void {
    const position = this.#origin + at - this.#base;
    const isEarlier = position < this.#pushed;
    this.#message = new Http1Message(this.#time, position, isEarlier ? this.#acknowledgedBefore : this.#acknowledged);
    if (this.#problemBefore !== undefined) this.#message.addProblem(this.#problemBefore);
    this.#problemBefore = undefined;
    this.#messageStart = at;
    this.#startLine.begin(at);
    this.#headKnown = false;
    this.#inTrailers = false;
    this.#folded = false;
    this.#section.open(at);
  }

  span(element: Element, start: number, end: number): void {
    if (element === "fieldName") this.#section.name(start, end);
    else if (element === "fieldValue") this.#section.value(start, end);
    else this.#startLine.span(element, start, end);
  }

  complete(element: Element): void {
    if (element === "fieldValue") this.#section.endField();
    else this.#startLine.complete(element);
  }

  headersComplete(at: number, head: MessageHead): BodyOverride {
    const message = this.#message!;
    this.#section.close(this.#data, this.#base, at);
    this.#startLine.read(message, head, this.#section);
    message.headers = this.#section.readFields(this.#folded);
    this.#section.release();
    message.headBytes = at - this.#messageStart;
    if (this.#isRequest) this.#parser.isDue = false;
    if (this.#isRequest && head.major === 0 && message.headers.length > 0) message.addProblem("invalid:version");
    this.#noteCut(message);
    this.#headKnown = true;
    this.#doubtedSince = this.#time;
    return this.#listener.headRead(this.#owner, message);
  }

  body(data: Uint8Array, start: number, end: number): void {
    const message = this.#message!;
    const { limits, budget } = this.#context;
    const cut = message.pushBody(data, start, end, limits.bodyBytes, budget);
    if (cut > 0) {
      message.cut = true;
      this.#books.cutBody(message.bodyCutBy!, cut);
    }
    message.observer?.onBody(this.#isRequest ? "request" : "response", data.subarray(start, end), this.#time);
    this.#listener.bodyRead?.(this.#owner, message, data, start, end, this.#time);
  }

  #noteCut(message: Http1Message): void {
    if (!this.#section.cut) return;
    message.cut = true;
    message.addProblem("head-limit");
  }

  chunkHeader(at: number, size: number): void {
    if (size > 0) return;
    this.#inTrailers = true;
    this.#folded = false;
    this.#section.open(at);
  }

  chunkComplete(at: number): void {
    if (!this.#inTrailers) return;
    this.#section.close(this.#data, this.#base, at);
    const trailers = this.#section.readFields(this.#folded);
    this.#noteCut(this.#message!);
    this.#section.release();
    if (trailers.length > 0) this.#message!.trailers = trailers;
  }

  messageComplete(): void {
    const message = this.#message!;
    this.#message = undefined;
    message.finished = this.#time;
    message.bodyComplete = true;
    message.complete = !message.gap;
    if (message.trailers.length > 0)
      message.observer?.onTrailers(this.#isRequest ? "request" : "response", toTrailers(message), this.#time);
    this.#listener.messageRead(this.#owner, message);
  }

  violation(problem: Violation): void {
    if (problem === "obsolete-folding") this.#folded = true;
    if (this.#message === undefined) this.#problemBefore = problem;
    else this.#message.addProblem(problem);
  }

  failure(code: FailureCode): void {
    this.#message?.addProblem(`invalid:${code.toLowerCase().replaceAll("_", "-")}`);
  }

  #parse(data: Uint8Array, from: number): number {
    this.#data = data;
    this.#base = this.#parser.position - from;
    const next = this.#parser.push(data, from);
    if (this.#section.isOpen) this.#section.keep(data, next, this.#base);
    this.#data = NOTHING;
    this.#settle(next - from);
    if (this.#parser.failed) {
      const start = this.#message?.position;
      const told = this.#break();
      this.#startSearch(start);
      if (!told) this.#unreadable = start;
      this.#listener.synchronizationLost(this.#owner, told ? "nothing" : "unreadable", {
        start: this.#position,
        size: undefined,
        isCut: false,
        begun: 0,
      });
    }
    return next;
  }

  #search(data: Uint8Array, from: number): number {
    const { budget } = this.#context;
    this.#finder ??= new MessageStartFinder(this.#isRequest ? "request" : "response");
    const { skipped, rest } = this.#finder.search(data, from, budget);
    this.#books.skip(skipped);
    if (rest === undefined) return data.length;
    this.#searching = false;
    this.#origin = this.#position - rest.length;
    const stray = this.#origin - (this.#unreadable ?? Number.NEGATIVE_INFINITY);
    if (this.#isRequest && stray <= MAX_STRAY) this.#problemBefore = "invalid:request-line";
    this.#unreadable = undefined;
    this.#parser.restart(this.#parser.position);
    const consumed = this.#parse(rest, 0);
    return data.length - (rest.length - consumed);
  }

  /** Reads a start line that the tap cut, where the search begins with one or comes to one behind a body, as far as it goes. */
  #parseCutLine(): boolean {
    const finder = this.#finder;
    if (finder === undefined) return false;
    const { held: searched } = finder;
    const packet = searched.length - (this.#position - this.#pushed);
    const start = findCutStartLine(this.#isRequest ? "request" : "response", searched, packet);
    if (start < 0) return false;
    const held = finder.take(this.#context.budget).subarray(start);
    this.#books.skip(start);
    this.#searching = false;
    this.#origin = this.#position - held.length;
    this.#parser.restart(this.#parser.position);
    let consumed = 0;
    while (consumed < held.length && !this.#searching && !this.#parser.paused) {
      if (!this.#decide(held, consumed)) return true;
      consumed = this.#parse(held, consumed);
    }
    // It was none, or it leads to another protocol: what the parser did not look at is not searched again.
    this.#books.skip(held.length - consumed);
    return !this.#searching;
  }

  /** A search that found nothing is not continued: a message that begins in it will not be found. */
  #forgetSearch(): void {
    if (this.#finder !== undefined) this.#books.skip(this.#finder.release(this.#context.budget));
  }

  #settle(consumed: number): void {
    const isHead = this.#message !== undefined && !this.#headKnown;
    this.#books.settle(consumed, isHead ? this.#parser.position - this.#messageStart : 0);
  }

  #skip(message: Http1Message | undefined, size: number): boolean {
    const { limits, budget } = this.#context;
    if (message === undefined || !this.#parser.canSkip(size)) return false;
    message.skipBody(size, limits.bodyBytes, budget);
    this.#parser.skip(size);
    return true;
  }

  /** Passes over the rest of a body whose length is known. Gives what is left of the gap: another message begins with it. */
  #skipRest(message: Http1Message | undefined, gap: Gap): Gap {
    const { start, size } = gap;
    const length = this.#parser.bodyLeft;
    if (size === undefined || length === undefined || length === 0 || !this.#skip(message, length)) return gap;
    return { ...gap, start: start + length, size: size - length };
  }

  /** The tap cut the start line: what stands there is told as far as it goes. */
  #takePartialLine(): void {
    if (this.#message === undefined || this.#startLine.isKnown) return;
    this.#parser.finish();
    this.#startLine.takePart(this.#parser.head);
  }

  /** Gives the message under way up: what is known of it is handed on, unless that is not even a start line. Gives whether it was. */
  #break(): boolean {
    const message = this.#message;
    this.#message = undefined;
    const isTold = message !== undefined && (this.#headKnown || this.#startLine.isKnown);
    this.#books.breakOff(isTold);
    if (!isTold) {
      this.#section.release();
      return false;
    }
    if (!this.#headKnown) this.#readBrokenHead(message);
    this.#section.release();
    message.finished = this.#time;
    this.#listener.messageBroken(this.#owner, message, this.#headKnown);
    return true;
  }

  /** Fields that are complete are told of a head that is not. */
  #readBrokenHead(message: Http1Message): void {
    this.#section.close(NOTHING, this.#parser.position, this.#parser.position);
    message.headBytes = this.#parser.position - this.#messageStart;
    this.#startLine.read(message, this.#parser.head, this.#section);
    message.headers = this.#section.readFields(this.#folded);
  }

  #startSearch(from = this.#position): void {
    this.#searching = true;
    this.#searchedFrom = from;
  }
}

const NOTHING = new Uint8Array(0);
/** Bytes before a method that are part of its line, if of nothing: fewer than any other protocol's greeting has. */
const MAX_STRAY = 2;
