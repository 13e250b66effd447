import type { FieldValue } from "../../src/collector/api/field-values.ts";
import type {
  FacetsAnswer,
  LatencyAnswer,
  ListAnswer,
  ListQuery,
  SeriesAnswer,
  SeriesGap,
  SeriesQuery,
  StoreQuery,
} from "../../src/collector/store/exchange-store.ts";
import type { ListItem } from "../../src/collector/store/record/list-item.ts";
import type { BookFacts } from "../../src/model/ledger.ts";

export type { ListItem, ListQuery, SeriesAnswer, SeriesQuery, StoreQuery };

/** The document of an exchange, as it came: any field may be missing. */
export type ExchangeDocument = Readonly<Record<string, unknown>>;

export interface Detail {
  readonly item: ListItem;
  readonly document: ExchangeDocument;
  /** Bodies were left out: the role may not see them. */
  readonly hidden: boolean;
}

export interface Series extends SeriesAnswer {
  /** Of which not everything is known; absent: that is not told. */
  readonly gaps?: readonly SeriesGap[];
}

export interface ExchangeValues {
  readonly id: number;
  /** In the order of the fields. */
  readonly values: readonly (FieldValue | null)[];
}

/** Something that the datapath or the kernel told. */
export interface Flow {
  readonly id: number;
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly kind: string;
  readonly summary: string;
  readonly document: ExchangeDocument;
}

/** Something that came in. */
export interface LiveBatch {
  readonly items: readonly ListItem[];
  readonly missed: number;
  readonly lost: number;
}

export interface Sender {
  readonly kind: string;
  readonly name: string;
  readonly version?: string;
  readonly exchanges: number;
  readonly lastSeen?: number;
  readonly lastAsked?: number;
  /** Milliseconds; negative: its clock is ahead. */
  readonly lagMillis?: number;
  readonly late?: number;
  readonly ahead?: number;
  readonly lost: Readonly<Record<string, number>>;
}

/** Where the collector takes what is sent. */
export interface Listener {
  readonly kind: string;
  readonly url: string;
}

export interface Losses {
  /** Absent: nobody can send. */
  readonly listeners?: readonly Listener[];
  readonly balanced: boolean;
  readonly books: readonly BookFacts[];
  readonly senders: readonly Sender[];
  readonly store: Readonly<Record<string, unknown>>;
}

/** Where the page gets exchanges from: a collector, or a file that was dropped into it. */
export interface DataSource {
  readonly kind: "collector" | "file";
  readonly name: string;
  list(query: ListQuery, signal: AbortSignal): Promise<ListAnswer>;
  find(id: number, signal: AbortSignal): Promise<Detail | undefined>;
  /** All hops of one trace, the oldest first. */
  hops(trace: string, signal: AbortSignal): Promise<ListAnswer>;
  /** What the kernel did in a range of time; absent: there is nothing of the kind. */
  flows?(range: { readonly from: number; readonly to: number }, signal: AbortSignal): Promise<readonly Flow[]>;
  series(query: SeriesQuery, signal: AbortSignal): Promise<Series>;
  /** What fields say of exchanges; those that are no longer there are left out. */
  values(ids: readonly number[], fields: readonly string[], signal: AbortSignal): Promise<readonly ExchangeValues[]>;
  latency(query: StoreQuery, signal: AbortSignal): Promise<LatencyAnswer>;
  facets(
    query: StoreQuery & { attributes: readonly string[]; limit: number },
    signal: AbortSignal,
  ): Promise<FacetsAnswer>;
  losses(signal: AbortSignal): Promise<Losses>;
  /** Tells of what comes; absent: nothing more comes. Gives what ends it. */
  follow?(filter: string, take: (batch: LiveBatch) => void, state: FollowState): () => void;
  /** The address of a copy. */
  download(id: number, format: string): Promise<Blob>;
}

/** The collector cannot be reached, or went away before it had answered. */
export class Unreachable extends Error {}

/** Tells how following goes: `attempt` is the one that comes next, at `retryAt` (milliseconds since the epoch). */
export type FollowState = (connected: boolean, next?: { readonly retryAt: number; readonly attempt: number }) => void;

/** The collector did not take the token, or wants one. */
export class TokenNeeded extends Error {}
