import type { Body, HttpExchange, MemoryBudget } from "../../model/index.ts";

/**
 * Exchanges that end in one turn of the event loop, handed on together at its end, in their order: the bytes that are ready pass first, to
 * receivers that are awake. To look at each exchange at once lets these fall asleep in between, and to wake one costs as much as the looking.
 */
export class TurnBatch {
  readonly #budget: MemoryBudget;
  readonly #take: (exchange: HttpExchange) => void;
  #waiting: HttpExchange[] = [];
  #reserved = 0;
  #isDue = false;

  /** @param budget charged with what waits: where it has no room, all of it is handed on at once */
  constructor(budget: MemoryBudget, take: (exchange: HttpExchange) => void) {
    this.#budget = budget;
    this.#take = take;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @param exchange its bodies are its own */
  add(exchange: HttpExchange): void {
    const bytes = OVERHEAD_BYTES + sizeOf(exchange.request?.body) + sizeOf(exchange.response?.body);
    const isReserved = this.#budget.tryReserve(bytes);
    if (isReserved) this.#reserved += bytes;
    this.#waiting.push(exchange);
    if (!isReserved || this.#waiting.length >= MAX_WAITING) this.handOn();
    else if (!this.#isDue) {
      this.#isDue = true;
      setImmediate(() => {
        this.#isDue = false;
        this.handOn();
      });
    }
  }

  handOn(): void {
    const waiting = this.#waiting;
    const reserved = this.#reserved;
    this.#waiting = [];
    this.#reserved = 0;
    for (const exchange of waiting) this.#take(exchange);
    if (reserved > 0) this.#budget.release(reserved);
  }
}

function sizeOf(body: Body | undefined): number {
  return body?.bytes.length ?? 0;
}

/** Rough memory of an exchange beside its bodies. */
const OVERHEAD_BYTES = 2048;
const MAX_WAITING = 1024;
