import type { MemoryBudget } from "../model/index.ts";
import type { TraceBody } from "../wire/envoy/index.ts";
import { CHUNK_BYTES, giveChunkBack, takeChunk } from "./body-chunks.ts";
import type { TapCounters } from "./tap-counters.ts";

/**
 * The beginning of a body, kept within a limit and the budget until it is submitted or dropped. Every byte that is pushed is
 * entered in the book of the counters, and settled by `settle`.
 */
export class KeptBody {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  readonly #counters: TapCounters;
  /** All but the last are full. */
  #chunks: Uint8Array[] = [];
  #length = 0;
  #truncated = false;

  constructor(limit: number, budget: MemoryBudget, counters: TapCounters) {
    this.#limit = limit;
    this.#budget = budget;
    this.#counters = counters;
  }

  push(data: Uint8Array): void {
    const { bytes } = this.#counters;
    bytes.enter(data.length);
    let kept = Math.min(data.length, this.#limit - this.#length);
    if (kept < data.length) bytes.settleTruncated("max-buffered-bytes", data.length - kept);
    if (kept > 0 && !this.#budget.tryReserve(kept)) {
      bytes.settleDropped("memory-budget", kept);
      kept = 0;
    }
    if (kept < data.length) this.#truncated = true;
    for (let from = 0; from < kept; ) {
      const used = this.#length % CHUNK_BYTES;
      if (used === 0) this.#chunks.push(takeChunk());
      const size = Math.min(kept - from, CHUNK_BYTES - used);
      this.#chunks.at(-1)!.set(size === data.length ? data : data.subarray(from, from + size), used);
      this.#length += size;
      from += size;
    }
  }

  /** The kept bytes, in one piece: valid until it is settled. */
  get body(): TraceBody {
    const truncated = this.#truncated;
    if (this.#chunks.length === 1) return { asBytes: this.#chunks[0]!.subarray(0, this.#length), truncated };
    const joined = new Uint8Array(this.#length);
    for (const [index, chunk] of this.#chunks.entries()) {
      const at = index * CHUNK_BYTES;
      joined.set(this.#length - at < CHUNK_BYTES ? chunk.subarray(0, this.#length - at) : chunk, at);
    }
    return { asBytes: joined, truncated };
  }

  /** Lets go of what is kept: it was handed over, lost by the sink, hidden by redaction, or is not wanted. */
  settle(what: "submitted" | "lost" | "unmatched" | "sampled-out" | "abandoned" | "content-coded"): void {
    const { bytes } = this.#counters;
    if (what === "submitted") bytes.settleHandled(this.#length);
    else if (what === "lost") bytes.settleDropped("sink", this.#length);
    else if (what === "content-coded") bytes.settleTruncated(what, this.#length);
    else bytes.settleSkipped(what, this.#length);
    this.#budget.release(this.#length);
    for (const chunk of this.#chunks) giveChunkBack(chunk);
    this.#chunks = [];
    this.#length = 0;
  }
}
