import {
  type Connection,
  defaultLimits,
  type Exchange,
  type LedgerBook,
  type LedgerReason,
  type LimitRows,
  type LimitsOf,
} from "../../model/index.ts";
import type { ExchangeCodec } from "../exchange-codec.ts";
import { Fields, isObject } from "../json/fields.ts";
import { JsonReader } from "../json/json-reader.ts";
import { EntryScanner } from "./entry-scanner.ts";

export interface HarHandler {
  exchange(exchange: Exchange): void;
  /** An entry that cannot be read (it is skipped and counted), or a file that is none or was cut. Entries count from 1. */
  problem?(problem: { readonly entry?: number; readonly message: string }): void;
}

export const HAR_LIMITS = {
  entryBytes: { default: 256 * 1024 * 1024, unit: "bytes", doc: "one entry of a HAR file; a longer one is skipped" },
  connections: {
    default: 65_536,
    unit: "count",
    doc: "connections of a HAR file told apart; beyond, the one that was seen first is forgotten",
  },
} as const satisfies LimitRows;

export type HarLimits = LimitsOf<typeof HAR_LIMITS>;

export const DEFAULT_HAR_LIMITS: HarLimits = defaultLimits(HAR_LIMITS);

/**
 * Reads a HAR file as it comes, cut anywhere, and keeps one entry at a time. Every entry is a record of the ledger's book:
 * handled, or skipped with a reason (`not-json`, `too-long`).
 */
export class HarReader {
  readonly #handler: HarHandler;
  readonly #codec: Pick<ExchangeCodec, "readHarEntry">;
  readonly #book: LedgerBook;
  readonly #limits: HarLimits;
  readonly #scanner: EntryScanner;
  readonly #connections = new Map<string, Connection>();
  readonly #json = new JsonReader();
  #entries = 0;

  /** @param codec knows the exchanges of all kinds */
  constructor(
    handler: HarHandler,
    book: LedgerBook,
    codec: Pick<ExchangeCodec, "readHarEntry">,
    limits: HarLimits = DEFAULT_HAR_LIMITS,
  ) {
    this.#handler = handler;
    this.#codec = codec;
    this.#book = book;
    this.#limits = limits;
    this.#scanner = new EntryScanner(limits.entryBytes, {
      entry: (bytes) => this.#readEntry(bytes),
      tooLong: () => {
        this.#count();
        this.#skip("too-long", `is longer than ${limits.entryBytes} bytes`);
      },
      outOfPlace: () => {
        this.#count();
        this.#skip("not-json", "is no JSON object");
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk);
  }

  end(): void {
    const { foundEntries, isCut } = this.#scanner;
    this.#scanner.end();
    if (isCut) this.#handler.problem?.({ message: "the file ends before it is closed" });
    else if (!foundEntries)
      this.#handler.problem?.({
        message:
          this.#entries > 0
            ? "no log.entries was found: what looks like entries was read"
            : "no log.entries was found: this is no HAR",
      });
  }

  #count(): void {
    this.#book.enter(1);
    this.#entries++;
  }

  /** Gives whether it is an element of the list, as far as it can be told. */
  #readEntry(bytes: Uint8Array): boolean {
    this.#count();
    const { value: entry, fault } = this.#json.read(DECODER.decode(bytes));
    if (fault !== undefined) {
      this.#skip("not-json", fault);
      return false;
    }
    if (!isObject(entry)) {
      this.#skip("not-json", "is no JSON object");
      // A bracket too many has made entries its elements.
      return !Array.isArray(entry) || !entry.some(isObject);
    }
    this.#book.settleHandled(1);
    this.#handler.exchange(
      this.#codec.readHarEntry(new Fields(entry), {
        id: this.#entries,
        connectionFor: (key, make) => this.#connectionFor(key, make),
      }),
    );
    return true;
  }

  #connectionFor(key: string, make: () => Connection): Connection {
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = make();
      this.#connections.set(key, connection);
      if (this.#connections.size > this.#limits.connections)
        this.#connections.delete(this.#connections.keys().next().value!);
    }
    return connection;
  }

  #skip(reason: LedgerReason, message: string): void {
    this.#book.settleSkipped(reason, 1);
    this.#handler.problem?.({ entry: this.#entries, message });
  }
}

const DECODER = new TextDecoder();
