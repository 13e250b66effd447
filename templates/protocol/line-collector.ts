import type { MemoryBudget, Timestamp } from "../../model/index.ts";
import { decodeLatin1 } from "../../wire/text/latin1.ts";
import type { TemplateLine } from "./template-exchange.ts";

/** Bytes of a line that are kept; what is beyond is counted. */
export const MAX_LINE = 8 * 1024;

/** One direction's bytes, cut anywhere, as lines. What it keeps is charged to the budget. */
export class LineCollector {
  readonly #budget: MemoryBudget;
  #text = "";
  #size = 0;
  #truncated = false;
  #started: Timestamp | undefined;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Bytes of the line that has not ended yet. */
  get size(): number {
    return this.#size;
  }

  /** @param bytes borrowed, of one line */
  add(bytes: Uint8Array, time: Timestamp): void {
    this.#started ??= time;
    this.#size += bytes.length;
    const room = Math.min(bytes.length, MAX_LINE - this.#text.length);
    if (room > 0 && !this.#truncated && this.#budget.tryReserve(room)) this.#text += decodeLatin1(bytes, 0, room);
    if (this.#text.length < this.#size) this.#truncated = true;
  }

  /** Bytes in the middle of the line were never seen. */
  interrupt(): void {
    if (this.#size > 0) this.#truncated = true;
  }

  /** The line is over, or never will be. */
  take(finished: Timestamp): TemplateLine {
    const text = this.#text.replace(/\r?\n$/, "");
    const line = { text, size: this.#size, truncated: this.#truncated, started: this.#started ?? finished, finished };
    this.#budget.release(this.#text.length);
    this.#text = "";
    this.#size = 0;
    this.#truncated = false;
    this.#started = undefined;
    return line;
  }
}
