import {
  compareTimestamps,
  type Direction,
  EPOCH,
  type Header,
  type InformationalResponse,
  type SocketClosed,
  type Timestamp,
} from "../../../model/index.ts";
import { GrpcMessageParser, isGrpcContentType } from "../../../wire/grpc/index.ts";
import { BodyCollector } from "../../body-collector.ts";
import type { AnalysisContext, ProtocolAnalyzer, UpgradedRequest } from "../../protocol-analyzer.ts";
import { EventStreamCollector } from "../event-stream/event-stream-collector.ts";
import { type HeaderFacts, readHeaderFacts } from "./header-facts.ts";
import type { WebSocketStream } from "./web-socket-stream.ts";

/** A header block, decoded. */
export interface DecodedBlock {
  readonly headers: Header[];
  /** Some names or values are unknown. */
  readonly hasUnknown: boolean;
  /** Some fields were left out. */
  isCut: boolean;
  /** Bytes of its frames. */
  readonly wireBytes: number;
  /** When the first of them was seen. */
  readonly time: Timestamp;
}

/** One HTTP/2 stream: the two messages of an exchange, each in its direction. */
export class Stream {
  readonly id: number;
  readonly exchangeId: number;
  readonly index: number;
  readonly halves: Record<Direction, StreamHalf | undefined> = { read: undefined, write: undefined };
  /** The direction that it was first seen in. */
  readonly firstDirection: Direction;
  /** The request that the server promised an answer to. */
  promisedRequest: StreamHalf | undefined;
  /** The request that was sent in HTTP/1, before the connection became HTTP/2. */
  readonly upgraded: UpgradedRequest | undefined;
  /** Bytes reserved for it, but for what its halves reserve. */
  reserved = 0;
  readonly problems: string[] = [];
  /** It was reset: nothing follows. */
  isReset = false;
  /** The messages of a WebSocket on it. */
  webSocket: WebSocketStream | undefined;
  /** Messages that were shown while it lasts. */
  shownMessages = 0;
  /** The analyzer of the tunnel after CONNECT. */
  tunnel: ProtocolAnalyzer | undefined;
  #isTunnelClosed = false;

  constructor(id: number, direction: Direction, context: AnalysisContext, upgraded?: UpgradedRequest) {
    this.id = id;
    this.firstDirection = direction;
    this.upgraded = upgraded;
    this.exchangeId = upgraded?.identity?.id ?? context.nextId();
    this.index = upgraded?.identity?.index ?? context.nextIndex();
  }

  /** The half of that direction, made when it is first asked for. */
  half(direction: Direction, context: AnalysisContext, time: Timestamp): StreamHalf {
    this.halves[direction] ??= new StreamHalf(context, time);
    return this.halves[direction];
  }

  /** Its request is known although the client sends nothing on it. */
  get hasGivenRequest(): boolean {
    return this.promisedRequest !== undefined || this.upgraded !== undefined;
  }

  /** When something of it was last seen. */
  get lastTime(): Timestamp {
    const { read, write } = this.halves;
    if (read === undefined || write === undefined) return (read ?? write)?.finished ?? EPOCH;
    return compareTimestamps(read.finished, write.finished) > 0 ? read.finished : write.finished;
  }

  /** Nothing more comes through its tunnel; only the first call counts. */
  closeTunnel(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#isTunnelClosed) return;
    this.#isTunnelClosed = true;
    this.tunnel?.close(time, how);
  }

  /** Notes what is wrong, once. */
  report(problem: string): void {
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}

/** One direction of a stream: a head, perhaps informational ones before it, a body, perhaps trailers. */
export class StreamHalf {
  head: DecodedBlock | undefined;
  facts: HeaderFacts | undefined;
  trailers: DecodedBlock | undefined;
  trailerFacts: HeaderFacts | undefined;
  readonly informational: InformationalResponse[] = [];
  readonly started: Timestamp;
  finished: Timestamp;
  /** END_STREAM was seen. */
  isEnded = false;
  /** Bytes of it were never seen. */
  hasGap = false;
  /** The tap cut bytes of it off. */
  isCutByTap = false;
  /** A header block of it was given up. */
  hasLostBlock = false;
  body: BodyCollector | undefined;
  /** Bytes that went through the tunnel. */
  tunnelled = 0;
  messages: GrpcMessageParser | undefined;
  events: EventStreamCollector | undefined;
  readonly #context: AnalysisContext;

  constructor(context: AnalysisContext, time: Timestamp) {
    this.#context = context;
    this.started = time;
    this.finished = time;
  }

  /** A header block came: gives what it was taken for. */
  addBlock(block: DecodedBlock, endStream: boolean): "head" | "informational" | "trailers" | "unexpected" {
    const facts = readHeaderFacts(block.headers);
    if (this.#isTrailers(facts, endStream)) {
      this.trailers = block;
      this.trailerFacts = facts;
      return "trailers";
    }
    const { status } = facts;
    if (status !== undefined && status >= 100 && status < 200 && !endStream) {
      if (this.informational.length < this.#context.limits.pendingExchanges)
        this.informational.push({ status, headers: block.headers, time: block.time });
      return "informational";
    }
    // A head whose first fields are unknown may have been an informational one.
    if (this.head !== undefined && this.facts?.kind !== "unknown") return "unexpected";
    this.head = block;
    this.facts = facts;
    if (this.isEventStream) this.events = new EventStreamCollector(this.#context.limits, this.#context.budget);
    return "head";
  }

  addData(data: Uint8Array, start: number, end: number, time: Timestamp): void {
    const { limits, budget } = this.#context;
    this.body ??= new BodyCollector(limits.bodyBytes, budget);
    this.body.push(data, start, end);
    this.messages?.push(data, start, end, time);
    this.events?.push(data, start, end, time);
    this.finished = time;
  }

  /** Bytes of the body that were never seen. */
  addMissing(size: number, cutByTap: boolean): void {
    const { limits, budget } = this.#context;
    this.body ??= new BodyCollector(limits.bodyBytes, budget);
    this.body.skip(size);
    this.messages?.skip(size);
    this.#noteGap(cutByTap);
  }

  /** Something of it may have been missed, it is not known what. */
  interrupt(cutByTap: boolean): void {
    this.#noteGap(cutByTap);
    this.body?.skip(0);
    this.messages?.stop();
  }

  /** Its body may be gRPC messages: looks for them from here on. */
  expectMessages(): void {
    const { limits, budget } = this.#context;
    this.messages ??= new GrpcMessageParser({ messageBytes: limits.messageBytes, messages: limits.messages, budget });
  }

  /** Whether it is known to be gRPC's. */
  get isGrpc(): boolean {
    const { facts, trailerFacts } = this;
    return isGrpcContentType(facts?.contentType) || facts?.isGrpc === true || trailerFacts?.isGrpc === true;
  }

  /** Whether its body is a stream of Server-Sent Events. */
  get isEventStream(): boolean {
    return this.facts?.kind === "response" && /^text\/event-stream(;|\s|$)/i.test(this.facts.contentType ?? "");
  }

  /** Messages found in it so far. */
  get messageCount(): number {
    return (this.messages?.count ?? 0) + (this.events?.count ?? 0);
  }

  /** Whether the head could say that it is gRPC's, in what is not known of it. */
  get mayBeGrpc(): boolean {
    return this.head === undefined || (this.head.hasUnknown && this.facts?.contentType === undefined);
  }

  #noteGap(cutByTap: boolean): void {
    if (cutByTap) this.isCutByTap = true;
    else this.hasGap = true;
  }

  #isTrailers(facts: HeaderFacts, endStream: boolean): boolean {
    if (facts.kind === "request" || facts.kind === "response") return false;
    // Trailers end the stream, and a head has pseudo-headers.
    if (facts.kind === "none") return true;
    return endStream && (this.head !== undefined || this.body !== undefined);
  }
}
