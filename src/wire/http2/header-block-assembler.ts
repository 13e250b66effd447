import type { MemoryBudget } from "../../model/index.ts";
import { ErrorCode, FRAME_HEADER_BYTES, FrameFlag, FrameType } from "./constants.ts";
import { readUint31 } from "./decode-frame.ts";
import type { FrameHandler, LostHeaderBlock } from "./frame-handler.ts";

/**
 * Puts header blocks together: HEADERS or PUSH_PROMISE and the CONTINUATIONs after it, which nothing may interrupt
 * (RFC 9113 §4.3). A block of one frame is reported from where it stands, without a copy.
 *
 * Used by `FrameParser` alone, frame by frame: `expect`, then `accepts` and `add`, or `abandon`.
 */
export class HeaderBlockAssembler {
  readonly #handler: FrameHandler;
  readonly #blockBytes: number;
  readonly #continuationFrames: number;
  readonly #budget: MemoryBudget | undefined;
  /** The stream whose block is unfinished; 0: none. */
  #streamId = 0;
  #promisedStreamId = 0;
  #endStream = false;
  /** Why the unfinished block is not kept. */
  #lost: LostHeaderBlock | undefined;
  #bytes: Uint8Array = NOTHING;
  #length = 0;
  #continuations = 0;
  #wireBytes = 0;

  constructor(
    handler: FrameHandler,
    options: { blockBytes: number; continuationFrames: number; budget: MemoryBudget | undefined },
  ) {
    this.#handler = handler;
    this.#blockBytes = options.blockBytes;
    this.#continuationFrames = options.continuationFrames;
    this.#budget = options.budget;
  }

  /** A frame begins: if a CONTINUATION had to and this is none, the block is lost. */
  expect(type: number, streamId: number): void {
    if (this.#streamId === 0 || (type === FrameType.CONTINUATION && streamId === this.#streamId)) return;
    this.#handler.violation(ErrorCode.PROTOCOL_ERROR, type, streamId);
    this.#lost ??= "interrupted";
    this.#finish();
  }

  /** Whether the payload of that frame (HEADERS, PUSH_PROMISE or CONTINUATION) is wanted. */
  accepts(type: number, flags: number, streamId: number, length: number): boolean {
    const isLast = (flags & FrameFlag.END_HEADERS) !== 0;
    if (type !== FrameType.CONTINUATION) {
      this.#open(streamId, flags);
      this.#wireBytes = FRAME_HEADER_BYTES + length;
      if (length > this.#blockBytes) this.#lost = "too-large";
    } else if (this.#streamId === 0) {
      this.#open(streamId, 0);
      this.#lost = "beginning-missed";
    } else {
      this.#wireBytes += FRAME_HEADER_BYTES + length;
      this.#continuations++;
      if (this.#length + length > this.#blockBytes || this.#continuations > this.#continuationFrames)
        this.#lost ??= "too-large";
    }
    if (this.#lost === undefined) return true;
    if (isLast) this.#finish();
    return false;
  }

  /** The payload `bytes[start, end)` of a frame that was accepted. Gives the error when it is malformed, or NO_ERROR. */
  add(type: number, flags: number, streamId: number, bytes: Uint8Array, start: number, end: number): number {
    let from = start;
    let to = end;
    if (type !== FrameType.CONTINUATION && (flags & FrameFlag.PADDED) !== 0) to -= bytes[from++]!;
    if (type === FrameType.HEADERS && (flags & FrameFlag.PRIORITY) !== 0) from += 5;
    if (type === FrameType.PUSH_PROMISE) {
      if (from + 4 <= to) this.#promisedStreamId = readUint31(bytes, from);
      from += 4;
    }
    const isBadPromise =
      type === FrameType.PUSH_PROMISE && (this.#promisedStreamId === 0 || this.#promisedStreamId % 2 === 1);
    if (from > to || isBadPromise) {
      this.abandon(type, flags, streamId);
      return ErrorCode.PROTOCOL_ERROR;
    }
    if ((flags & FrameFlag.END_HEADERS) === 0) {
      if (!this.#append(bytes, from, to)) this.#lost = "memory";
    } else if (this.#length === 0) this.#report(bytes, from, to);
    else if (this.#append(bytes, from, to)) this.#report(this.#bytes, 0, this.#length);
    else {
      this.#lost = "memory";
      this.#finish();
    }
    return ErrorCode.NO_ERROR;
  }

  /** The frame's payload cannot be used; if it is of a header block, that is lost. */
  abandon(type: number, flags: number, streamId: number, why: LostHeaderBlock = "malformed"): void {
    if (!isHeaderBlockType(type)) return;
    if (this.#streamId === 0) this.#open(streamId, flags);
    this.#lost ??= why;
    if ((flags & FrameFlag.END_HEADERS) !== 0) this.#finish();
  }

  /** Forgets an unfinished block without a report. */
  clear(): void {
    this.#budget?.release(this.#bytes.length);
    this.#bytes = NOTHING;
    this.#length = 0;
    this.#streamId = 0;
  }

  #open(streamId: number, flags: number): void {
    this.#streamId = streamId;
    this.#promisedStreamId = 0;
    this.#endStream = (flags & FrameFlag.END_STREAM) !== 0;
    this.#lost = undefined;
    this.#length = 0;
    this.#continuations = 0;
    this.#wireBytes = 0;
  }

  #report(bytes: Uint8Array, start: number, end: number): void {
    const streamId = this.#streamId;
    const promised = this.#promisedStreamId;
    this.#streamId = 0;
    if (promised !== 0) this.#handler.pushPromise(streamId, promised, bytes, start, end, this.#wireBytes);
    else this.#handler.headerBlock(streamId, bytes, start, end, this.#endStream, this.#wireBytes);
    if (this.#bytes.length > 0) this.clear();
  }

  #finish(): void {
    const streamId = this.#streamId;
    const why = this.#lost ?? "interrupted";
    this.clear();
    this.#handler.headerBlockLost(streamId, this.#endStream, why);
  }

  #append(bytes: Uint8Array, start: number, end: number): boolean {
    const needed = this.#length + end - start;
    if (needed > this.#bytes.length) {
      const size = Math.max(needed, Math.min(this.#blockBytes, 2 * this.#bytes.length));
      if (this.#budget !== undefined && !this.#budget.tryReserve(size - this.#bytes.length)) return false;
      const grown = new Uint8Array(size);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = needed;
    return true;
  }
}

export function isHeaderBlockType(type: number): boolean {
  return type === FrameType.HEADERS || type === FrameType.PUSH_PROMISE || type === FrameType.CONTINUATION;
}

const NOTHING: Uint8Array = new Uint8Array(0);
