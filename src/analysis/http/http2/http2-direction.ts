import type { Direction, Header, Timestamp } from "../../../model/index.ts";
import { DEFAULT_TABLE_SIZE, HpackDecoder } from "../../../wire/hpack/index.ts";
import {
  type FrameHandler,
  FrameParser,
  type LostHeaderBlock,
  nameErrorCode,
  Setting,
} from "../../../wire/http2/index.ts";
import type { AnalysisContext } from "../../protocol-analyzer.ts";
import type { DecodedBlock } from "./stream.ts";

/** Reports of one direction to the connection; see `FrameHandler` for the rest. */
export interface DirectionListener {
  started(direction: Direction, by: "client-preface" | "server-settings"): void;
  /** `undecodable`: why the block is not all there. */
  headers(
    direction: Direction,
    streamId: number,
    block: DecodedBlock,
    endStream: boolean,
    undecodable: string | undefined,
  ): void;
  headersLost(direction: Direction, streamId: number, endStream: boolean, why: LostHeaderBlock): void;
  pushPromise(direction: Direction, streamId: number, promisedStreamId: number, block: DecodedBlock): void;
  /** Gives whether it has settled these bytes. */
  data(direction: Direction, streamId: number, bytes: Uint8Array, start: number, end: number): boolean;
  dataMissing(direction: Direction, streamId: number, size: number): void;
  dataEnd(direction: Direction, streamId: number, endStream: boolean): void;
  rstStream(direction: Direction, streamId: number, errorCode: number): void;
  goaway(direction: Direction, lastStreamId: number, errorCode: number): void;
  tableSizeAnnounced(direction: Direction, bytes: number): void;
  frameSizeAnnounced(direction: Direction, bytes: number): void;
  violation(streamId: number, problem: string): void;
  synchronizationLost(direction: Direction): void;
  synchronized(direction: Direction): void;
}

/**
 * One direction of a connection: its frames and the header table that its sender compresses with. It settles every byte that it
 * is pushed.
 */
export class Http2Direction implements FrameHandler {
  readonly #direction: Direction;
  readonly #context: AnalysisContext;
  readonly #listener: DirectionListener;
  readonly #parser: FrameParser;
  #hpack: HpackDecoder;
  /** Bytes of the budget that are reserved for the header table. */
  #tableReserved = 0;
  /** Content of DATA that is to be settled. */
  #dataBytes = 0;
  /** Bytes of header fields beyond the limits that are to be settled. */
  #cutBytes = 0;
  #allowedTableSize = DEFAULT_TABLE_SIZE;

  /** @param fromStart the first byte that is pushed is the direction's first of HTTP/2 */
  constructor(direction: Direction, context: AnalysisContext, listener: DirectionListener, fromStart: boolean) {
    this.#direction = direction;
    this.#context = context;
    this.#listener = listener;
    this.#hpack = this.#createDecoder(true);
    this.#parser = new FrameParser(this, {
      fromStart,
      blockBytes: BLOCK_FACTOR * context.limits.headBytes,
      continuationFrames: context.limits.continuationFrames,
      searchBytes: context.limits.detectionBytes,
      budget: context.budget,
    });
  }

  /** When the bytes that are reported were pushed. */
  get time(): Timestamp {
    return this.#parser.time;
  }

  /** When the frame that is reported began. */
  get frameTime(): Timestamp {
    return this.#parser.frameTime;
  }

  get isSynchronized(): boolean {
    return this.#parser.isSynchronized;
  }

  /** Bytes held until a frame's beginning is found, or a frame's end. */
  get heldBytes(): number {
    return this.#parser.heldBytes;
  }

  push(data: Uint8Array, time: Timestamp): void {
    this.#parser.push(data, time);
    this.#settle();
  }

  gap(size: number | undefined, time: Timestamp): void {
    this.#parser.gap(size, time);
    this.#settle();
  }

  /** Nothing follows. */
  finish(): void {
    this.#parser.finish();
    this.#settle();
    this.#hpack.forget();
    this.#chargeTable();
  }

  /** The receiver's settings (RFC 9113 §6.5.2). */
  allowTableSize(bytes: number): void {
    this.#allowedTableSize = Math.max(this.#allowedTableSize, bytes);
    this.#hpack.allowTableSize(bytes);
  }

  allowFrameSize(bytes: number): void {
    this.#parser.allowFrameSize(bytes);
  }

  started(by: "client-preface" | "server-settings"): void {
    this.#hpack = this.#createDecoder(false);
    this.#hpack.allowTableSize(this.#allowedTableSize);
    this.#chargeTable();
    this.#listener.started(this.#direction, by);
  }

  headerBlock(
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
    wireBytes: number,
  ): void {
    const headers: Header[] = [];
    const error = this.#hpack.decode(bytes, headers, start, end);
    const block = this.#describe(headers, wireBytes);
    const undecodable = error === undefined ? undefined : `undecodable-headers:${error}`;
    this.#listener.headers(this.#direction, streamId, block, endStream, undecodable);
  }

  pushPromise(
    streamId: number,
    promisedStreamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireBytes: number,
  ): void {
    const headers: Header[] = [];
    this.#hpack.decode(bytes, headers, start, end);
    this.#listener.pushPromise(this.#direction, streamId, promisedStreamId, this.#describe(headers, wireBytes));
  }

  headerBlockLost(streamId: number, endStream: boolean, why: LostHeaderBlock): void {
    this.#hpack.forget();
    this.#listener.headersLost(this.#direction, streamId, endStream, why);
  }

  data(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#listener.data(this.#direction, streamId, bytes, start, end)) this.#dataBytes += end - start;
  }

  dataMissing(streamId: number, size: number): void {
    this.#listener.dataMissing(this.#direction, streamId, size);
  }

  dataEnd(streamId: number, endStream: boolean): void {
    this.#listener.dataEnd(this.#direction, streamId, endStream);
  }

  setting(setting: number, value: number): void {
    if (setting === Setting.HEADER_TABLE_SIZE) this.#listener.tableSizeAnnounced(this.#direction, value);
    else if (setting === Setting.MAX_FRAME_SIZE) this.#listener.frameSizeAnnounced(this.#direction, value);
  }

  rstStream(streamId: number, errorCode: number): void {
    this.#listener.rstStream(this.#direction, streamId, errorCode);
  }

  goaway(lastStreamId: number, errorCode: number): void {
    this.#listener.goaway(this.#direction, lastStreamId, errorCode);
  }

  violation(errorCode: number, _type: number, streamId: number): void {
    this.#listener.violation(streamId, `violation:${nameErrorCode(errorCode)}`);
  }

  synchronizationLost(): void {
    this.#hpack.forget();
    this.#chargeTable();
    this.#listener.synchronizationLost(this.#direction);
  }

  synchronized(): void {
    this.#listener.synchronized(this.#direction);
  }

  #describe(headers: Header[], wireBytes: number): DecodedBlock {
    const { unknownFields, omittedFields, omittedBytes } = this.#hpack;
    this.#cutBytes += omittedBytes;
    this.#chargeTable();
    return {
      headers,
      hasUnknown: unknownFields > 0,
      isCut: omittedFields > 0,
      wireBytes,
      time: this.#parser.frameTime,
    };
  }

  /** The header table is charged for; where there is no memory for it, its entries are unknown from here on. */
  #chargeTable(): void {
    const { budget } = this.#context;
    const grown = this.#hpack.tableSize - this.#tableReserved;
    if (grown <= 0) budget.release(-grown);
    else if (!budget.tryReserve(grown)) {
      this.#hpack.forget();
      budget.release(this.#tableReserved);
      this.#tableReserved = 0;
      return;
    }
    this.#tableReserved += grown;
  }

  #createDecoder(joined: boolean): HpackDecoder {
    const { tableBytes, headBytes, headerCount } = this.#context.limits;
    return new HpackDecoder({ joined, tableBytes, listBytes: headBytes, fieldCount: headerCount });
  }

  #settle(): void {
    const parser = this.#parser;
    const { bytes } = this.#context;
    const parsed = parser.parsedBytes + this.#dataBytes;
    // Frames of a long block may have been settled before it was decoded: later ones make up for them.
    const cut = Math.min(this.#cutBytes, parsed);
    this.#cutBytes -= cut;
    if (cut > 0) bytes.settleTruncated("head-limit", cut);
    if (parsed !== cut) bytes.settleHandled(parsed - cut);
    if (parser.ignoredBytes > 0) bytes.settleSkipped("ignored-frame", parser.ignoredBytes);
    if (parser.unsynchronizedBytes > 0) bytes.settleSkipped("no-frame-boundary", parser.unsynchronizedBytes);
    if (parser.cutBytes > 0) bytes.settleTruncated("unfinished-frame", parser.cutBytes);
    this.#dataBytes = 0;
    parser.parsedBytes = 0;
    parser.ignoredBytes = 0;
    parser.unsynchronizedBytes = 0;
    parser.cutBytes = 0;
  }
}

/** A header block may be that much longer than the header list that is kept of it: the table wants all of it. */
const BLOCK_FACTOR = 4;
