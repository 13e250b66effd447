import type { Piece } from "./piece.ts";

/** How long an answer waits for what it answers, and the most that waits. */
const MOST_MILLIS = 5;
const MOST_BYTES = 256 * 1024;

/**
 * Puts a client's writes and reads in the order in which they must have been. A call is told when it returns: a thread that wrote may
 * be interrupted before, and by then another thread has read the answer. So what is read by another thread than wrote last, and
 * before anything more was written, waits a little for a write.
 */
export class EarlyReads {
  #writer = 0;
  #hasWritten = false;
  #waiting: Piece[] = [];
  #bytes = 0;
  #since = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Notes a piece; true: it waits, as a copy, until `take`. */
  keeps(piece: Piece): boolean {
    if (piece.direction === "write") {
      this.#writer = piece.thread;
      this.#hasWritten = true;
      return false;
    }
    if (this.#waiting.length === 0 && (this.#hasWritten || piece.thread === this.#writer)) {
      this.#hasWritten = false;
      return false;
    }
    if (this.#bytes + piece.data.length > MOST_BYTES) return false;
    if (this.#waiting.length === 0) this.#since = performance.now();
    this.#bytes += piece.data.length;
    this.#waiting.push({ ...piece, data: piece.data.slice() });
    return true;
  }

  /** Nothing that was to be waited for has come. */
  isDue(now: number): boolean {
    return this.#waiting.length > 0 && now - this.#since > MOST_MILLIS;
  }

  /** Lets go of what waits. */
  take(): Piece[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    this.#hasWritten = false;
    return waiting;
  }
}
