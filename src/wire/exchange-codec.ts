import type { Connection, Exchange } from "../model/index.ts";
import type { Fields } from "./json/fields.ts";

/**
 * Exchanges of all kinds as documents, and back. The readers and writers of formats are handed it, since what kinds there are is
 * known above them (`EXCHANGE_CODEC` in src/analysis/protocols).
 */
export interface ExchangeCodec {
  /** One document (docs/read.md describes it). `JSON.stringify` leaves out what is undefined. */
  writeDocument(exchange: Exchange): object;
  /** Fields that are absent or of another type are left out; what an exchange cannot be without gets a plain value. */
  readDocument(document: Fields, connection: Connection): Exchange;
  /** An entry of a HAR file, or undefined where the kind of exchange has none. */
  writeHarEntry(exchange: Exchange): object | undefined;
  /** An entry of anyone's HAR. */
  readHarEntry(entry: Fields, context: HarEntryContext): Exchange;
}

/** The context of a HAR's entry. */
export interface HarEntryContext {
  readonly id: number;
  /** The connection that the entry names, made by `make` when it is new. */
  readonly connectionFor: (key: string, make: () => Connection) => Connection;
}
