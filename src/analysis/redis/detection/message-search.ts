import type { LedgerReason } from "../../../model/index.ts";
import type { AnalysisContext } from "../../protocol-analyzer.ts";
import type { Before, MessageStart } from "./resynchronise.ts";

/** Looks for where a message begins in one direction's bytes; what comes before it is settled as skipped. */
export class MessageSearch {
  readonly #context: AnalysisContext;
  readonly #findStart: (data: Uint8Array, before: Before) => MessageStart;
  readonly #reason: LedgerReason;
  #before: Before;
  /** Bytes that may yet begin a message: the first `#length` bytes. */
  #held: Uint8Array = NO_BYTES;
  #length = 0;
  #reserved = 0;
  /** It is looked at again when so many bytes are there. */
  #nextLook = 0;

  /** @param reason why it is looked for, in the ledger's words */
  constructor(
    context: AnalysisContext,
    findStart: (data: Uint8Array, before: Before) => MessageStart,
    reason: LedgerReason,
    before: Before,
  ) {
    this.#context = context;
    this.#findStart = findStart;
    this.#reason = reason;
    this.#before = before;
  }

  /** Gives the bytes from where a message begins on, once one is found; they are the caller's to account for. */
  push(data: Uint8Array): Uint8Array | undefined {
    if (!this.#hold(data)) return undefined;
    // Bytes that come one by one are not looked at again with each of them.
    if (this.#length < this.#nextLook) return undefined;
    const seen = this.#held.subarray(0, this.#length);
    const { at, verdict } = this.#findStart(seen, this.#before);
    if (verdict === "yes" || (verdict === "more" && this.#length - at > MAX_HELD)) {
      this.#skip(at);
      this.#release();
      return seen.subarray(at);
    }
    if (verdict === "more") this.#keepFrom(at, at > 0 ? "line-end" : this.#before);
    // A line may end between these bytes and the next.
    else this.#keepFrom(seen.at(-1) === CR ? seen.length - 1 : seen.length, "line");
    this.#nextLook = this.#length < ALWAYS ? 0 : this.#length * 1.125;
    return undefined;
  }

  /** Nothing follows. */
  close(): void {
    this.#skip(this.#length);
    this.#release();
  }

  #hold(data: Uint8Array): boolean {
    const length = this.#length + data.length;
    if (length > this.#held.length) {
      const capacity = Math.max(length, 2 * this.#held.length);
      if (!this.#context.budget.tryReserve(capacity - this.#reserved)) {
        this.#skip(length);
        this.#release();
        this.#before = "line";
        return false;
      }
      this.#reserved = capacity;
      const grown = new Uint8Array(capacity);
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(data, this.#length);
    this.#length = length;
    return true;
  }

  #keepFrom(at: number, before: Before): void {
    this.#before = before;
    if (at === 0) return;
    this.#skip(at);
    this.#held.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  #skip(size: number): void {
    if (size > 0) this.#context.bytes.settleSkipped(this.#reason, size);
  }

  #release(): void {
    this.#context.budget.release(this.#reserved);
    this.#reserved = 0;
    this.#held = NO_BYTES;
    this.#length = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
const CR = 0x0d;
/** A message that has begun and is right for so long is taken for one. */
const MAX_HELD = 64 * 1024;
/** So few bytes are looked at whenever some are added. */
const ALWAYS = 1024;
