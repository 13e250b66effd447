import type { MemoryBudget, Timestamp } from "../../model/index.ts";

/** One length-prefixed message, as far as it was kept. */
export interface GrpcMessage {
  /** When its first byte was pushed. */
  readonly time: Timestamp;
  /** Rises with each message that begins, whichever parser it is of: clocks may jump, and messages of both directions stand in one list. */
  readonly order: number;
  /** Its first bytes, as on the wire; its owner gives them back to the budget. */
  readonly bytes: Uint8Array;
  /** Its length. */
  readonly size: number;
  /** `bytes` is not all of it. */
  readonly truncated: boolean;
  /** By the `grpc-encoding` of the message's headers. */
  readonly compressed: boolean;
  /** gRPC-Web's trailers, sent as a message. */
  readonly trailers: boolean;
}

export interface GrpcMessageParserOptions {
  /** Bytes kept of a message (16 KiB). */
  readonly messageBytes?: number;
  /** Messages kept (256); further ones are counted. */
  readonly messages?: number;
  /** Charged for what is kept. */
  readonly budget?: MemoryBudget;
}

/**
 * Cuts one direction of a gRPC stream, the content of its DATA frames, into messages:
 *
 *      0       1                    5
 *     ┌───────┬────────────────────┬─────────────
 *     │ flags │ length, big-endian │ message …       flags: 0x01 compressed, 0x80 gRPC-Web trailers
 *     └───────┴────────────────────┴─────────────
 *
 * (gRPC over HTTP2, "Length-Prefixed-Message".) Any split gives the same messages. Other flags mean that this is no gRPC, or
 * not from a message's start: then it stops.
 */
export class GrpcMessageParser {
  readonly kept: GrpcMessage[] = [];
  /** Messages that were whole, kept or not. */
  count = 0;
  /** It was no gRPC from some point on, or bytes were missing. */
  broken = false;

  readonly #messageBytes: number;
  readonly #messages: number;
  readonly #budget: MemoryBudget | undefined;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #prefixHeld = 0;
  #remaining = 0;
  #size = 0;
  #time: Timestamp | undefined;
  #order = 0;
  #bytes: Uint8Array = NOTHING;
  #held = 0;

  constructor(options: GrpcMessageParserOptions = {}) {
    this.#messageBytes = options.messageBytes ?? 16 * 1024;
    this.#messages = options.messages ?? 256;
    this.#budget = options.budget;
  }

  /** Some messages were not kept. */
  get isLimited(): boolean {
    return this.count > this.kept.length;
  }

  push(data: Uint8Array, start: number, end: number, time: Timestamp): void {
    for (let at = start; at < end && !this.broken; ) {
      if (this.#prefixHeld < PREFIX_BYTES) {
        if (this.#prefixHeld === 0) {
          this.#time = time;
          this.#order = ++begun;
        }
        this.#prefix[this.#prefixHeld++] = data[at++]!;
        if (this.#prefixHeld === PREFIX_BYTES) this.#begin();
        continue;
      }
      const taken = Math.min(this.#remaining, end - at);
      const kept = Math.min(taken, this.#bytes.length - this.#held);
      if (kept > 0) this.#bytes.set(data.subarray(at, at + kept), this.#held);
      this.#held += kept;
      this.#remaining -= taken;
      at += taken;
      if (this.#remaining === 0) this.#end();
    }
  }

  /** That many bytes were never seen. Within a message they only cut it. */
  skip(size: number): void {
    if (this.broken) return;
    if (this.#prefixHeld < PREFIX_BYTES || size > this.#remaining) {
      this.stop();
      return;
    }
    this.#bytes = this.#trim();
    this.#remaining -= size;
    if (this.#remaining === 0) this.#end();
  }

  /** Nothing that follows belongs to the messages. */
  stop(): void {
    this.broken = true;
    this.#budget?.release(this.#bytes.length);
    this.#bytes = NOTHING;
  }

  /** Gives the memory of everything that was kept back to the budget: its owner passes it on, or drops it. */
  release(): void {
    this.stop();
    for (const { bytes } of this.kept) this.#budget?.release(bytes.length);
  }

  #begin(): void {
    if ((this.#prefix[0]! & ~(COMPRESSED | TRAILERS)) !== 0) {
      this.broken = true;
      return;
    }
    this.#size = new DataView(this.#prefix.buffer).getUint32(1);
    this.#remaining = this.#size;
    const wanted = this.kept.length < this.#messages ? Math.min(this.#size, this.#messageBytes) : 0;
    const granted = wanted > 0 && (this.#budget === undefined || this.#budget.tryReserve(wanted));
    this.#bytes = granted ? new Uint8Array(wanted) : NOTHING;
    this.#held = 0;
    if (this.#size === 0) this.#end();
  }

  #end(): void {
    const flags = this.#prefix[0]!;
    this.#prefixHeld = 0;
    this.count++;
    if (this.kept.length >= this.#messages) return;
    this.kept.push({
      time: this.#time!,
      order: this.#order,
      bytes: this.#bytes,
      size: this.#size,
      truncated: this.#bytes.length < this.#size,
      compressed: (flags & COMPRESSED) !== 0,
      trailers: (flags & TRAILERS) !== 0,
    });
    this.#bytes = NOTHING;
  }

  /** Only what was received so far is kept. */
  #trim(): Uint8Array {
    this.#budget?.release(this.#bytes.length - this.#held);
    return this.#bytes.subarray(0, this.#held);
  }
}

/** Messages that have begun. */
let begun = 0;

const PREFIX_BYTES = 5;
const COMPRESSED = 0x01;
const TRAILERS = 0x80;
const NOTHING: Uint8Array = new Uint8Array(0);
