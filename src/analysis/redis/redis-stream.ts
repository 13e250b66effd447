import type { LedgerBook, LedgerReason, Timestamp } from "../../model/index.ts";
import { RespParser } from "../../wire/redis/index.ts";
import type { AnalysisContext } from "../protocol-analyzer.ts";
import { MessageSearch } from "./detection/message-search.ts";
import type { Before, MessageStart } from "./detection/resynchronise.ts";
import { type CollectedMessage, ValueCollector } from "./value-collector.ts";

/** A message with the times of its first and its last byte. */
export interface StreamMessage extends CollectedMessage {
  readonly started: Timestamp;
  readonly finished: Timestamp;
}

export interface RedisStreamOptions {
  readonly context: AnalysisContext;
  readonly isClient: boolean;
  readonly findStart: (data: Uint8Array, before: Before) => MessageStart;
  readonly take: (message: StreamMessage) => void;
  /** Messages may have been missed. */
  readonly lost: (time: Timestamp) => void;
}

/**
 * One direction of a Redis connection: finds its messages, and accounts for every byte. Where it was joined in the middle, after a
 * hole and after what is no RESP, it looks for where a message begins.
 */
export class RedisStream {
  readonly #options: RedisStreamOptions;
  readonly #book: LedgerBook;
  readonly #collector: ValueCollector;
  readonly #parser: RespParser;
  #now: Timestamp | undefined;
  #started: Timestamp | undefined;
  /** Bytes of the message that has begun. */
  #open = 0;
  /** Set while no message is followed. */
  #search: MessageSearch | undefined;
  #failures = 0;

  constructor(options: RedisStreamOptions) {
    const { context, isClient } = options;
    this.#options = options;
    this.#book = context.bytes;
    this.#collector = new ValueCollector(context.limits.bodyBytes, context.budget, (message) => this.#end(message));
    this.#parser = new RespParser({
      handler: this.#collector,
      commands: isClient,
      lineBytes: Math.min(MAX_LINE, context.limits.bodyBytes),
    });
    if (context.midStream) this.#beginSearch("mid-stream", "hole");
  }

  push(data: Uint8Array, time: Timestamp): void {
    this.#now = time;
    let rest = data;
    while (rest.length > 0) rest = this.#search === undefined ? this.#parse(rest) : this.#find(rest);
  }

  gap(size: number | undefined, time: Timestamp): void {
    this.#now = time;
    if (this.#search === undefined && size !== undefined && this.#parser.skip(size) === size) return;
    // Bytes missing between messages may be messages.
    this.close();
    this.#beginSearch("after-gap", "hole");
    this.#options.lost(time);
  }

  /** Nothing follows. */
  close(): void {
    this.#search?.close();
    this.#search = undefined;
    if (this.#open > 0) this.#book.settleSkipped("incomplete-redis-message", this.#open);
    this.#open = 0;
    this.#started = undefined;
    this.#collector.discard();
    this.#parser.restart();
  }

  /** Gives what is to be looked at again. */
  #parse(data: Uint8Array): Uint8Array {
    this.#open += data.length;
    const consumed = this.#parser.push(data);
    const { problem, inMessage } = this.#parser;
    if (problem === undefined) {
      if (inMessage) this.#started ??= this.#now;
      return NO_BYTES;
    }
    const rest = data.subarray(consumed);
    this.#book.settleSkipped("malformed-redis", this.#open - rest.length);
    this.#open = 0;
    this.close();
    this.#failures++;
    this.#beginSearch("malformed-redis", data[consumed - 1] === 0x0a ? "line-end" : "line");
    this.#options.lost(this.#now!);
    return rest;
  }

  #end(collected: CollectedMessage): void {
    const { size, gapBytes, cutBytes, cutBy } = collected;
    const started = this.#started ?? this.#now!;
    this.#started = undefined;
    this.#open -= size - gapBytes;
    this.#book.settleHandled(size - gapBytes - cutBytes);
    if (cutBytes > 0) this.#book.settleTruncated(cutBy ?? "after-gap", cutBytes);
    this.#options.take({ ...collected, started, finished: this.#now! });
  }

  #beginSearch(reason: LedgerReason, before: Before): void {
    const { context, findStart } = this.#options;
    // Whoever breaks the protocol again and again does not speak it.
    this.#search = new MessageSearch(context, this.#failures < MAX_FAILURES ? findStart : findNothing, reason, before);
  }

  #find(data: Uint8Array): Uint8Array {
    const found = this.#search!.push(data);
    if (found === undefined) return NO_BYTES;
    this.#search = undefined;
    return found;
  }
}

const NO_BYTES = new Uint8Array(0);
const MAX_LINE = 16 * 1024;
/** A server closes the connection at the first one. */
const MAX_FAILURES = 8;

const findNothing = (data: Uint8Array): MessageStart => ({ at: data.length, verdict: "no" });
