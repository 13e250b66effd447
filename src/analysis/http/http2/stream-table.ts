import type { Direction } from "../../../model/index.ts";
import type { AnalysisContext, UpgradedRequest } from "../../protocol-analyzer.ts";
import { Stream } from "./stream.ts";

/**
 * The streams of one connection that are open, at most `limits.streams` of them, and the identifiers of those that closed
 * last: a frame that comes late does not open a stream again.
 */
export class StreamTable {
  readonly #context: AnalysisContext;
  readonly #evict: (stream: Stream) => void;
  readonly #open = new Map<number, Stream>();
  readonly #closed = new Set<number>();
  /** The highest identifier that a request opened, by parity. */
  readonly #highest = [0, 0];
  /** The same before identifiers were passed over, as nearly nobody does: where one of these comes all the same, that identifier was damaged. */
  readonly #highestInOrder = [0, 0];
  /** Every request since the connection's start was seen, so that a lower identifier is no new stream. */
  #isWhole: boolean;

  /** @param evict called with a stream that has to make room, when it is out of the table */
  constructor(context: AnalysisContext, evict: (stream: Stream) => void) {
    this.#context = context;
    this.#evict = evict;
    this.#isWhole = !context.midStream;
  }

  get size(): number {
    return this.#open.size;
  }

  values(): IterableIterator<Stream> {
    return this.#open.values();
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  /** The stream of a header block or of data, opened if it may be a new one; undefined when it has been closed. */
  find(id: number, direction: Direction, opens: boolean): Stream | undefined {
    const stream = this.#open.get(id);
    if (stream !== undefined) return stream;
    if (this.#closed.has(id)) return undefined;
    if (this.#isWhole && id <= this.#highest[id & 1]! && !this.#wasPassedOver(id)) return undefined;
    if (opens && id > this.#highest[id & 1]!) this.#noteOpened(id);
    return this.#add(new Stream(id, direction, this.#context));
  }

  #noteOpened(id: number): void {
    const highest = this.#highest[id & 1]!;
    this.#highestInOrder[id & 1] = id > highest + 2 ? highest : id;
    this.#highest[id & 1] = id;
  }

  #wasPassedOver(id: number): boolean {
    if (id <= this.#highestInOrder[id & 1]!) return false;
    this.#highest[id & 1] = this.#highestInOrder[id & 1] = id;
    return true;
  }

  /** Opens stream 1, half-closed by its client. */
  addUpgraded(upgraded: UpgradedRequest): void {
    this.#noteOpened(1);
    this.#add(new Stream(1, upgraded.direction, this.#context, upgraded));
  }

  #add(stream: Stream): Stream {
    const { limits, budget } = this.#context;
    while (this.#open.size >= limits.streams) this.#evictOldest("stream-limit");
    // One stream is followed even where there is no memory.
    let granted = budget.tryReserve(STREAM_BYTES);
    while (!granted && this.#open.size > 0) {
      this.#evictOldest("memory-limit");
      granted = budget.tryReserve(STREAM_BYTES);
    }
    if (granted) stream.reserved += STREAM_BYTES;
    this.#open.set(stream.id, stream);
    return stream;
  }

  /** Takes it out; frames that still come for it are ignored. */
  close(stream: Stream): void {
    this.#open.delete(stream.id);
    if (this.#closed.size >= CLOSED_STREAMS)
      for (const oldest of this.#closed) {
        this.#closed.delete(oldest);
        break;
      }
    this.#closed.add(stream.id);
    this.#context.budget.release(stream.reserved);
    stream.reserved = 0;
  }

  /** Frames were missed. */
  interrupt(): void {
    this.#isWhole = false;
  }

  #evictOldest(problem: string): void {
    for (const stream of this.#open.values()) {
      stream.report(problem);
      this.close(stream);
      this.#evict(stream);
      return;
    }
  }
}

/** Rough memory of a stream without its headers and bodies. */
const STREAM_BYTES = 1024;

/** How many closed streams are remembered. */
const CLOSED_STREAMS = 256;
