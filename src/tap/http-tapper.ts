import type { MessageKind } from "../analysis/stream-observer.ts";
import type { Connection, Header, MemoryBudget } from "../model/index.ts";
import type { HeaderValue, TraceBody } from "../wire/envoy/index.ts";
import type { TapConfig } from "./config/tap-config.ts";
import { copyBytes } from "./copy-body.ts";
import type { StreamMatch } from "./match/matcher.ts";
import type { TapCounters } from "./tap-counters.ts";
import type { TraceRedactor } from "./trace-redactor.ts";
import type { TraceSampler } from "./trace-sampler.ts";
import type { TraceSinkHandle } from "./trace-sink.ts";

/** What the tapper of one HTTP stream needs. */
export interface HttpTapperOptions {
  /** Envoy's random stream id: the trace's id. */
  readonly streamId: bigint;
  readonly config: TapConfig;
  readonly match: StreamMatch;
  readonly record: HttpRecordOptions;
  readonly downstream: Connection;
  /** The connection that the stream was forwarded on, once that is known. */
  readonly upstream: () => Connection | undefined;
  readonly budget: MemoryBudget;
  readonly counters: TapCounters;
  readonly sampler: TraceSampler;
  /** Whether the sampler drew the stream when it began. */
  readonly isDrawn: boolean;
  readonly redactor: TraceRedactor | undefined;
  /** Counts `rq_tapped`. */
  readonly tapped: () => void;
  /** Opens the sink, at the first submission. */
  readonly open: () => TraceSinkHandle;
}

/** `record_headers_received_time`, `record_downstream_connection`, `record_upstream_connection`: buffered traces only. */
export interface HttpRecordOptions {
  readonly headersReceivedTime: boolean;
  readonly downstreamConnection: boolean;
  readonly upstreamConnection: boolean;
}

/**
 * The header map as traces have it. A header that stands in a part of a compression table that was never seen is left out;
 * one with an unknown value says so.
 */
export function toHeaderValues(headers: readonly Header[]): HeaderValue[] {
  const values: HeaderValue[] = [];
  for (const { name, value } of headers) if (name !== undefined) values.push({ key: name, value: value ?? "" });
  return values;
}

/** `max_buffered_rx_bytes` holds for requests, `max_buffered_tx_bytes` for responses. */
export function bodyLimit({ output }: TapConfig, message: MessageKind): number {
  return message === "request" ? output.maxBufferedRxBytes : output.maxBufferedTxBytes;
}

/**
 * The beginning of a body, kept within a limit and the budget until it is submitted or dropped. Every byte that is pushed is
 * entered in the book of the counters, and settled by `settle`.
 */
export class KeptBody {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  readonly #counters: TapCounters;
  #pieces: Uint8Array[] = [];
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
    if (kept === 0) return;
    this.#pieces.push(copyBytes(data, 0, kept));
    this.#length += kept;
  }

  /** What is kept, in one piece. */
  get body(): TraceBody {
    if (this.#pieces.length === 1) return { asBytes: this.#pieces[0]!, truncated: this.#truncated };
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      joined.set(piece, at);
      at += piece.length;
    }
    return { asBytes: joined, truncated: this.#truncated };
  }

  /** Lets go of what is kept: it was handed over, lost by the sink, hidden by redaction, or is not wanted. */
  settle(what: "submitted" | "lost" | "unmatched" | "sampled-out" | "content-coded"): void {
    const { bytes } = this.#counters;
    if (what === "submitted") bytes.settleParsed(this.#length);
    else if (what === "lost") bytes.settleDropped("sink", this.#length);
    else if (what === "content-coded") bytes.settleTruncated(what, this.#length);
    else bytes.settleSkipped(what, this.#length);
    this.#budget.release(this.#length);
    this.#pieces = [];
    this.#length = 0;
  }
}
