import { join } from "node:path";
import {
  type Exchange,
  type ExchangeSink,
  formatError,
  type Ledger,
  type LedgerBook,
  type Logger,
  type MemoryBudget,
  type Submission,
} from "../../model/index.ts";
import type { StoredExchange } from "./exchange-store.ts";
import { type ExchangeRecord, recordOf } from "./record/exchange-record.ts";
import type { RetentionOptions } from "./segment/store-writer.ts";
import { SqliteStore } from "./sqlite-store.ts";

export interface RawKeeperOptions extends RetentionOptions {
  /** The folder of the store: what is raw stands in a folder of its own in it. */
  readonly data: string;
  /** Books `kept-raw`. */
  readonly ledger: Ledger;
  /** Charged with what waits for the disk. */
  readonly budget: MemoryBudget;
  readonly logger: Logger;
}

const BATCH = 500;
/** Exchanges that began on one connection in the same microsecond, and are told apart by their place on it. */
const MAX_AT_ONCE = 100;
/** Bytes of a record beside its document, roughly. */
const RECORD_BYTES = 1000;

/**
 * Keeps exchanges as they came, with their credentials, in files of mode 0600 that go after a time of their own. Nothing waits for them: what
 * finds no room is counted.
 */
export class RawKeeper {
  readonly #options: RawKeeperOptions;
  readonly #store: SqliteStore;
  readonly #book: LedgerBook;
  #waiting: { readonly record: ExchangeRecord; readonly bytes: number }[] = [];
  #running: Promise<void> | undefined;

  private constructor(options: RawKeeperOptions, store: SqliteStore) {
    this.#options = options;
    this.#store = store;
    this.#book = options.ledger.book("kept-raw");
  }

  /** @throws TaplineError where the folder cannot be used */
  static async open(options: RawKeeperOptions): Promise<RawKeeper> {
    const { data, keepMillis, maxBytes } = options;
    return new RawKeeper(options, await SqliteStore.open({ folder: join(data, "raw"), keepMillis, maxBytes }));
  }

  /** An output of a pipeline that does not redact for it. */
  get sink(): ExchangeSink {
    const flush = async (): Promise<void> => {
      while (this.#running !== undefined) await this.#running;
    };
    return { submit: (exchange) => this.#submit(exchange), whenReady: async () => {}, flush, close: flush };
  }

  /** The exchange as it came; undefined where it is no longer kept. @param kept as it is kept redacted */
  async find({ id, item: { connection, time }, document }: StoredExchange): Promise<StoredExchange | undefined> {
    const { items } = await this.#store.list({ connection, from: time, to: time + 1, limit: MAX_AT_ONCE });
    for (const item of items) {
      const found = await this.#store.find(item.id);
      if (found !== undefined && placeOf(found.document) === placeOf(document)) return { ...found, id };
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.sink.flush();
    await this.#store.close();
  }

  #submit(exchange: Exchange): Submission {
    this.#book.enter(1);
    const record = recordOf(exchange, Date.now());
    const bytes = 2 * record.document.length + RECORD_BYTES;
    if (!this.#options.budget.tryReserve(bytes)) {
      this.#book.settleDropped("store-busy", 1);
      return { dropped: "store-busy" };
    }
    this.#waiting.push({ record, bytes });
    this.#running ??= this.#write();
    return "taken";
  }

  async #write(): Promise<void> {
    // Others that come in the same turn go with it.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#store.append({ exchanges: batch.map(({ record }) => record), flows: [], senders: [] });
        this.#book.settleHandled(batch.length);
      } catch (error) {
        this.#book.settleDropped("store-failed", batch.length);
        this.#options.logger.error({ error: formatError(error) }, "nothing is kept raw");
      }
      this.#options.budget.release(batch.reduce((sum, { bytes }) => sum + bytes, 0));
    }
    this.#running = undefined;
  }
}

function placeOf(document: string): string {
  const { index, stream } = JSON.parse(document) as { index?: number; stream?: number };
  return `${index} ${stream}`;
}
