import type { MemoryBudget, SocketData, SocketEvent } from "../../../model/index.ts";

/** The most that is held of one connection. */
const MOST_BYTES = 128 * 1024;
const EVENT_BYTES = 192;

/**
 * The events of a connection that begins as TLS, until it is known whether a TLS library tells its plaintext: then they are let go
 * of, and otherwise handed on as they came.
 */
export class HeldEvents {
  readonly #budget: MemoryBudget;
  #events: SocketEvent[] = [];
  #reserved = 0;
  #bytes = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Bytes of data that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy; false where there is no room for it. */
  keep(event: SocketEvent): boolean {
    const length = event.kind === "data" ? event.data.length : 0;
    if (this.#bytes + length > MOST_BYTES || !this.#budget.tryReserve(length + EVENT_BYTES)) return false;
    this.#reserved += length + EVENT_BYTES;
    this.#bytes += length;
    this.#events.push(event.kind === "data" ? { ...event, data: event.data.slice() } : event);
    return true;
  }

  /** Lets go of the events, and gives them. */
  take(): SocketEvent[] {
    const events = this.#events;
    this.#events = [];
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
    this.#bytes = 0;
    return events;
  }
}

/** The bytes of one direction, up to the first that are missing. */
export function bytesOf(events: readonly SocketEvent[], direction: SocketData["direction"]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const event of events) {
    if (event.kind !== "data" || event.direction !== direction) continue;
    parts.push(event.data);
    if (event.truncated === true) break;
  }
  return Buffer.concat(parts);
}
