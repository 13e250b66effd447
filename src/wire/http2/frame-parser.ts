import type { MemoryBudget, Timestamp } from "../../model/index.ts";
import {
  DEFAULT_MAX_FRAME_SIZE,
  ErrorCode,
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameType,
  LARGEST_MAX_FRAME_SIZE,
  PREFACE,
} from "./constants.ts";
import { reportControlFrame } from "./control-frame.ts";
import { readUint31 } from "./decode-frame.ts";
import { DirectionStart } from "./direction-start.ts";
import { BELIEVED_DATA_BYTES } from "./frame-evidence.ts";
import { FrameFinder, type Piece } from "./frame-finder.ts";
import type { FrameHandler } from "./frame-handler.ts";
import { checkFrameHeader, definedFlags } from "./frame-rules.ts";
import { HeaderBlockAssembler, isHeaderBlockType } from "./header-block-assembler.ts";
import { ParserState as State, stateOfPayload } from "./parser-state.ts";
import { PartialPayload } from "./partial-payload.ts";

export interface FrameParserOptions {
  /** The first byte that is pushed is the direction's first. Otherwise it may stand anywhere. */
  readonly fromStart: boolean;
  /** Bytes of one header block with its CONTINUATIONs (256 KiB). */
  readonly blockBytes?: number;
  /** CONTINUATION frames of one header block (64). */
  readonly continuationFrames?: number;
  /** Bytes held while a frame's beginning is searched for (64 KiB). */
  readonly searchBytes?: number;
  /** Charged for what is held between pushes. */
  readonly budget?: MemoryBudget;
}

/**
 * Parses one direction of an HTTP/2 connection (RFC 9113 §4 to §6), pushed as it comes: any split gives the same reports, but
 * for the pieces of DATA. It never throws and never gives up.
 *
 *     start ──preface or SETTINGS──▶ frames ◀──several headers in a row── searching
 *        └──────anything else──────────┼──────────────────────────────────▲
 *                                      └──a gap, or what cannot be a frame─┘
 *
 * A frame that is against the rules but whose end is known is reported and skipped.
 */
export class FrameParser {
  /** When the first byte of the frame (of a header block: of its HEADERS) that is reported was pushed. */
  frameTime: Timestamp = NO_TIME;
  /** When the bytes that are reported were pushed. */
  time: Timestamp = NO_TIME;
  /** Bytes of frames (their headers, and every payload but the content of DATA) that were understood since the caller reset this. */
  parsedBytes = 0;
  /** Bytes of frames of unknown types, and of those that break the rules, since the caller reset this. */
  ignoredBytes = 0;
  /** Bytes in which no frame's beginning was found, since the caller reset this. */
  unsynchronizedBytes = 0;
  /** Bytes of a frame that the input ended in. */
  cutBytes = 0;

  readonly #handler: FrameHandler;
  readonly #start: DirectionStart;
  readonly #finder: FrameFinder;
  readonly #blocks: HeaderBlockAssembler;
  #state: State;
  /** The direction's start was seen and nothing was lost since: what does not look like a frame may be one all the same. */
  #trusted: boolean;
  readonly #known = { maxFrameSize: DEFAULT_MAX_FRAME_SIZE, lastStreamId: 0 };

  // The frame at hand.
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerHeld = 0;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Bytes of its payload that are to come; of DATA: of its content. */
  #remaining = 0;
  #padding = 0;
  /** Its payload as far as it was pushed before. */
  readonly #partial: PartialPayload;

  constructor(handler: FrameHandler, options: FrameParserOptions) {
    this.#handler = handler;
    this.#partial = new PartialPayload(options.budget);
    this.#finder = new FrameFinder(options.searchBytes ?? 64 * 1024, options.budget);
    this.#blocks = new HeaderBlockAssembler(handler, {
      blockBytes: options.blockBytes ?? 256 * 1024,
      continuationFrames: options.continuationFrames ?? 64,
      budget: options.budget,
    });
    this.#start = new DirectionStart(options.fromStart);
    this.#trusted = options.fromStart;
    this.#state = State.start;
  }

  /** The receiver has announced SETTINGS_MAX_FRAME_SIZE. */
  allowFrameSize(bytes: number): void {
    this.#known.maxFrameSize = Math.max(this.#known.maxFrameSize, Math.min(bytes, LARGEST_MAX_FRAME_SIZE));
  }

  /** Whether it is known where frames begin. */
  get isSynchronized(): boolean {
    return this.#state !== State.searching && this.#state !== State.start;
  }

  /** Bytes pushed that are neither counted nor reported yet. */
  get heldBytes(): number {
    return this.#finder.held + this.#start.held + this.#headerHeld + this.#partial.held;
  }

  /** @param data borrowed; what is held of it is copied */
  push(data: Uint8Array, time: Timestamp): void {
    const found = this.#consume(data, time);
    if (found !== undefined) this.#consumeAll(found);
  }

  /** `size` bytes (undefined: not known how many) are missing between what was pushed and what will be. */
  gap(size: number | undefined, time: Timestamp): void {
    this.time = time;
    const inside = this.#state === State.data || this.#state === State.ignored;
    if (inside && size !== undefined && size <= this.#remaining) {
      // All of it lies within one frame's payload: no header was missed.
      if (this.#state === State.data) this.#handler.dataMissing(this.#streamId, size);
      this.#remaining -= size;
      if (this.#remaining === 0) this.#endPayload();
      return;
    }
    if (this.#state === State.searching || this.#state === State.start) {
      this.#drain();
      if (this.#state !== State.searching) this.#loseSynchronization();
    } else this.#loseSynchronization();
  }

  /** Nothing follows: what is held is reported as far as it can be, the rest is counted. */
  finish(): void {
    this.#drain();
    this.cutBytes += this.#dropHeld();
    this.#blocks.clear();
  }

  /** The bytes held by the search are all there are: parses it if it looks enough like frames. */
  #drain(): void {
    if (this.#start.held > 0) this.#startSearching(this.#start.bytes, 0, this.#start.clear());
    if (this.#state !== State.searching) return;
    const found = this.#finder.finish(this.#known);
    if (found >= 0) this.#consumeAll(this.#takeFound(found));
    this.#finder.clear();
    this.#countSkipped();
  }

  /** Parses pieces in their order. Each may lose the frames and find them again, which puts what was held in front of the rest. */
  #consumeAll(pieces: Piece[]): void {
    const stack = pieces.reverse();
    for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
      const found = this.#consume(piece.bytes, piece.time);
      if (found !== undefined) stack.push(...found.reverse());
    }
  }

  /** Parses `data`; gives what has to be parsed next when a frame's beginning was found in what was held. */
  #consume(data: Uint8Array, time: Timestamp): Piece[] | undefined {
    this.time = time;
    const end = data.length;
    let at = 0;
    while (at < end) {
      switch (this.#state) {
        case State.start:
          at = this.#consumeStart(data, at);
          break;
        case State.header:
          at = this.#consumeHeader(data, at);
          break;
        case State.data: {
          const taken = Math.min(this.#remaining, end - at);
          this.#handler.data(this.#streamId, data, at, at + taken);
          at += taken;
          this.#remaining -= taken;
          if (this.#remaining === 0) this.#endPayload();
          break;
        }
        case State.padLength:
          this.parsedBytes++;
          this.#beginPaddedData(data[at++]!);
          break;
        case State.padding:
        case State.ignored: {
          const taken = Math.min(this.#remaining, end - at);
          if (this.#state === State.padding) this.parsedBytes += taken;
          else this.ignoredBytes += taken;
          at += taken;
          this.#remaining -= taken;
          if (this.#remaining === 0) this.#endPayload();
          break;
        }
        case State.whole:
          at = this.#consumeWhole(data, at);
          break;
        case State.searching: {
          const found = this.#finder.push(data, at, end, time, this.#known);
          if (found >= 0) return this.#takeFound(found);
          this.#countSkipped();
          return undefined;
        }
      }
    }
    return undefined;
  }

  #consumeStart(data: Uint8Array, from: number): number {
    let at = from;
    while (at < data.length) {
      if (this.#start.held === 0) this.frameTime = this.time;
      const verdict = this.#start.consume(data[at++]!);
      if (verdict === "more") continue;
      const held = this.#start.clear();
      if (verdict === "neither") this.#startSearching(this.#start.bytes, 0, held);
      else {
        this.#trusted = true;
        this.#state = State.header;
        this.#handler.started(verdict);
        if (verdict === "server-settings") this.#beginFrame(this.#start.bytes, 0);
        else this.parsedBytes += held;
      }
      break;
    }
    return at;
  }

  #consumeHeader(data: Uint8Array, at: number): number {
    if (this.#headerHeld === 0) {
      this.frameTime = this.time;
      if (data.length - at >= FRAME_HEADER_BYTES) return this.#beginFrame(data, at);
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.#headerHeld, data.length - at);
    this.#header.set(data.subarray(at, at + taken), this.#headerHeld);
    this.#headerHeld += taken;
    if (this.#headerHeld < FRAME_HEADER_BYTES) return at + taken;
    this.#headerHeld = 0;
    this.#beginFrame(this.#header, 0);
    return at + taken;
  }

  /** Gives where the payload begins; or, when that is no header, stays before it and searches from there. */
  #beginFrame(bytes: Uint8Array, at: number): number {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const type = bytes[at + 3]!;
    const flags = bytes[at + 4]!;
    const streamId = readUint31(bytes, at + 5);
    // Where the receiver's settings may have been missed, frames may be larger than is known to be allowed.
    const largest = this.#trusted ? LARGEST_MAX_FRAME_SIZE : Math.max(this.#known.maxFrameSize, BELIEVED_DATA_BYTES);
    const errorCode = checkFrameHeader(type, flags, streamId, length, largest);
    const isAllowed = length <= this.#known.maxFrameSize;
    const isPlausible =
      errorCode === ErrorCode.NO_ERROR && bytes[at + 5]! < 0x80 && (flags & ~definedFlags(type)) === 0;
    const isFrame = (this.#trusted && isAllowed) || (isPlausible && (isAllowed || type === FrameType.DATA));
    if (!isFrame) {
      const reported = isAllowed ? errorCode || ErrorCode.PROTOCOL_ERROR : ErrorCode.FRAME_SIZE_ERROR;
      this.#handler.violation(reported, type, streamId);
      this.#startSearching(bytes, at, at + FRAME_HEADER_BYTES);
      return at + FRAME_HEADER_BYTES;
    }
    if (!isAllowed && this.#trusted) this.#handler.violation(ErrorCode.FRAME_SIZE_ERROR, type, streamId);
    this.#type = type;
    this.#flags = flags;
    this.#streamId = streamId;
    this.#remaining = length;
    if (streamId !== 0) this.#known.lastStreamId = streamId;
    this.#blocks.expect(type, streamId);
    if (errorCode !== ErrorCode.NO_ERROR) this.#ignoreFrame(errorCode, FRAME_HEADER_BYTES);
    else {
      if (!isHeaderBlockType(type)) this.#state = stateOfPayload(type, flags, length);
      else this.#state = this.#blocks.accepts(type, flags, streamId, length) ? State.whole : State.padding;
      if (this.#state === State.ignored) this.ignoredBytes += FRAME_HEADER_BYTES;
      else this.parsedBytes += FRAME_HEADER_BYTES;
      this.#padding = 0;
    }
    if (this.#remaining === 0) this.#endPayload();
    return at + FRAME_HEADER_BYTES;
  }

  #beginPaddedData(padLength: number): void {
    this.#remaining--;
    if (padLength > this.#remaining) {
      this.#ignoreFrame(ErrorCode.PROTOCOL_ERROR, 0);
      if (this.#remaining === 0) this.#endPayload();
      return;
    }
    this.#padding = padLength;
    this.#remaining -= padLength;
    this.#state = State.data;
    if (this.#remaining === 0) this.#endPayload();
  }

  /** The frame breaks the rules, but it is known where it ends. */
  #ignoreFrame(errorCode: number, headerBytes: number): void {
    this.ignoredBytes += headerBytes;
    this.#state = State.ignored;
    this.#handler.violation(errorCode, this.#type, this.#streamId);
    this.#blocks.abandon(this.#type, this.#flags, this.#streamId);
  }

  #consumeWhole(data: Uint8Array, at: number): number {
    const taken = Math.min(this.#remaining, data.length - at);
    const length = this.#partial.held + this.#remaining;
    this.#remaining -= taken;
    if (this.#partial.held === 0 && this.#remaining === 0) {
      this.#state = State.header;
      this.parsedBytes += length;
      this.#reportWhole(data, at, at + taken);
    } else if (!this.#partial.add(data, at, at + taken, length)) {
      this.#blocks.abandon(this.#type, this.#flags, this.#streamId, "memory");
      this.ignoredBytes += taken;
      this.#state = this.#remaining > 0 ? State.ignored : State.header;
    } else if (this.#remaining === 0) {
      this.#state = State.header;
      this.parsedBytes += length;
      this.#reportWhole(this.#partial.bytes, 0, length);
      this.#partial.clear();
    }
    return at + taken;
  }

  #reportWhole(bytes: Uint8Array, start: number, end: number): void {
    const errorCode = isHeaderBlockType(this.#type)
      ? this.#blocks.add(this.#type, this.#flags, this.#streamId, bytes, start, end)
      : reportControlFrame(this.#handler, this.#type, this.#streamId, bytes, start, end);
    if (errorCode !== ErrorCode.NO_ERROR) this.#handler.violation(errorCode, this.#type, this.#streamId);
  }

  /** The content is over: what is left is padding, or the next frame. */
  #endPayload(): void {
    if (this.#state === State.data) {
      this.#remaining = this.#padding;
      this.#padding = 0;
      this.#state = this.#remaining > 0 ? State.padding : State.header;
      this.#handler.dataEnd(this.#streamId, (this.#flags & FrameFlag.END_STREAM) !== 0);
    } else if (this.#state === State.whole) {
      this.#state = State.header;
      this.#reportWhole(NOTHING, 0, 0);
    } else this.#state = State.header;
  }

  #loseSynchronization(): void {
    this.#startSearching(NOTHING, 0, 0);
  }

  /** Searches for a frame's beginning, also in `bytes[start, end)`, which were no frame's header. */
  #startSearching(bytes: Uint8Array, start: number, end: number): void {
    const wasSynchronized = this.isSynchronized;
    this.unsynchronizedBytes += this.#dropHeld();
    this.#trusted = false;
    this.#state = State.searching;
    this.#blocks.clear();
    if (wasSynchronized) this.#handler.synchronizationLost();
    // A beginning that these few bytes alone would show was refuted already.
    if (start < end)
      this.#finder.push(new Uint8Array(bytes.subarray(start, end)), 0, end - start, this.time, this.#known);
  }

  #takeFound(found: number): Piece[] {
    const pieces = this.#finder.take(found);
    const skipped = this.#countSkipped();
    const first = pieces[0];
    this.#state = first !== undefined && first.bytes[0] === PREFACE[0] ? State.start : State.header;
    this.#handler.synchronized(skipped);
    return pieces;
  }

  #countSkipped(): number {
    const { skipped } = this.#finder;
    this.#finder.skipped = 0;
    this.unsynchronizedBytes += skipped;
    return skipped;
  }

  /** Gives how many bytes of an unfinished frame were held. */
  #dropHeld(): number {
    const held = this.#headerHeld + this.#partial.held;
    this.#headerHeld = 0;
    this.#partial.clear();
    this.#remaining = 0;
    return held;
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);
const NO_TIME: Timestamp = { seconds: 0, nanos: 0 };
