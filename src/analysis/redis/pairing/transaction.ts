import type { MemoryBudget } from "../../../model/index.ts";
import { commandName } from "../command-words.ts";
import type { QueuedCommand, RedisCommand, RedisReply } from "../redis-exchange.ts";
import { isQueued } from "./expected-replies.ts";

/** Remembers what was queued between MULTI and EXEC: the array that EXEC gets says nothing of it. */
export class Transaction {
  readonly #budget: MemoryBudget;
  #queued: QueuedCommand[] = [];
  #isOpen = false;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** A command was answered; gives what EXEC's reply answers. */
  follow(command: RedisCommand, { value }: RedisReply): readonly QueuedCommand[] | undefined {
    const name = commandName(command);
    if (isQueued(value)) {
      if (this.#isOpen && this.#queued.length < MAX_QUEUED && this.#budget.tryReserve(COST))
        this.#queued.push(shorten(command));
      return undefined;
    }
    const queued = name === "EXEC" && this.#isOpen ? this.#queued : undefined;
    if (name === "MULTI" || name === "EXEC" || name === "DISCARD" || name === "RESET") this.close();
    this.#isOpen = name === "MULTI" && value.type !== "error";
    return queued;
  }

  close(): void {
    this.#budget.release(this.#queued.length * COST);
    this.#queued = [];
    this.#isOpen = false;
  }
}

function shorten({ words, count }: RedisCommand): QueuedCommand {
  const kept = words
    .slice(0, MAX_WORDS)
    .map(({ bytes, size }) => ({ bytes: new Uint8Array(bytes.subarray(0, MAX_BYTES)), size }));
  return { words: kept, count };
}

const MAX_QUEUED = 256;
const MAX_WORDS = 16;
const MAX_BYTES = 64;
/** Bytes of memory that a queued command takes at most. */
const COST = 2048;
