import type { Direction, LedgerReason, SocketClosed, Timestamp } from "../../../model/index.ts";
import { CUT_FIELDS } from "../../../wire/envoy/index.ts";
import { type LostHeaderBlock, nameErrorCode } from "../../../wire/http2/index.ts";
import {
  type AnalysisContext,
  assignSender,
  type ProtocolAnalyzer,
  type Sender,
  senderOf,
  type UpgradedRequest,
} from "../../protocol-analyzer.ts";
import type { MessageKind } from "../../stream-observer.ts";
import { buildExchange } from "./build-exchange.ts";
import { type DirectionListener, Http2Direction } from "./http2-direction.ts";
import { type DecodedBlock, type Stream, StreamHalf } from "./stream.ts";
import { StreamTable } from "./stream-table.ts";
import { WebSocketStream } from "./web-socket-stream.ts";

/**
 * Turns one HTTP/2 connection into exchanges, one a stream, each when it is over (RFC 9113 §5.1, §8.1).
 *
 *     read  ▶ frames ▶ header table ─┐              ┌─ stream 1: half read, half write ─┐
 *                                    ├─ StreamTable ┼─ stream 3                          ├─▶ Exchange
 *     write ▶ frames ▶ header table ─┘              └─ …                                ─┘
 *
 * A stream has a half for each direction, and which of them is the request is decided when it is over: of a connection that was
 * joined late, the content shows sooner or later who is the client. What was missed is told by the quality and the problems of
 * the exchanges that it concerns; the connection is never given up.
 */
export class Http2Analyzer implements ProtocolAnalyzer, DirectionListener {
  readonly #context: AnalysisContext;
  readonly #directions: Record<Direction, Http2Direction>;
  /** Nothing was pushed yet, so that its first bytes may have been missed. */
  readonly #awaitsStart: Record<Direction, boolean>;
  readonly #streams: StreamTable;
  #clientDirection: Direction | undefined;
  /** While a gap is taken in: why bytes are missing. */
  #gapReason: LedgerReason | undefined;
  /** A direction was synchronized: streams that waited for what it held may be over. */
  #mayHaveFinished = false;

  /** @param upgraded with it, each direction's first byte that is pushed is its first of HTTP/2 */
  constructor(context: AnalysisContext, upgraded?: UpgradedRequest) {
    this.#context = context;
    const fromStart = upgraded !== undefined || !context.midStream;
    this.#directions = {
      read: new Http2Direction("read", context, this, fromStart),
      write: new Http2Direction("write", context, this, fromStart),
    };
    this.#awaitsStart = { read: upgraded === undefined, write: upgraded === undefined };
    this.#streams = new StreamTable(context, (stream) => this.#emit(stream));
    const sender = senderOf(context.connection, "read");
    if (sender !== undefined) this.#clientDirection = sender === "client" ? "read" : "write";
    if (upgraded !== undefined) this.#addUpgraded(upgraded);
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (this.#awaitsStart[direction]) {
      this.#awaitsStart[direction] = false;
      if (offset > 0) this.#directions[direction].gap(offset, time);
    }
    this.#directions[direction].push(data, time);
    if (this.#mayHaveFinished) this.#finishWaiting();
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    this.#gapReason = reason;
    this.#directions[direction].gap(size, time);
    this.#gapReason = undefined;
    if (this.#mayHaveFinished) this.#finishWaiting();
  }

  end(direction: Direction, _time: Timestamp): void {
    this.#directions[direction].finish();
    this.#finishWaiting();
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    this.#directions.read.finish();
    this.#directions.write.finish();
    for (const stream of [...this.#streams.values()]) {
      if (how === "reset") stream.report("connection-reset");
      stream.closeTunnel(time, how);
      this.#finish(stream);
    }
  }

  started(direction: Direction, by: "client-preface" | "server-settings"): void {
    this.#assignSender(direction, by === "client-preface" ? "client" : "server");
  }

  headers(
    direction: Direction,
    streamId: number,
    block: DecodedBlock,
    endStream: boolean,
    undecodable: string | undefined,
  ): void {
    const stream = this.#streams.find(streamId, direction, this.#isFromClient(direction));
    if (stream === undefined) return;
    const half = stream.half(direction, this.#context, block.time);
    const taken = half.addBlock(block, endStream);
    half.finished = this.#directions[direction].time;
    if (undecodable !== undefined) stream.report(undecodable);
    if (block.isCut) stream.report("header-limit");
    if (taken === "head") this.#takeHead(direction, stream, half);
    if (taken === "head" || taken === "trailers") this.#showHeaders(direction, stream, taken, block);
    this.#reserve(stream, block);
    if (taken === "unexpected") stream.report("unexpected-headers");
    if (endStream) this.#endHalf(direction, stream, half);
  }

  headersLost(direction: Direction, streamId: number, endStream: boolean, why: LostHeaderBlock): void {
    const time = this.#directions[direction].frameTime;
    const stream = this.#streams.find(streamId, direction, this.#isFromClient(direction));
    if (stream === undefined) return;
    const half = stream.half(direction, this.#context, time);
    half.hasLostBlock = true;
    stream.report(`lost-headers:${why}`);
    if (endStream) this.#endHalf(direction, stream, half);
  }

  pushPromise(direction: Direction, _streamId: number, promisedStreamId: number, block: DecodedBlock): void {
    this.#assignSender(direction, "server");
    const stream = this.#streams.find(promisedStreamId, direction, true);
    if (stream === undefined) return;
    const half = new StreamHalf(this.#context, block.time);
    half.addBlock(block, true);
    half.isEnded = true;
    half.finished = this.#directions[direction].time;
    stream.promisedRequest = half;
    this.#reserve(stream, block);
  }

  data(direction: Direction, streamId: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { time, frameTime } = this.#directions[direction];
    const stream = this.#streams.find(streamId, direction, false);
    if (stream === undefined) return false;
    const half = stream.half(direction, this.#context, frameTime);
    if (end > start && this.#context.observesStreams)
      this.#context.observer(stream.exchangeId)?.onBody(this.#messageOf(direction), bytes.subarray(start, end), time);
    if (stream.tunnel !== undefined) {
      stream.tunnel.push(direction, bytes.subarray(start, end), half.tunnelled, time);
      half.tunnelled += end - start;
      half.finished = time;
      return true;
    }
    if (stream.webSocket !== undefined) {
      stream.webSocket.push(this.#senderIn(direction), bytes.subarray(start, end), time);
      half.finished = time;
      this.#showProgress(stream, stream.webSocket.count);
      return true;
    }
    if (half.body === undefined && this.#mayBeGrpc(stream)) half.expectMessages();
    half.addData(bytes, start, end, time);
    if (half.messageCount > 0)
      this.#showProgress(stream, (stream.halves.read?.messageCount ?? 0) + (stream.halves.write?.messageCount ?? 0));
    return false;
  }

  dataMissing(direction: Direction, streamId: number, size: number): void {
    const { time, frameTime } = this.#directions[direction];
    const stream = this.#streams.find(streamId, direction, false);
    if (stream === undefined) return;
    stream.tunnel?.gap(direction, size, time, this.#whyMissing());
    stream.webSocket?.gap(this.#senderIn(direction), size, this.#whyMissing());
    stream.half(direction, this.#context, frameTime).addMissing(size, this.#isCutByTap());
  }

  dataEnd(direction: Direction, streamId: number, endStream: boolean): void {
    if (!endStream) return;
    const { frameTime } = this.#directions[direction];
    const stream = this.#streams.find(streamId, direction, false);
    if (stream !== undefined) this.#endHalf(direction, stream, stream.half(direction, this.#context, frameTime));
  }

  rstStream(direction: Direction, streamId: number, errorCode: number): void {
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.isReset = true;
    // A server that has answered asks the client so to stop sending (RFC 9113 §8.1).
    if (errorCode !== 0 || stream.halves[direction]?.isEnded !== true)
      stream.report(`reset:${nameErrorCode(errorCode)}`);
    stream.closeTunnel(this.#directions[direction].time, "reset");
    this.#finish(stream);
  }

  /** Streams above the last one that its sender took up are not answered (RFC 9113 §6.8). */
  goaway(direction: Direction, lastStreamId: number, errorCode: number): void {
    const initiatedByPeer = this.#isFromClient(direction) ? 0 : 1;
    for (const stream of [...this.#streams.values()]) {
      if (errorCode !== 0) stream.report(`goaway:${nameErrorCode(errorCode)}`);
      if (stream.id <= lastStreamId || (stream.id & 1) !== initiatedByPeer) continue;
      if (errorCode === 0) stream.report("goaway:NO_ERROR");
      this.#finish(stream);
    }
  }

  /** Settings of a receiver apply to the other direction. */
  tableSizeAnnounced(direction: Direction, bytes: number): void {
    this.#directions[opposite(direction)].allowTableSize(bytes);
  }

  frameSizeAnnounced(direction: Direction, bytes: number): void {
    this.#directions[opposite(direction)].allowFrameSize(bytes);
  }

  violation(streamId: number, problem: string): void {
    this.#streams.get(streamId)?.report(problem);
  }

  synchronizationLost(direction: Direction): void {
    this.#streams.interrupt();
    for (const stream of this.#streams.values()) {
      const half = stream.halves[direction];
      if (half !== undefined && !half.isEnded) half.interrupt(this.#isCutByTap());
      stream.webSocket?.gap(this.#senderIn(direction), undefined, this.#whyMissing());
      stream.tunnel?.gap(direction, undefined, this.#directions[direction].time, this.#whyMissing());
    }
  }

  synchronized(_direction: Direction): void {
    this.#mayHaveFinished = true;
  }

  #takeHead(direction: Direction, stream: Stream, half: StreamHalf): void {
    const kind = half.facts?.kind;
    if (kind === "request") this.#assignSender(direction, "client");
    else if (kind === "response") {
      this.#assignSender(direction, "server");
      const request = stream.halves[opposite(direction)];
      const status = half.facts?.status ?? 0;
      if (request?.facts?.method !== "CONNECT" || status < 200 || status >= 300) return;
      const { protocol } = request.facts;
      if (protocol === undefined) stream.tunnel = this.#context.detectInside();
      else if (protocol === "websocket")
        stream.webSocket = new WebSocketStream(this.#context, half.facts?.webSocketExtensions);
    }
  }

  /** There is a new message in a stream that lasts. */
  #showProgress(stream: Stream, messages: number): void {
    if (!this.#context.showsProgress || messages <= stream.shownMessages || this.#clientDirection === undefined) return;
    stream.shownMessages = messages;
    this.#context.progress(buildExchange(stream, this.#clientDirection, this.#context, false));
  }

  #showHeaders(direction: Direction, stream: Stream, what: "head" | "trailers", block: DecodedBlock): void {
    const observer = this.#context.observer(stream.exchangeId);
    const headers = block.isCut ? [...block.headers, CUT_FIELDS] : block.headers;
    if (what === "head") observer?.onHeaders(this.#messageOf(direction), headers, block.time);
    else observer?.onTrailers(this.#messageOf(direction), headers, block.time);
  }

  /** Synchronization may be lost without a gap. */
  #whyMissing(): LedgerReason {
    return this.#gapReason ?? "no-frame-boundary";
  }

  #isCutByTap(): boolean {
    return this.#gapReason === "truncated" || this.#gapReason === "snaplen";
  }

  #senderIn(direction: Direction): Sender {
    return this.#isFromClient(direction) ? "client" : "server";
  }

  #messageOf(direction: Direction): MessageKind {
    return this.#isFromClient(direction) ? "request" : "response";
  }

  #mayBeGrpc(stream: Stream): boolean {
    const { read, write } = stream.halves;
    return read?.isGrpc || write?.isGrpc || (this.#context.midStream && (read?.mayBeGrpc || write?.mayBeGrpc)) || false;
  }

  #endHalf(direction: Direction, stream: Stream, half: StreamHalf): void {
    half.isEnded = true;
    half.finished = this.#directions[direction].time;
    stream.tunnel?.end(direction, half.finished);
    this.#finishIfOver(stream);
  }

  /** A stream is over when both halves are; a half that was never seen is not waited for when nothing of it can come. */
  #finishIfOver(stream: Stream): void {
    const { read, write } = stream.halves;
    if (read?.isEnded && write?.isEnded) this.#finish(stream);
    else if (stream.hasGivenRequest) {
      if (read?.isEnded || write?.isEnded) this.#finish(stream);
    } else if (this.#clientDirection !== undefined) {
      const request = stream.halves[this.#clientDirection];
      const response = stream.halves[opposite(this.#clientDirection)];
      const client = this.#directions[this.#clientDirection];
      // The bytes held of the client's direction may be the request.
      if (
        request === undefined ? client.isSynchronized || client.heldBytes === 0 : request.hasGap || request.isCutByTap
      )
        if (response?.isEnded) this.#finish(stream);
    }
  }

  #finishWaiting(): void {
    this.#mayHaveFinished = false;
    for (const stream of [...this.#streams.values()]) this.#finishIfOver(stream);
  }

  #finish(stream: Stream): void {
    this.#streams.close(stream);
    this.#emit(stream);
  }

  #emit(stream: Stream): void {
    stream.closeTunnel(stream.lastTime, "fin");
    this.#context.emit(buildExchange(stream, this.#clientDirection ?? guessClient(stream), this.#context, true));
  }

  #isFromClient(direction: Direction): boolean {
    return this.#clientDirection === undefined || this.#clientDirection === direction;
  }

  #assignSender(direction: Direction, sender: "client" | "server"): void {
    if (this.#clientDirection !== undefined) return;
    this.#clientDirection = sender === "client" ? direction : opposite(direction);
    assignSender(this.#context.connection, direction, sender);
    this.#mayHaveFinished = true;
  }

  /** Headers are charged for, roughly; where there is no memory for them they are not kept. */
  #reserve(stream: Stream, block: DecodedBlock): void {
    const size = 2 * block.wireBytes + 64 * block.headers.length;
    if (this.#context.budget.tryReserve(size)) stream.reserved += size;
    else {
      block.headers.length = 0;
      block.isCut = true;
      stream.report("memory-limit");
    }
  }

  #addUpgraded(upgraded: UpgradedRequest): void {
    this.#clientDirection = upgraded.direction;
    this.#streams.addUpgraded(upgraded);
    if (upgraded.tableSize !== undefined)
      this.#directions[opposite(upgraded.direction)].allowTableSize(upgraded.tableSize);
  }
}

function opposite(direction: Direction): Direction {
  return direction === "read" ? "write" : "read";
}

/**
 * Nothing has shown who is the client. Who opened the stream counts as it, unless the stream is the server's, or all that was
 * seen is the rest of one message: that is rather a response.
 */
function guessClient(stream: Stream): Direction {
  stream.report("roles-guessed");
  const { read, write } = stream.halves;
  const isRest = (half: StreamHalf | undefined) => half !== undefined && half.head === undefined;
  if (read === undefined && isRest(write)) return "read";
  if (write === undefined && isRest(read)) return "write";
  return (stream.id & 1) === 1 ? stream.firstDirection : opposite(stream.firstDirection);
}
