import type { MemoryBudget } from "../../model/index.ts";
import {
  type AggregateType,
  type LineType,
  type RespHandler,
  type StringType,
  splitInline,
} from "../../wire/redis/index.ts";
import { BodyCollector, copyBytes } from "../body-collector.ts";
import type { RedisAggregate, RedisValue } from "./redis-exchange.ts";

/** A message: of a client the words of its command, of a server a value. */
export interface CollectedMessage {
  /** Undefined of an inline command whose quotes are wrong. */
  readonly value: RedisValue | undefined;
  readonly isInline: boolean;
  /** Bytes on the wire. */
  readonly size: number;
  /** Why something of it was not kept, in the ledger's words. */
  readonly cutBy: "body-limit" | "memory-budget" | undefined;
  /** How many bytes of strings were not kept. */
  readonly cutBytes: number;
  /** How many bytes of it were never seen. */
  readonly gapBytes: number;
  /** Bytes of the budget that are reserved for it: whoever takes it, releases them. */
  readonly reserved: number;
}

/**
 * Puts the values of a RESP stream together, message by message: of each at most `limit` bytes are kept, with what each value
 * takes besides its bytes; the rest is counted.
 */
export class ValueCollector implements RespHandler {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  readonly #take: (message: CollectedMessage) => void;
  readonly #stack: OpenAggregate[] = [];
  /** Where the message begins in the stream. */
  #begin = 0;
  #value: RedisValue | undefined;
  #attributes: RedisAggregate | undefined;
  #isInline = false;
  #string: { readonly type: StringType; readonly body: BodyCollector } | undefined;
  #kept = 0;
  #cutBy: CollectedMessage["cutBy"];
  #cutBytes = 0;
  #gapBytes = 0;

  constructor(limit: number, budget: MemoryBudget, take: (message: CollectedMessage) => void) {
    this.#limit = limit;
    this.#budget = budget;
    this.#take = take;
  }

  messageBegin(at: number): void {
    this.#begin = at;
  }

  messageEnd(at: number): void {
    const message: CollectedMessage = {
      value: this.#value,
      isInline: this.#isInline,
      size: at - this.#begin,
      cutBy: this.#cutBy,
      cutBytes: this.#cutBytes,
      gapBytes: this.#gapBytes,
      reserved: this.#kept,
    };
    this.#reset();
    this.#take(message);
  }

  /** Forgets the message that has begun. */
  discard(): void {
    this.#string?.body.take(false);
    this.#budget.release(this.#kept);
    this.#reset();
  }

  line(type: LineType, bytes: Uint8Array, start: number, end: number, size: number): void {
    this.#addText(type, bytes, start, end, size);
  }

  inline(bytes: Uint8Array, start: number, end: number, _size: number): void {
    this.#isInline = true;
    const words = splitInline(bytes.subarray(start, end));
    if (words === undefined) return;
    this.aggregateBegin("array", words.length);
    for (const word of words) this.#addText("bulk", word, 0, word.length, word.length);
    this.aggregateEnd();
  }

  stringBegin(type: StringType): void {
    const limit = Math.max(0, this.#limit - this.#kept);
    this.#string = { type, body: new BodyCollector(limit, this.#budget) };
  }

  stringBytes(bytes: Uint8Array, start: number, end: number): void {
    const { body } = this.#string!;
    this.#cutBytes += body.push(bytes, start, end);
    if (body.cutBy !== undefined && body.cutBy !== "after-gap") this.#cut(body.cutBy);
  }

  stringGap(size: number, end: number): void {
    this.#gapBytes += size + end;
    if (size > 0) this.#string!.body.skip(size);
  }

  stringEnd(): void {
    const { type, body } = this.#string!;
    this.#string = undefined;
    const { bytes, size } = body.take(true);
    this.#addOwnText(type, bytes, size);
  }

  aggregateBegin(type: AggregateType, _count: number | undefined): void {
    const attributes = this.#takeAttributes();
    this.#stack.push({ type, values: [], count: 0, isKept: this.#reserve(VALUE_COST), attributes });
  }

  aggregateEnd(): void {
    const { type, values, count, isKept, attributes } = this.#stack.pop()!;
    const aggregate: RedisAggregate = { type, values, count, ...(attributes && { attributes }) };
    if (type === "attribute") this.#attributes = isKept ? aggregate : undefined;
    else this.#add(aggregate, isKept);
  }

  #addText(type: LineType | StringType, bytes: Uint8Array, start: number, end: number, size: number): void {
    if (end - start < size) this.#cut("body-limit");
    this.#addOwnText(type, copyBytes(bytes, start, end), size);
  }

  /** @param bytes nobody else's */
  #addOwnText(type: LineType | StringType, bytes: Uint8Array, size: number): void {
    const attributes = this.#takeAttributes();
    const isKept = this.#reserve(VALUE_COST + bytes.length);
    if (isKept) this.#add({ type, bytes, size, ...(attributes && { attributes }) }, true);
    else {
      this.#cutBytes += bytes.length;
      this.#add({ type, bytes: NO_BYTES, size }, false);
    }
  }

  #add(value: RedisValue, isKept: boolean): void {
    const parent = this.#stack.at(-1);
    // A message is something, even if nothing of it could be kept.
    if (parent === undefined) this.#value = value;
    else {
      parent.count++;
      if (isKept && parent.isKept) parent.values.push(value);
    }
  }

  #takeAttributes(): RedisAggregate | undefined {
    const attributes = this.#attributes;
    this.#attributes = undefined;
    return attributes;
  }

  /** Makes room for a value, within the message's limit and the budget. */
  #reserve(size: number): boolean {
    if (this.#kept + size > this.#limit + ROOM) this.#cut("body-limit");
    else if (!this.#budget.tryReserve(size)) this.#cut("memory-budget");
    else {
      this.#kept += size;
      return true;
    }
    return false;
  }

  #cut(reason: "body-limit" | "memory-budget"): void {
    this.#cutBy ??= reason;
  }

  #reset(): void {
    this.#stack.length = 0;
    this.#value = undefined;
    this.#attributes = undefined;
    this.#string = undefined;
    this.#isInline = false;
    this.#kept = 0;
    this.#cutBy = undefined;
    this.#cutBytes = 0;
    this.#gapBytes = 0;
  }
}

interface OpenAggregate {
  readonly type: AggregateType;
  readonly values: RedisValue[];
  count: number;
  readonly isKept: boolean;
  readonly attributes: RedisAggregate | undefined;
}

/** Bytes of memory that a value takes, besides its own. */
const VALUE_COST = 96;
/** A string that fills the limit has room for itself, and for what stands around it. */
const ROOM = 4096;
const NO_BYTES = new Uint8Array(0);
