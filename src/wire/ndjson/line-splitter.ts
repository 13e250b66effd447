import type { MemoryBudget } from "../../model/index.ts";

export interface LineHandler {
  /** A line without its line feed; borrowed. Lines are numbered from 1. */
  line(bytes: Uint8Array, number: number): void;
  /** A line of more bytes than are allowed, or than the budget has room for: none of it is handed on. */
  tooLong(number: number): void;
}

/** Splits chunks that are cut anywhere into lines. Only a line that spans chunks is copied. */
export class LineSplitter {
  readonly #limit: number;
  readonly #handler: LineHandler;
  readonly #budget: MemoryBudget | undefined;
  #pieces: Uint8Array[] = [];
  #kept = 0;
  #number = 1;
  #skipping = false;

  /**
   * @param limit bytes of a line
   * @param budget charged with what waits for the end of its line
   */
  constructor(limit: number, handler: LineHandler, budget?: MemoryBudget) {
    this.#limit = limit;
    this.#handler = handler;
    this.#budget = budget;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(0x0a, start);
      if (end < 0) break;
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(new Uint8Array(chunk.subarray(start)));
  }

  /** Bytes after the last line feed are a line too, unless there are none. */
  end(): void {
    if (this.#kept > 0 || this.#skipping) this.#finish(new Uint8Array(0));
  }

  /** Forgets what has no line feed yet: its rest is not read. */
  cut(): void {
    this.#letGo();
    this.#skipping = false;
  }

  #keep(piece: Uint8Array): void {
    if (this.#skipping) return;
    if (this.#kept + piece.length > this.#limit || this.#budget?.tryReserve(piece.length) === false) {
      this.#skipping = true;
      this.#letGo();
      return;
    }
    this.#pieces.push(piece);
    this.#kept += piece.length;
  }

  #finish(last: Uint8Array): void {
    if (this.#skipping || this.#kept + last.length > this.#limit) this.#handler.tooLong(this.#number);
    else this.#handler.line(this.#kept === 0 ? last : this.#join(last), this.#number);
    this.#letGo();
    this.#skipping = false;
    this.#number++;
  }

  #letGo(): void {
    this.#budget?.release(this.#kept);
    this.#pieces = [];
    this.#kept = 0;
  }

  #join(last: Uint8Array): Uint8Array {
    const joined = new Uint8Array(this.#kept + last.length);
    let at = 0;
    for (const piece of [...this.#pieces, last]) {
      joined.set(piece, at);
      at += piece.length;
    }
    return joined;
  }
}
