import { randomUUID } from "node:crypto";
import { formatError, TaplineError } from "../../../model/index.ts";
import type {
  ExchangeStore,
  FacetsAnswer,
  FacetsQuery,
  LatencyAnswer,
  ListAnswer,
  ListQuery,
  RouteSum,
  SeriesAnswer,
  SeriesQuery,
  StoreBatch,
  StoredExchange,
  StoredFlow,
  StoreFacts,
  StoreQuery,
  TimeRange,
} from "../exchange-store.ts";
import { removeMatching } from "../query/remove-matching.ts";
import type { ListItem } from "../record/list-item.ts";
import type { RetentionOptions } from "../segment/store-writer.ts";
import type { ClickHouseAddress } from "./clickhouse-address.ts";
import { ClickHouseConnection } from "./clickhouse-connection.ts";
import { listNumbers } from "./clickhouse-dialect.ts";
import { migrateClickHouse, setRetention } from "./clickhouse-schema.ts";
import { dropOldest, factsOf } from "./keep-within.ts";
import { latencyOf } from "./latency-of.ts";
import { ExchangeNumbers } from "./number-exchanges.ts";
import { findExchange, listExchanges } from "./read-exchanges.ts";
import { facetsOf, seriesOf, servicesOf } from "./sum-exchanges.ts";
import { BatchWriter } from "./write-batches.ts";

export interface ClickHouseStoreOptions extends RetentionOptions {
  readonly address: ClickHouseAddress;
  /** Where batches wait while the database cannot be written. */
  readonly spill: string;
  /** Bytes of it. Default 1 GiB. */
  readonly spillBytes?: number;
  /** Told in a sentence when batches begin to wait, and when none does any more. */
  readonly tell?: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Exchanges that are removed by one statement. */
const REMOVED_AT_ONCE = 20_000;
/** Senders whose positions are held here, too: those that were heard last. */
const MAX_SENDERS = 10_000;
/** Milliseconds between two looks at how much is kept. */
const LOOK_MILLIS = 60_000;

/**
 * Keeps exchanges in a ClickHouse, for more than one machine holds: collectors of the same database are alike, behind whatever shares
 * out what comes. Times stand in microseconds as everywhere; rows go `keepMillis` after they came, and whole days of arrival where
 * `maxBytes` of exchanges would be passed.
 */
export class ClickHouseStore implements ExchangeStore {
  readonly #connection: ClickHouseConnection;
  readonly #numbers: ExchangeNumbers;
  readonly #writer: BatchWriter;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #positions = new Map<string, number>();
  #looked = 0;
  #looking: Promise<void> | undefined;
  #problem: string | undefined;

  private constructor(
    connection: ClickHouseConnection,
    numbers: ExchangeNumbers,
    writer: BatchWriter,
    options: ClickHouseStoreOptions,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#writer = writer;
    this.#maxBytes = options.maxBytes;
    this.#now = options.now ?? Date.now;
  }

  /** Makes what is not there. @throws TaplineError where the database cannot be used, or the folder */
  static async open(options: ClickHouseStoreOptions): Promise<ClickHouseStore> {
    const connection = await ClickHouseConnection.open(options.address);
    try {
      await migrateClickHouse(connection);
      await setRetention(connection, options.keepMillis);
      const numbers = await ExchangeNumbers.claim(connection, options.now);
      const { spill: folder, spillBytes: maxBytes, tell } = options;
      const writer = new BatchWriter({ connection, folder, name: randomUUID(), tell, maxBytes });
      return new ClickHouseStore(connection, numbers, writer, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async append(batch: StoreBatch): Promise<number> {
    const now = this.#now();
    const first = this.#numbers.take(Math.max(batch.exchanges.length, batch.flows.length), now);
    await this.#writer.write(batch, first, now);
    for (const { id, sequence } of batch.senders) this.#remember(id, sequence);
    this.#look(now);
    return first;
  }

  /** While the database is away it is known of those senders alone that were heard here. */
  async senderPosition(id: string): Promise<number | undefined> {
    const known = this.#positions.get(id);
    try {
      const [row] = await this.#connection.rows<{ sequence: number | null }>(
        "SELECT maxOrNull(sequence) AS sequence FROM senders WHERE id = ?",
        [id],
      );
      const positions = [row?.sequence, known, this.#writer.position(id)].filter((one) => typeof one === "number");
      return positions.length === 0 ? undefined : Math.max(...positions);
    } catch (error) {
      const waits = this.#writer.position(id);
      if (known === undefined && waits === undefined) throw error;
      return Math.max(known ?? 0, waits ?? 0);
    }
  }

  list(query: ListQuery, signal?: AbortSignal): Promise<ListAnswer> {
    return listExchanges(this.#connection, query, clock, signal);
  }

  find(id: number, signal?: AbortSignal): Promise<StoredExchange | undefined> {
    return findExchange(this.#connection, id, signal);
  }

  series(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
    return seriesOf(this.#connection, query, clock, signal);
  }

  latency(query: StoreQuery, signal?: AbortSignal): Promise<LatencyAnswer> {
    return latencyOf(this.#connection, query, clock, signal);
  }

  facets(query: FacetsQuery, signal?: AbortSignal): Promise<FacetsAnswer> {
    return facetsOf(this.#connection, query, clock, signal);
  }

  services(range: TimeRange, signal?: AbortSignal): Promise<readonly RouteSum[]> {
    return servicesOf(this.#connection, range, signal);
  }

  /** The newest first. */
  async flows(
    { from, to, limit }: TimeRange & { readonly limit: number },
    signal?: AbortSignal,
  ): Promise<StoredFlow[]> {
    const rows = await this.#connection.rows<Omit<StoredFlow, "document"> & { document: string }>(
      `SELECT id, toUnixTimestamp64Micro(at) AS time, name AS kind, summary, document FROM flows
       WHERE at >= fromUnixTimestamp64Micro(?, 'UTC') AND at < fromUnixTimestamp64Micro(?, 'UTC') ORDER BY at DESC, id DESC LIMIT ?`,
      [from ?? FIRST_MICROS, to ?? LAST_MICROS, limit],
      signal,
    );
    return rows.map((row) => ({ ...row, document: JSON.parse(row.document) }));
  }

  /** Also where the database is away. */
  async facts(): Promise<StoreFacts> {
    const { waitingBytes } = this.#writer;
    const problems = [...this.#writer.problems, ...(this.#problem === undefined ? [] : [this.#problem])];
    try {
      return { ...(await factsOf(this.#connection)), waitingBytes, problems };
    } catch (error) {
      return { waitingBytes, problems: [...problems, formatError(error)] };
    }
  }

  remove(query: StoreQuery, signal?: AbortSignal): Promise<number> {
    return removeMatching((page, one) => this.list(page, one), query, {
      atOnce: REMOVED_AT_ONCE,
      remove: (items) => this.#removeAll(items),
      signal,
    });
  }

  async close(): Promise<void> {
    await this.#looking;
    await this.#writer.close();
    // Where the database is gone its node is free after an hour.
    await this.#numbers.release().catch(() => {});
    await this.#connection.close();
  }

  #remember(id: string, sequence: number): void {
    this.#positions.delete(id);
    this.#positions.set(id, sequence);
    if (this.#positions.size > MAX_SENDERS) this.#positions.delete(this.#positions.keys().next().value!);
  }

  /** They count no longer, once however often this is tried; then their parts are written anew without them: what is removed is gone. */
  async #removeAll(items: readonly ListItem[]): Promise<number> {
    const uncounted = items.filter(({ isCounted }) => isCounted).map(({ id }) => id);
    if (uncounted.length > 0) await this.append({ exchanges: [], flows: [], senders: [], uncounted });
    // Their part of the sums is taken off when this is brought in: until then they have to be there.
    if (this.#writer.waitingBytes > 0)
      throw new TaplineError("output", "nothing is removed while batches wait for the database", {
        hint: "try again later",
      });
    const ids = listNumbers(items.map(({ id }) => id));
    await this.#connection.command(`ALTER TABLE exchanges DELETE WHERE id IN (${ids})`, [], {
      max_query_size: String(ids.length + 10_000),
      mutations_sync: "1",
    });
    return items.length;
  }

  /** Now and then, beside what is written. */
  #look(now: number): void {
    if (now - this.#looked < LOOK_MILLIS || this.#looking !== undefined) return;
    this.#looked = now;
    this.#looking = Promise.all([this.#numbers.tell(now), dropOldest(this.#connection, this.#maxBytes)])
      .then(
        () => {
          this.#problem = undefined;
        },
        (error: unknown) => {
          this.#problem = formatError(error);
        },
      )
      .finally(() => {
        this.#looking = undefined;
      });
  }
}

const clock = (): number => performance.now();
const FIRST_MICROS = Date.UTC(1900, 0, 1) * 1000;
const LAST_MICROS = Date.UTC(2263, 0, 1) * 1000;
