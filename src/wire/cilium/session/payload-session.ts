import type { MemoryBudget } from "../../../model/index.ts";
import { EOF, GobError, MAX_SIZE_OF_GO, UNEXPECTED_EOF } from "../../gob/index.ts";
import { type BorrowedPayload, META_LENGTH } from "./payload.ts";
import { PayloadDecoder } from "./payload-decoder.ts";

/** The default bound on one gob message: more than a thousand times what the datapath sends. */
export const DEFAULT_MAX_MESSAGE = 16 * 1024 * 1024;

export interface PayloadSessionOptions {
  /** Called for each payload, in order, with an object that is used again: it and its bytes are borrowed. */
  readonly onPayload: (payload: BorrowedPayload) => void;
  /**
   * The bytes are a recording, which may be damaged: called with what is wrong with a message, and the session goes on with the next payload of a
   * type that was defined. Absent: it ends there, as Go's does. Recordings of protocol 1.0 end in any case.
   */
  readonly onDamage?: (message: string) => void;
  /**
   * Decode into one payload and never clear it, as `cilium monitor` does: gob leaves out what is zero, so an event of CPU 0
   * shows the CPU of the event before it.
   */
  readonly reuse?: boolean;
  /** Bytes; a longer message ends the session. Default 16 MiB. */
  readonly maxMessage?: number;
  /** Charged with what waits for the rest of its message; where it refuses, the session ends. */
  readonly budget?: MemoryBudget;
}

/**
 * The gob session of one connection to the agent's monitor socket (protocol 1.2), as a push parser: any split of the bytes
 * gives the same payloads. Recordings of the old protocol 1.0 (a Meta header and a stream of its own before each payload) are
 * recognised by their first 32 bytes.
 */
export class PayloadSession {
  readonly #decoder: PayloadDecoder;
  readonly #onDamage: ((message: string) => void) | undefined;
  readonly #maxMessage: number;
  readonly #budget: MemoryBudget | undefined;
  #pending = EMPTY;
  #pendingLength = 0;
  #framing: "unknown" | "1.0" | "1.2" = "unknown";
  /** Protocol 1.0: the header of the next payload has been read. */
  #afterMeta = false;
  /** Behind damage: the next payload is looked for. */
  #isSearching = false;
  /** The body of the message that is looked at. */
  #bodyStart = 0;
  #size = 0;
  #error: string | undefined;

  constructor(options: PayloadSessionOptions) {
    this.#decoder = new PayloadDecoder(options.onPayload, options.reuse ?? false, options.onDamage !== undefined);
    this.#onDamage = options.onDamage;
    this.#maxMessage = options.maxMessage ?? DEFAULT_MAX_MESSAGE;
    this.#budget = options.budget;
  }

  /** Why the session cannot go on, in Go's words where it is Go's reason. */
  get error(): string | undefined {
    return this.#error;
  }

  /** How many bytes wait for the rest of their message. */
  get buffered(): number {
    return this.#pendingLength;
  }

  /** Takes the next bytes. Gives the error that ends the session, once there is one. */
  push(chunk: Uint8Array): string | undefined {
    if (this.#error !== undefined) return this.#error;
    try {
      if (this.#pendingLength === 0) {
        const rest = this.#parse(chunk, chunk.length);
        this.#keep(chunk.subarray(rest));
      } else {
        this.#append(chunk);
        const rest = this.#parse(this.#pending, this.#pendingLength);
        if (rest > 0) this.#pending.copyWithin(0, rest, this.#pendingLength);
        this.#pendingLength -= rest;
      }
    } catch (error) {
      if (!(error instanceof GobError)) throw error;
      this.#error = error.message;
    }
    return this.#error;
  }

  /** The stream has ended: `EOF` between messages, `unexpected EOF` within one, or the error there was. */
  finish(): string {
    if (this.#error === undefined && this.#framing === "unknown" && this.#pendingLength > 0) {
      this.#framing = "1.2";
      this.push(EMPTY);
    }
    if (this.#error === undefined && this.#onDamage !== undefined && this.#framing === "1.2") this.#searchRest();
    return this.#error ?? (this.#pendingLength > 0 || this.#decoder.definedSinceValue ? UNEXPECTED_EOF : EOF);
  }

  /** Whole messages may stand behind one whose length is damaged, and reaches beyond the end; what is cut itself has none behind it. */
  #searchRest(): void {
    let begin = 0;
    for (let at = 1; at < this.#pendingLength; at++) {
      this.#isSearching = true;
      at = this.#findPayload(this.#pending, at, this.#pendingLength);
      if (this.#isSearching) continue;
      this.#onDamage!(UNEXPECTED_EOF);
      begin = at + this.#parse(this.#pending.subarray(at), this.#pendingLength - at);
      at = begin;
    }
    this.#isSearching = false;
    this.#pending.copyWithin(0, begin, this.#pendingLength);
    this.#pendingLength -= begin;
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return;
    if (this.#pending.length < rest.length) this.#pending = this.#allocate(Math.max(4096, rest.length));
    this.#pending.set(rest);
    this.#pendingLength = rest.length;
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#pendingLength + chunk.length;
    if (this.#pending.length < needed) {
      const grown = this.#allocate(Math.max(needed, this.#pending.length * 2));
      grown.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = grown;
    }
    this.#pending.set(chunk, this.#pendingLength);
    this.#pendingLength = needed;
  }

  /** A larger buffer for what is pending. The one before is given up. */
  #allocate(size: number): Uint8Array<ArrayBuffer> {
    if (this.#budget?.tryReserve(size - this.#pending.length) === false)
      throw new GobError(`no memory is left for a message of which ${this.#pendingLength} bytes are here`);
    return new Uint8Array(size);
  }

  /** Gives back what the budget was charged with: nothing more is pushed. */
  release(): void {
    this.#budget?.release(this.#pending.length);
    this.#pending = EMPTY;
    this.#pendingLength = 0;
  }

  /** Parses the whole messages of `bytes[0, end)` and gives where the first that is not whole begins. */
  #parse(bytes: Uint8Array, end: number): number {
    if (this.#framing === "unknown") {
      const framing = recogniseFraming(bytes, end);
      if (framing === undefined) return 0;
      this.#framing = framing;
    }
    let offset = 0;
    while (offset < end) {
      if (this.#framing === "1.0" && !this.#afterMeta) {
        if (end - offset < META_LENGTH) return offset;
        offset += META_LENGTH;
        this.#afterMeta = true;
        continue;
      }
      if (this.#isSearching) {
        offset = this.#findPayload(bytes, offset, end);
        if (this.#isSearching) return offset;
      }
      try {
        const next = this.#parseMessage(bytes, offset, end);
        if (next < 0) return offset;
        offset = next;
      } catch (error) {
        if (!(error instanceof GobError) || this.#onDamage === undefined || this.#framing === "1.0") throw error;
        this.#onDamage(error.message);
        this.#isSearching = true;
        offset++;
      }
    }
    return offset;
  }

  /** Gives where the message ends; -1: more bytes are needed. */
  #parseMessage(bytes: Uint8Array, offset: number, end: number): number {
    this.#measure(bytes, offset, end);
    if (this.#bodyStart < 0 || end - this.#bodyStart < this.#size) return -1;
    const next = this.#bodyStart + this.#size;
    if (this.#decoder.read(bytes, this.#bodyStart, next) && this.#framing === "1.0") {
      this.#afterMeta = false;
      this.#decoder.forgetTypes();
    }
    return next;
  }

  /** Where the message's body begins (-1: more bytes are needed), and how long it is. */
  #measure(bytes: Uint8Array, offset: number, end: number): void {
    const first = bytes[offset]!;
    this.#size = first;
    this.#bodyStart = offset + 1;
    if (first >= 128) {
      const width = 256 - first;
      if (width > 8) throw new GobError("gob: encoded unsigned integer out of range");
      if (end - this.#bodyStart < width) {
        this.#bodyStart = -1;
        return;
      }
      this.#size = 0;
      for (let i = 0; i < width; i++) this.#size = this.#size * 256 + bytes[this.#bodyStart++]!;
      if (this.#size >= MAX_SIZE_OF_GO) throw new GobError("invalid message length");
    }
    if (this.#size > this.#maxMessage)
      throw new GobError(`a message of ${this.#size} bytes is longer than the limit of ${this.#maxMessage}`);
  }

  /** Behind damage: where a payload begins that ends where its length says, or may once more bytes are there. */
  #findPayload(bytes: Uint8Array, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const first = bytes[at]!;
      if (first >= 128 && first < 248) continue;
      if (first >= 128 && end - at <= 256 - first) return at;
      this.#size = first;
      this.#bodyStart = at + 1;
      if (first >= 128) {
        this.#size = 0;
        for (let i = first; i < 256; i++) this.#size = this.#size * 256 + bytes[this.#bodyStart++]!;
      }
      if (this.#size > this.#maxMessage) continue;
      const next = this.#bodyStart + this.#size;
      if (next > end) {
        if (this.#decoder.mayBePayload(bytes, this.#bodyStart, end)) return at;
      } else if (this.#decoder.isPayload(bytes, this.#bodyStart, next)) {
        this.#isSearching = false;
        return at;
      }
    }
    return end;
  }
}

const EMPTY = new Uint8Array(0);

/** A Meta header is a size and 28 zero bytes; a gob session never has zeros there. `undefined`: not enough bytes to tell. */
function recogniseFraming(bytes: Uint8Array, end: number): "1.0" | "1.2" | undefined {
  for (let at = 4; at < META_LENGTH; at++) {
    if (at >= end) return undefined;
    if (bytes[at] !== 0) return "1.2";
  }
  return "1.0";
}
