import type { ExchangeRecord } from "./record/exchange-record.ts";
import type { ListItem } from "./record/list-item.ts";
import type { FlowRecord, SenderPosition } from "./segment/segment.ts";

/** Handed to a store at once, and kept as a whole. */
export interface StoreBatch {
  readonly exchanges: readonly ExchangeRecord[];
  readonly flows: readonly FlowRecord[];
  readonly senders: readonly SenderPosition[];
  /** Kept exchanges that no longer count: another view of their request does. */
  readonly uncounted?: readonly number[];
}

/** A range of event times in microseconds since the epoch: `from` is in it, `to` is not. */
export interface TimeRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface StoreQuery extends TimeRange {
  /** In the filter language; absent: everything. */
  readonly filter?: string | undefined;
}

export type SortOrder = "newest" | "oldest" | "slowest" | "largest";

export interface ListQuery extends StoreQuery {
  readonly limit: number;
  readonly order?: SortOrder | undefined;
  /** Only what was on this connection, as items name it. */
  readonly connection?: string | undefined;
  /** Goes on where an answer ended. */
  readonly cursor?: string | undefined;
}

/** How far an answer has come that was to be found by looking into documents. */
export interface Progress {
  /** Nothing is left out. */
  readonly isComplete: boolean;
  /** Exchanges that were looked at. */
  readonly scanned: number;
}

export interface ListAnswer extends Progress {
  readonly items: readonly ListItem[];
  /** Where to go on; absent at the end. */
  readonly cursor?: string;
}

export interface SeriesQuery extends StoreQuery {
  readonly from: number;
  readonly to: number;
  readonly buckets: number;
}

/** Counts by outcome, in the order of `OUTCOME_RESULTS`. */
export type OutcomeCounts = readonly number[];

export interface SeriesAnswer extends Progress {
  readonly from: number;
  /** Microseconds of a bucket. */
  readonly width: number;
  readonly buckets: readonly OutcomeCounts[];
}

/** A range of time of which not everything is known, in microseconds since the epoch. */
export interface SeriesGap {
  readonly from: number;
  readonly to: number;
  /** `no-source`: nobody was there who would have sent. `lost`: something of what came was not kept. */
  readonly reason: "no-source" | "lost";
}

/** How long exchanges took, in nanoseconds; without quantiles where no duration is known. */
export interface LatencyAnswer extends Progress {
  /** Exchanges with a duration. */
  readonly count: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
}

export interface FacetsQuery extends StoreQuery {
  /** Names of attributes that have a column. */
  readonly attributes: readonly string[];
  /** Values of each, the most frequent first. */
  readonly limit: number;
}

export interface FacetsAnswer extends Progress {
  readonly facets: Readonly<Record<string, readonly FacetValue[]>>;
  readonly total: number;
}

export interface FacetValue {
  readonly value: string | number;
  readonly count: number;
}

/** Sums of a service, method and route. Latencies in nanoseconds. */
export interface RouteSum {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly counts: OutcomeCounts;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
}

/** A stored exchange, with its number and document. */
export interface StoredExchange {
  readonly id: number;
  readonly item: ListItem;
  /** JSON. */
  readonly document: string;
}

export interface StoredFlow {
  readonly id: number;
  readonly time: number;
  readonly kind: string;
  readonly summary: string;
  readonly document: unknown;
}

/** Facts that are absent cannot be told at the moment: `problems` says why. */
export interface StoreFacts {
  readonly exchanges?: number;
  readonly bytes?: number;
  /** Parts that go as a whole: segments, or days of arrival. */
  readonly segments?: number;
  /** Bytes that are on disk but in no answer yet: the database that they are for is away. */
  readonly waitingBytes?: number;
  /** Microseconds since the epoch. */
  readonly oldest?: number;
  readonly newest?: number;
  /** Sentences for people. */
  readonly problems?: readonly string[];
}

/** The facts of a store that can always tell. */
export type KnownFacts = StoreFacts & Required<Pick<StoreFacts, "exchanges" | "bytes" | "segments">>;

/**
 * Where exchanges are kept and asked for: embedded (`SqliteStore`), or in a database of its own. All answers leave out what a
 * `signal` aborted: they reject.
 */
export interface ExchangeStore {
  /** Resolves when it is on disk, with the number of the first of its exchanges. @throws TaplineError `output`: nothing of it is kept */
  append(batch: StoreBatch): Promise<number>;
  /** The last number that is kept of what a sender numbered; undefined: nothing. */
  senderPosition(id: string): Promise<number | undefined>;
  list(query: ListQuery, signal?: AbortSignal): Promise<ListAnswer>;
  find(id: number, signal?: AbortSignal): Promise<StoredExchange | undefined>;
  series(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer>;
  /** Without a filter of all in the minutes of the range, with one of the newest that match. */
  latency(query: StoreQuery, signal?: AbortSignal): Promise<LatencyAnswer>;
  facets(query: FacetsQuery, signal?: AbortSignal): Promise<FacetsAnswer>;
  services(range: TimeRange, signal?: AbortSignal): Promise<readonly RouteSum[]>;
  flows(range: TimeRange & { readonly limit: number }, signal?: AbortSignal): Promise<readonly StoredFlow[]>;
  facts(): Promise<StoreFacts>;
  /** Removes what matches; gives how many there were. */
  remove(query: StoreQuery, signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
