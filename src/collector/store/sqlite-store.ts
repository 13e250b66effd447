import type {
  ExchangeStore,
  FacetsAnswer,
  FacetsQuery,
  KnownFacts,
  LatencyAnswer,
  ListAnswer,
  ListQuery,
  RouteSum,
  SeriesAnswer,
  SeriesQuery,
  StoreBatch,
  StoredExchange,
  StoredFlow,
  StoreQuery,
  TimeRange,
} from "./exchange-store.ts";
import { removeMatching } from "./query/remove-matching.ts";
import type { WriterOptions } from "./segment/store-writer.ts";
import { packBatch } from "./threads/packed-batch.ts";
import { StoreThread } from "./threads/store-thread.ts";

/** Threads that answer questions: a long one does not hold up a short one. */
const READERS = 2;
/** Exchanges that are removed at once. */
const REMOVED_AT_ONCE = 5000;

/**
 * The embedded store: segments of SQLite in a folder that nobody else may read. One thread writes, others read; what is acknowledged
 * is on disk.
 */
export class SqliteStore implements ExchangeStore {
  readonly #writer: StoreThread;
  readonly #readers: readonly StoreThread[];

  private constructor(options: WriterOptions) {
    this.#writer = new StoreThread(threadFile("writer-thread"), "store-writer", options);
    this.#readers = Array.from(
      { length: READERS },
      (_, index) => new StoreThread(threadFile("reader-thread"), `store-reader-${index}`, { folder: options.folder }),
    );
  }

  /** @throws TaplineError where the folder cannot be used */
  static async open(options: WriterOptions): Promise<SqliteStore> {
    const store = new SqliteStore(options);
    try {
      await store.#writer.ask("open", undefined);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  append(batch: StoreBatch): Promise<number> {
    const { packed, moved } = packBatch(batch);
    return this.#writer.ask("append", packed, { moved });
  }

  senderPosition(id: string): Promise<number | undefined> {
    return this.#writer.ask("senderPosition", id);
  }

  list(query: ListQuery, signal?: AbortSignal): Promise<ListAnswer> {
    return this.#ask("list", query, signal);
  }

  find(id: number, signal?: AbortSignal): Promise<StoredExchange | undefined> {
    return this.#ask("find", id, signal);
  }

  series(query: SeriesQuery, signal?: AbortSignal): Promise<SeriesAnswer> {
    return this.#ask("series", query, signal);
  }

  latency(query: StoreQuery, signal?: AbortSignal): Promise<LatencyAnswer> {
    return this.#ask("latency", query, signal);
  }

  facets(query: FacetsQuery, signal?: AbortSignal): Promise<FacetsAnswer> {
    return this.#ask("facets", query, signal);
  }

  services(range: TimeRange, signal?: AbortSignal): Promise<readonly RouteSum[]> {
    return this.#ask("services", range, signal);
  }

  flows(query: TimeRange & { readonly limit: number }, signal?: AbortSignal): Promise<readonly StoredFlow[]> {
    return this.#ask("flows", query, signal);
  }

  facts(): Promise<KnownFacts> {
    return this.#ask("facts", undefined);
  }

  remove(query: StoreQuery, signal?: AbortSignal): Promise<number> {
    return removeMatching((page, one) => this.list(page, one), query, {
      atOnce: REMOVED_AT_ONCE,
      remove: (items) =>
        this.#writer.ask<number>(
          "remove",
          items.map(({ id }) => id),
        ),
      signal,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#writer, ...this.#readers].map((thread) => thread.close()));
  }

  #ask<Result>(method: string, argument: unknown, signal?: AbortSignal): Promise<Result> {
    const reader = this.#readers.reduce((least, one) => (one.open < least.open ? one : least));
    return reader.ask(method, argument, { signal });
  }
}

// The file of a thread ends as this one does: .ts in a checkout, .js in the package.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

function threadFile(name: "writer-thread" | "reader-thread"): URL {
  return name === "writer-thread"
    ? new URL(`./threads/writer-thread${extension}`, import.meta.url)
    : new URL(`./threads/reader-thread${extension}`, import.meta.url);
}
