import type { ConversationMessage, MemoryBudget } from "../model/index.ts";

/** Keeps the first messages of a conversation (WebSocket, Server-Sent Events, gRPC), within a number and a budget, and counts the rest. */
export class ConversationLog {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  readonly #messages: ConversationMessage[] = [];
  #reserved = 0;
  #dropped = 0;

  /** @param limit messages kept at most */
  constructor(limit: number, budget: MemoryBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  /** Messages that were added, kept or not. */
  get count(): number {
    return this.#messages.length + this.#dropped;
  }

  /** Messages that were not kept: what the limits cost. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Nothing is kept any more. */
  get isFull(): boolean {
    return this.#messages.length >= this.#limit;
  }

  /** False when it is not kept. */
  add(message: ConversationMessage): boolean {
    if (this.#messages.length >= this.#limit || !this.#budget.tryReserve(MESSAGE_BYTES + message.bytes.length)) {
      this.#dropped++;
      return false;
    }
    this.#reserved += MESSAGE_BYTES + message.bytes.length;
    this.#messages.push(message);
    return true;
  }

  /** The messages kept so far. */
  peek(): readonly ConversationMessage[] {
    return [...this.#messages];
  }

  /** Hands the messages on and gives their share of the budget back. */
  take(): readonly ConversationMessage[] {
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
    return this.#messages;
  }
}

/** Rough memory of a message besides its bytes. */
const MESSAGE_BYTES = 192;
