import type { MemoryBudget, Timestamp } from "../../../model/index.ts";
import {
  EOF,
  GobCursor,
  GobError,
  MAX_SIZE_OF_GO,
  readTypeId,
  skipValue,
  TypeTable,
  UNEXPECTED_EOF,
} from "../../gob/index.ts";
import { type BorrowedPayload, META_LENGTH } from "./payload.ts";
import { CPU, DATA, LOST, makePlan, type Plan, TIME, TYPE } from "./payload-plan.ts";

/** The default bound on one gob message: more than a thousand times what the datapath sends. */
export const DEFAULT_MAX_MESSAGE = 16 * 1024 * 1024;

export interface PayloadSessionOptions {
  /** Called for each payload, in order, with an object that is used again: it and its bytes are borrowed. */
  readonly onPayload: (payload: BorrowedPayload) => void;
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
  readonly #onPayload: (payload: BorrowedPayload) => void;
  readonly #reuse: boolean;
  readonly #maxMessage: number;
  readonly #budget: MemoryBudget | undefined;
  readonly #payload: BorrowedPayload = {
    bytes: EMPTY,
    start: 0,
    end: 0,
    limit: 0,
    cpu: 0,
    lost: 0n,
    type: 0,
    time: undefined,
    dialect: undefined,
  };
  readonly #cursor = new GobCursor();
  /** The array that Go's `Payload.Data` points to: kept and written over while it is large enough. */
  #reused = EMPTY;
  #table = new TypeTable();
  #plans = new Map<number, Plan>();
  #pending = EMPTY;
  #pendingLength = 0;
  #framing: "unknown" | "1.0" | "1.2" = "unknown";
  #definedSinceValue = false;
  /** Protocol 1.0: the header of the next payload has been read. */
  #afterMeta = false;
  #error: string | undefined;

  constructor(options: PayloadSessionOptions) {
    this.#onPayload = options.onPayload;
    this.#reuse = options.reuse ?? false;
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
    return this.#error ?? (this.#pendingLength > 0 || this.#definedSinceValue ? UNEXPECTED_EOF : EOF);
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
      const first = bytes[offset]!;
      let size = first;
      let bodyStart = offset + 1;
      if (first >= 128) {
        const width = 256 - first;
        if (width > 8) throw new GobError("gob: encoded unsigned integer out of range");
        if (end - bodyStart < width) return offset;
        size = 0;
        for (let i = 0; i < width; i++) size = size * 256 + bytes[bodyStart++]!;
        if (size >= MAX_SIZE_OF_GO) throw new GobError("invalid message length");
      }
      if (size > this.#maxMessage)
        throw new GobError(`a message of ${size} bytes is longer than the limit of ${this.#maxMessage}`);
      if (end - bodyStart < size) return offset;
      this.#readMessage(bytes, bodyStart, bodyStart + size);
      offset = bodyStart + size;
    }
    return offset;
  }

  #readMessage(bytes: Uint8Array, start: number, end: number): void {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    const id = readTypeId(cursor);
    if (id >= 0) {
      this.#readValue(id);
      this.#definedSinceValue = false;
      if (this.#framing === "1.0") {
        this.#afterMeta = false;
        this.#table = new TypeTable();
        this.#plans = new Map();
      }
      return;
    }
    this.#table.define(-id, cursor);
    this.#definedSinceValue = true;
  }

  #readValue(id: number): void {
    let plan = this.#plans.get(id);
    if (plan === undefined) {
      plan = makePlan(this.#table.types, id);
      this.#plans.set(id, plan);
    }
    const payload = this.#payload;
    payload.time = undefined;
    if (!this.#reuse) {
      payload.start = 0;
      payload.end = 0;
      payload.limit = 0;
      payload.cpu = 0;
      payload.lost = 0n;
      payload.type = 0;
    }
    const { operations, ids } = plan;
    const cursor = this.#cursor;
    let field = -1;
    while (cursor.offset < cursor.end) {
      const delta = cursor.readCount();
      if (delta === 0) break;
      if (field >= operations.length - delta) throw new GobError("gob: bad data: field numbers out of bounds");
      field += delta;
      switch (operations[field]) {
        case DATA:
          this.#readData();
          break;
        case CPU:
          payload.cpu = Number(cursor.readInt());
          break;
        case LOST:
          payload.lost = BigInt(cursor.readUint());
          break;
        case TYPE:
          payload.type = Number(cursor.readInt());
          break;
        case TIME:
          payload.time = timeOf(BigInt(cursor.readInt()));
          break;
        default:
          skipValue(cursor, this.#table.types, ids[field]!);
      }
    }
    this.#onPayload(payload);
  }

  #readData(): void {
    const cursor = this.#cursor;
    const payload = this.#payload;
    const length = cursor.readLength();
    if (length < 0) throw new GobError("gob: bad []uint8 slice length: 0");
    if (this.#reuse) {
      if (this.#reused.length < length) this.#reused = new Uint8Array(length);
      this.#reused.set(cursor.bytes.subarray(cursor.offset, cursor.offset + length));
      payload.bytes = this.#reused;
      payload.start = 0;
    } else {
      payload.bytes = cursor.bytes;
      payload.start = cursor.offset;
    }
    payload.end = payload.start + length;
    payload.limit = this.#reuse ? this.#reused.length : payload.end;
    cursor.offset += length;
  }
}

const EMPTY = new Uint8Array(0);

/** Nanoseconds since 1970. */
function timeOf(nanos: bigint): Timestamp {
  const part = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((nanos - part) / 1_000_000_000n), nanos: Number(part) };
}

/** A Meta header is a size and 28 zero bytes; a gob session never has zeros there. `undefined`: not enough bytes to tell. */
function recogniseFraming(bytes: Uint8Array, end: number): "1.0" | "1.2" | undefined {
  for (let at = 4; at < META_LENGTH; at++) {
    if (at >= end) return undefined;
    if (bytes[at] !== 0) return "1.2";
  }
  return "1.0";
}
