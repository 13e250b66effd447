import type { LedgerBook } from "../../model/index.ts";
import type { CaptureLimits } from "./capture-limits.ts";
import type { CaptureHandler } from "./captured-packet.ts";

/**
 * The common base of the readers of both formats: it is pushed chunks that are cut anywhere, and parses record by record, in place
 * where a record stands in one chunk, and in a buffer of its own where it does not.
 *
 *     chunk 1                 chunk 2
 *     | rec | rec | re|       |c | rec | rec …
 *                  ╰─ partial ─╯  (only as much is copied as completes the record)
 *
 * The ledger's book has every byte of the file: `handled` are those of packets that were handed on, `skipped` the format's
 * own, `dropped` what was lost to damage.
 */
export abstract class RecordReader {
  protected readonly handler: CaptureHandler;
  protected readonly limits: CaptureLimits;
  /** Where in the file the byte stands that is parsed next. */
  protected fileOffset = 0;
  /** No more is to come: a record that is not whole will not become so. */
  protected ended = false;
  /** Settled in the ledger at the end of each push: of what was consumed, these were packets, and these were lost. */
  protected packetBytes = 0;
  protected damagedBytes = 0;
  readonly #book: LedgerBook;
  /** Where the damage began that is being skipped, and what it was; -1 when there is none. */
  #damageOffset = -1;
  #damageMessage = "";
  #partial: Uint8Array = NO_BYTES;
  #partialStart = 0;
  #partialEnd = 0;
  #needed = 0;

  constructor(handler: CaptureHandler, book: LedgerBook, limits: CaptureLimits) {
    this.handler = handler;
    this.#book = book;
    this.limits = limits;
  }

  /** Takes the next bytes of the file; they are borrowed. */
  push(chunk: Uint8Array): void {
    this.#book.enter(chunk.length);
    const before = this.fileOffset;
    let at = 0;
    while (this.#partialEnd > this.#partialStart && at < chunk.length) {
      const missing = this.#needed - (this.#partialEnd - this.#partialStart);
      // Behind damage a byte more is always needed: taken alone, each would be a turn.
      const wanted = this.isDamaged ? Math.max(missing, MIN_PARTIAL) : missing;
      const size = Math.min(wanted, chunk.length - at);
      this.#keep(chunk, at, at + size);
      at += size;
      if (size >= missing) this.#partialStart = this.#parseAll(this.#partial, this.#partialStart, this.#partialEnd);
    }
    if (at < chunk.length) {
      const parsed = this.#parseAll(chunk, at, chunk.length);
      this.#partialStart = 0;
      this.#partialEnd = 0;
      if (parsed < chunk.length) this.#keep(chunk, parsed, chunk.length);
    }
    this.#settle(this.fileOffset - before);
  }

  /**
   * The file is over, or, where `early`, no more of it is read: the record that this cuts is not damaged. Otherwise its length may be
   * what is damaged, and whole records may stand behind it.
   */
  end(early = false): void {
    if (this.ended) return;
    this.ended = true;
    const before = this.fileOffset;
    const partial = this.#partial;
    const end = this.#partialEnd;
    let at = this.#parseAll(partial, this.#partialStart, end);
    if (at < end && early) this.#book.settleSkipped("not-read", end - at);
    else
      while (at < end) {
        const rest = end - at;
        const wanted = `${this.#needed} bytes were expected, ${rest} are there`;
        const begun = this.beginDamage(`the file ends in the middle of a record: ${wanted}`);
        this.fileOffset += begun;
        at = this.#parseAll(partial, at + begun, end);
        if (!this.isDamaged) continue;
        this.damagedBytes += end - at;
        this.fileOffset += end - at;
        break;
      }
    this.#partial = NO_BYTES;
    this.#partialStart = 0;
    this.#partialEnd = 0;
    if (this.isDamaged) this.finishDamage(0);
    this.#settle(this.fileOffset - before);
  }

  /**
   * Parses what stands at `start`.
   * @returns how many bytes that took (more than 0), or, negative, how many there have to be from `start` on to go on
   */
  protected abstract parse(bytes: Uint8Array, start: number, end: number): number;

  /** Whether what follows is skipped until a record is found again. */
  protected get isDamaged(): boolean {
    return this.#damageOffset >= 0;
  }

  /** For `parse`: no record can start here. Gives what that consumes. */
  protected beginDamage(message: string): number {
    this.#damageOffset = this.fileOffset;
    this.#damageMessage = message;
    this.damagedBytes += 1;
    return 1;
  }

  /** @param size how many bytes more are skipped before the next record */
  protected finishDamage(size: number): void {
    this.damagedBytes += size;
    const offset = this.#damageOffset;
    this.#damageOffset = -1;
    this.handler.damage?.({ offset, size: this.fileOffset + size - offset, message: this.#damageMessage });
  }

  /** Parses as long as there is something whole; gives where it stopped. */
  #parseAll(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const result = this.parse(bytes, at, end);
      if (result <= 0) {
        this.#needed = -result;
        break;
      }
      at += result;
      this.fileOffset += result;
    }
    return at;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    const kept = this.#partialEnd - this.#partialStart;
    if (kept === 0) {
      this.#partialStart = 0;
      this.#partialEnd = 0;
    }
    if (this.#partialEnd + end - start > this.#partial.length) {
      const wanted = Math.max(kept + end - start, Math.min(this.#needed, this.#partial.length * 2), MIN_PARTIAL);
      const grown = wanted > this.#partial.length ? new Uint8Array(wanted) : this.#partial;
      grown.set(this.#partial.subarray(this.#partialStart, this.#partialEnd));
      this.#partial = grown;
      this.#partialStart = 0;
      this.#partialEnd = kept;
    }
    this.#partial.set(chunk.subarray(start, end), this.#partialEnd);
    this.#partialEnd += end - start;
  }

  #settle(consumed: number): void {
    const format = consumed - this.packetBytes - this.damagedBytes;
    if (this.packetBytes > 0) this.#book.settleHandled(this.packetBytes);
    if (format > 0) this.#book.settleSkipped("file-format", format);
    if (this.damagedBytes > 0) this.#book.settleDropped("damaged", this.damagedBytes);
    this.packetBytes = 0;
    this.damagedBytes = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
const MIN_PARTIAL = 4096;
