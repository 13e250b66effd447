import type { LedgerBook, MemoryBudget } from "../../model/index.ts";

export interface KeepLimits {
  /** Memory, while no dump is written: until a dump has been written, what it has may be held beside. */
  readonly bytes: number;
  /** Absent: however old. */
  readonly millis?: number | undefined;
}

/** Documents that stand one after the other, in memory that a thread may read meanwhile. */
export interface KeptChunk {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/**
 * The newest documents within both limits, in the order in which they came. They are forgotten a chunk at a time: by its bytes never more
 * is held, and a 64th less at worst; by its time a 64th longer at most.
 *
 *     oldest                                       newest
 *     ┌───────────┬───────────┬─ … ─┬───────────┬────────┐
 *     │ ready     │ ready     │     │ ready     │ filled │
 *     └───────────┴───────────┴─ … ─┴───────────┴────────┘
 *       forgotten first                           written to
 *
 * Book: documents; handled in the first dump that was written, skipped as `older` than what is kept or `not-dumped` at the end, dropped by
 * `keep-limit` where the bytes were full before that.
 */
export class KeptDocuments {
  readonly #limits: KeepLimits;
  readonly #book: LedgerBook;
  readonly #budget: MemoryBudget;
  readonly #now: () => number;
  readonly #chunkBytes: number;
  readonly #chunkMillis: number;
  #ready: Chunk[] = [];
  #filled: Chunk | undefined;
  /**
   * Memory of chunks that were forgotten, for the next ones: what is let go stays until the heaps of both threads are tidied, which know
   * little of it. So many as any dump had of them, since the next one may have as many.
   */
  #spare: Buffer[] = [];
  #spares = SPARES;
  #bytes = 0;
  /** `#bytes`, and what dumps have beside, and spares. */
  #held = 0;
  #isCleared = false;

  /**
   * @param budget charged with all that is held
   * @param now milliseconds of a clock that only goes forward
   */
  constructor(limits: KeepLimits, book: LedgerBook, budget: MemoryBudget, now: () => number) {
    this.#limits = limits;
    this.#book = book;
    this.#budget = budget;
    this.#now = now;
    this.#chunkBytes = Math.max(1, Math.min(MAX_CHUNK, Math.floor(limits.bytes / PARTS)));
    this.#chunkMillis = (limits.millis ?? Number.POSITIVE_INFINITY) / PARTS;
  }

  /** Bytes that are held for what is kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param document UTF-8 when it is kept, with its line feed. False where it is larger than all that may be kept. */
  add(document: string): boolean {
    const now = this.#now();
    const size = Buffer.byteLength(document);
    this.#book.enter(1);
    if (size > this.#limits.bytes) {
      this.#book.settleDropped("keep-limit", 1);
      return false;
    }
    const chunk = this.#chunkFor(size, now);
    chunk.buffer.write(document, chunk.used);
    chunk.used += size;
    chunk.count++;
    chunk.until = now;
    return true;
  }

  /** All that is kept, to be given back by `release`; and how long ago the first of it came, in milliseconds. */
  lend(): { readonly chunks: readonly KeptChunk[]; readonly millis: number } {
    const now = this.#now();
    this.#endChunk();
    this.#forgetOlder(now);
    for (const chunk of this.#ready) chunk.lent++;
    const chunks = this.#ready.map((chunk) => new LentChunk(chunk));
    return { chunks, millis: chunks.length === 0 ? 0 : now - this.#ready[0]!.since };
  }

  /** @param isWritten they are in a dump now */
  release(chunks: readonly KeptChunk[], isWritten: boolean): void {
    const lent = (chunks as readonly LentChunk[]).map(({ chunk }) => chunk);
    // One more, since a chunk is forgotten before another takes its place.
    this.#spares = Math.max(this.#spares, 1 + lent.filter(({ forgotten }) => forgotten !== undefined).length);
    for (const chunk of lent) {
      chunk.lent--;
      if (isWritten && !chunk.isSettled) {
        chunk.isSettled = true;
        this.#book.settleHandled(chunk.count);
      } else if (chunk.lent === 0 && chunk.forgotten !== undefined) this.#settle(chunk, chunk.forgotten);
      if (chunk.lent === 0 && chunk.forgotten !== undefined) this.#recycle(chunk.buffer);
    }
  }

  /** Nothing more comes, and nothing is asked for any more. */
  clear(): void {
    this.#isCleared = true;
    this.#endChunk();
    for (const chunk of this.#ready) this.#forget(chunk, "not-dumped");
    this.#ready = [];
    for (const buffer of this.#spare.splice(0)) this.#free(buffer);
  }

  #chunkFor(size: number, now: number): Chunk {
    this.#forgetOlder(now);
    const filled = this.#filled;
    const isFull = filled !== undefined && filled.used + size > filled.buffer.length;
    if (isFull || (filled !== undefined && now - filled.since > this.#chunkMillis)) this.#endChunk();
    this.#filled ??= this.#begin(Math.max(size, this.#chunkBytes), now);
    return this.#filled;
  }

  #begin(size: number, now: number): Chunk {
    let excess = 0;
    for (let bytes = this.#bytes; bytes + size > this.#limits.bytes; excess++)
      bytes -= this.#ready[excess]!.buffer.length;
    for (const chunk of this.#ready.splice(0, excess)) this.#forget(chunk, "keep-limit");
    this.#bytes += size;
    return {
      buffer: (size === this.#chunkBytes ? this.#spare.pop() : undefined) ?? this.#allocate(size),
      used: 0,
      count: 0,
      since: now,
      until: now,
      lent: 0,
      isSettled: false,
      forgotten: undefined,
    };
  }

  /** One that was ended by its time may be nearly empty: it keeps what it needs. */
  #endChunk(): void {
    const chunk = this.#filled;
    if (chunk === undefined) return;
    this.#filled = undefined;
    this.#ready.push(chunk);
    if (chunk.used > chunk.buffer.length / 2) return;
    const whole = chunk.buffer;
    chunk.buffer = this.#allocate(chunk.used);
    chunk.buffer.set(whole.subarray(0, chunk.used));
    this.#recycle(whole);
    this.#bytes -= whole.length - chunk.used;
  }

  #forgetOlder(now: number): void {
    const { millis } = this.#limits;
    if (millis === undefined) return;
    const fresh = this.#ready.findIndex(({ until }) => now - until <= millis);
    const older = this.#ready.splice(0, fresh === -1 ? this.#ready.length : fresh);
    for (const chunk of older) this.#forget(chunk, "older");
    if (this.#filled !== undefined && now - this.#filled.until > millis) {
      this.#endChunk();
      this.#forget(this.#ready.pop()!, "older");
    }
  }

  #forget(chunk: Chunk, why: Forgotten): void {
    this.#bytes -= chunk.buffer.length;
    chunk.forgotten = why;
    if (chunk.lent > 0) return;
    this.#settle(chunk, why);
    this.#recycle(chunk.buffer);
  }

  #recycle(buffer: Buffer): void {
    const isSpare = buffer.length === this.#chunkBytes && this.#spare.length < this.#spares && !this.#isCleared;
    if (isSpare) this.#spare.push(buffer);
    else this.#free(buffer);
  }

  #free(buffer: Buffer): void {
    this.#held -= buffer.length;
    this.#budget.release(buffer.length);
  }

  #allocate(size: number): Buffer {
    const most = mostHeld(this.#limits.bytes);
    while (this.#held + size > most && this.#spare.length > 0) this.#free(this.#spare.pop()!);
    this.#held += size;
    this.#budget.reserve(size);
    return Buffer.from(new SharedArrayBuffer(size));
  }

  #settle(chunk: Chunk, why: Forgotten): void {
    if (chunk.isSettled) return;
    chunk.isSettled = true;
    if (why === "keep-limit") this.#book.settleDropped(why, chunk.count);
    else this.#book.settleSkipped(why, chunk.count);
  }
}

type Forgotten = "older" | "keep-limit" | "not-dumped";

interface Chunk {
  buffer: Buffer;
  used: number;
  count: number;
  /** When its first and its last document came. */
  readonly since: number;
  until: number;
  /** Dumps that are writing it. */
  lent: number;
  isSettled: boolean;
  forgotten: Forgotten | undefined;
}

class LentChunk implements KeptChunk {
  readonly chunk: Chunk;
  readonly bytes: Uint8Array;
  readonly count: number;

  constructor(chunk: Chunk) {
    this.chunk = chunk;
    this.bytes = chunk.buffer.subarray(0, chunk.used);
    this.count = chunk.count;
  }
}

/** Bytes that may be held with this limit: once more what a dump has of what was forgotten meanwhile, and spares. */
export function mostHeld(limit: number): number {
  return 2 * limit + SPARES * MAX_CHUNK;
}

const PARTS = 64;
const SPARES = 4;
const MAX_CHUNK = 1024 * 1024;
