import type { Direction, LedgerReason, MemoryBudget, Timestamp } from "../../model/index.ts";
import { copyBytes } from "../body-collector.ts";
import { OpaqueStream } from "../opaque/opaque-stream.ts";
import type { ProtocolAnalyzer } from "../protocol-analyzer.ts";

/** Events that wait until it is known whose they are, in order, charged to the budget. */
export class HeldEvents {
  readonly #budget: MemoryBudget;
  #events: HeldEvent[] = [];
  #reserved = 0;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  get isEmpty(): boolean {
    return this.#events.length === 0;
  }

  has(direction: Direction): boolean {
    return this.#events.some((event) => event.direction === direction);
  }

  hasData(direction: Direction): boolean {
    return this.#events.some((event) => event.direction === direction && event.kind === "data");
  }

  /** Keeps a copy; false where there is no room. */
  tryKeepData(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): boolean {
    if (!this.#tryReserve(data.length)) return false;
    this.#events.push({ kind: "data", direction, data: copyBytes(data, 0, data.length), offset, time });
    return true;
  }

  tryKeepGap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): boolean {
    if (!this.#tryReserve(0)) return false;
    this.#events.push({ kind: "gap", direction, size, time, reason });
    return true;
  }

  keepEnd(direction: Direction, time: Timestamp): void {
    this.#events.push({ kind: "end", direction, time });
  }

  /** Hands everything on, and gives its room back. */
  replay(to: ProtocolAnalyzer | OpaqueStream): void {
    const held = this.#events;
    this.#events = [];
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
    for (const event of held) {
      switch (event.kind) {
        case "data":
          if (to instanceof OpaqueStream) to.push(event.direction, event.data, event.time);
          else to.push(event.direction, event.data, event.offset, event.time);
          break;
        case "gap":
          to.gap(event.direction, event.size, event.time, event.reason);
          break;
        case "end":
          to.end(event.direction, event.time);
          break;
      }
    }
  }

  #tryReserve(bytes: number): boolean {
    // The bytes are kept as they came, in the sample, which doubles, and by detectors that search.
    const size = HELD_EVENT_BYTES + 5 * bytes;
    if (!this.#budget.tryReserve(size)) return false;
    this.#reserved += size;
    return true;
  }
}

/** Rough memory of an event that is held back, besides its bytes. */
const HELD_EVENT_BYTES = 192;

type HeldEvent =
  | {
      readonly kind: "data";
      readonly direction: Direction;
      readonly data: Uint8Array;
      readonly offset: number;
      readonly time: Timestamp;
    }
  | {
      readonly kind: "gap";
      readonly direction: Direction;
      readonly size: number | undefined;
      readonly time: Timestamp;
      readonly reason: LedgerReason;
    }
  | { readonly kind: "end"; readonly direction: Direction; readonly time: Timestamp };
