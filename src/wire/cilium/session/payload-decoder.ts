import type { Timestamp } from "../../../model/index.ts";
import { GobCursor, GobError, readTypeId, skipValue, TypeTable } from "../../gob/index.ts";
import type { BorrowedPayload } from "./payload.ts";
import { CPU, DATA, LOST, makePlan, type Plan, TIME, TYPE } from "./payload-plan.ts";

/** Reads the messages of a gob session: definitions of types, and payloads, each into the same object. */
export class PayloadDecoder {
  readonly #onPayload: (payload: BorrowedPayload) => void;
  readonly #reuse: boolean;
  readonly #isStrict: boolean;
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
  /** A type was defined, and no value has come since. */
  definedSinceValue = false;

  /** @param isStrict a payload that ends before its message is refused: the length is damaged. Go passes over the rest. */
  constructor(onPayload: (payload: BorrowedPayload) => void, reuse: boolean, isStrict: boolean) {
    this.#onPayload = onPayload;
    this.#reuse = reuse;
    this.#isStrict = isStrict;
  }

  /** A new stream begins. */
  forgetTypes(): void {
    this.#table = new TypeTable();
    this.#plans = new Map();
  }

  /** @returns whether it was a payload @throws GobError */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    const id = readTypeId(cursor);
    if (id >= 0) {
      this.#readValue(id);
      this.definedSinceValue = false;
      return true;
    }
    this.#table.define(-id, cursor);
    this.definedSinceValue = true;
    return false;
  }

  /** Whether a payload of a type that was defined begins there and ends where the message does. */
  isPayload(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.mayBePayload(bytes, start, end)) return false;
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    try {
      const plan = this.#planOf(readTypeId(cursor));
      let field = -1;
      for (let delta = cursor.readCount(); delta !== 0; delta = cursor.readCount()) {
        field += delta;
        if (field >= plan.ids.length) return false;
        skipValue(cursor, this.#table.types, plan.ids[field]!);
      }
    } catch (error) {
      if (!(error instanceof GobError)) throw error;
      return false;
    }
    return cursor.offset === end;
  }

  /** Whether the first bytes are the id of a payload's type, or may be once more of them are there. */
  mayBePayload(bytes: Uint8Array, start: number, end: number): boolean {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    try {
      const id = readTypeId(cursor);
      return this.#table.types.has(id) && this.#planOf(id).ids.length > 0;
    } catch (error) {
      if (!(error instanceof GobError)) throw error;
      return end - start < LONGEST_ID;
    }
  }

  /** @throws GobError where there is no such type, or it is no payload's */
  #planOf(id: number): Plan {
    let plan = this.#plans.get(id);
    if (plan === undefined) {
      plan = makePlan(this.#table.types, id);
      this.#plans.set(id, plan);
    }
    return plan;
  }

  #readValue(id: number): void {
    const plan = this.#planOf(id);
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
    if (this.#isStrict && cursor.offset < cursor.end) throw new GobError("extra data in buffer");
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
/** Bytes of an id. */
const LONGEST_ID = 9;

/** Nanoseconds since 1970. */
function timeOf(nanos: bigint): Timestamp {
  const part = ((nanos % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return { seconds: Number((nanos - part) / 1_000_000_000n), nanos: Number(part) };
}
