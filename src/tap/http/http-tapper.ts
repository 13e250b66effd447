import type { MessageKind } from "../../analysis/stream-observer.ts";
import type { Connection, Header, MemoryBudget } from "../../model/index.ts";
import type { HeaderValue } from "../../wire/envoy/index.ts";
import type { ActiveTap } from "../active-tap.ts";
import type { TapConfig } from "../config/tap-config.ts";
import type { StreamMatch } from "../match/matcher.ts";
import type { TapCounters } from "../tap-counters.ts";
import type { TraceIdentity, TraceSinkHandle } from "../trace-sink.ts";

/** Shared by the streams that one configuration taps. */
export interface HttpTapperContext {
  readonly active: ActiveTap;
  readonly record: HttpRecordOptions;
  readonly budget: MemoryBudget;
  readonly counters: TapCounters;
  /** Counts `rq_tapped`. */
  readonly tapped: () => void;
  /** Envoy's random stream ids. */
  readonly nextStreamId: () => bigint;
}

/** One HTTP stream that is tapped with one configuration, and its trace's identity. */
export class TappedStream implements TraceIdentity {
  readonly context: HttpTapperContext;
  /** The downstream connection. */
  readonly connection: Connection;
  readonly match: StreamMatch;
  /** Whether the sampler drew the stream when it began. */
  readonly isDrawn: boolean;
  /** The connection that the stream was forwarded on, once that is known. */
  readonly upstream: () => Connection | undefined;
  #id: bigint | undefined;

  constructor(
    context: HttpTapperContext,
    connection: Connection,
    upstream: () => Connection | undefined,
    isDrawn: boolean,
  ) {
    this.context = context;
    this.connection = connection;
    this.upstream = upstream;
    this.isDrawn = isDrawn;
    this.match = context.active.matcher.start(connection);
  }

  /** The stream's id: made when it is asked for, because many sinks do not. */
  get id(): bigint {
    this.#id ??= this.context.nextStreamId();
    return this.#id;
  }

  /** Opens the sink, at the first submission. */
  open(): TraceSinkHandle {
    return this.context.active.sink.open(this);
  }
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
