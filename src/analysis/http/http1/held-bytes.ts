import type { Direction, LedgerReason, Timestamp } from "../../../model/index.ts";
import { copyBytes } from "../../body-collector.ts";
import type { AnalysisContext, ProtocolAnalyzer } from "../../protocol-analyzer.ts";
import { type Match, RequestLineTest } from "./start-line/message-start.ts";

/** Events that came before it was clear where they belong: kept in order, within `limits.upgradeBytes`, and replayed once that is known. */
export class HeldBytes {
  readonly #context: AnalysisContext;
  #events: ((analyzer: ProtocolAnalyzer) => void)[] = [];
  #length = 0;
  /** Bytes that were not kept; undefined when it is not known how many. */
  #lost: number | undefined = 0;
  #reserved = 0;
  readonly #line = new RequestLineTest(0);
  /** Whether they begin with a request line of HTTP/1: whoever goes on so has left nothing. */
  isRequest: Match = "more";

  constructor(context: AnalysisContext) {
    this.#context = context;
  }

  /** Keeps `data[start…]`, whose first byte stands at `offset`. What is beyond the limit becomes a gap. */
  push(direction: Direction, data: Uint8Array, start: number, offset: number, time: Timestamp): void {
    const length = data.length - start;
    const { limits, budget, bytes } = this.#context;
    const isLost = this.#lost !== 0 || this.#length + length > limits.upgradeBytes;
    if (isLost || !budget.tryReserve(EVENT_BYTES + length)) {
      bytes.settleTruncated("upgrade-limit", length);
      if (this.isRequest === "more") this.isRequest = "no";
      // All that is lost from here on is one gap.
      if (this.#lost === 0) this.#events.push((analyzer) => analyzer.gap(direction, this.#lost, time, "truncated"));
      if (this.#lost !== undefined) this.#lost += length;
      return;
    }
    this.#reserved += EVENT_BYTES + length;
    this.#length += length;
    const copy = copyBytes(data, start, data.length);
    this.isRequest = this.#line.feed(copy);
    this.#events.push((analyzer) => analyzer.push(direction, copy, offset, time));
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    if (this.isRequest === "more") this.isRequest = "no";
    if (this.#lost !== 0) {
      this.#lost = size === undefined || this.#lost === undefined ? undefined : this.#lost + size;
      return;
    }
    this.#context.budget.reserve(EVENT_BYTES);
    this.#reserved += EVENT_BYTES;
    this.#events.push((analyzer) => analyzer.gap(direction, size, time, reason));
  }

  end(direction: Direction, time: Timestamp): void {
    this.#events.push((analyzer) => analyzer.end(direction, time));
  }

  replay(analyzer: ProtocolAnalyzer): void {
    const events = this.#release();
    for (const play of events) play(analyzer);
  }

  /** Nobody wants it: it is settled as skipped, for that reason. */
  drop(reason: LedgerReason): void {
    this.#context.bytes.settleSkipped(reason, this.#length);
    this.#release();
  }

  #release(): ((analyzer: ProtocolAnalyzer) => void)[] {
    const events = this.#events;
    this.#context.budget.release(this.#reserved);
    this.#events = [];
    this.#reserved = 0;
    this.#length = 0;
    return events;
  }
}

/** Rough memory of an event besides its bytes. */
const EVENT_BYTES = 192;
