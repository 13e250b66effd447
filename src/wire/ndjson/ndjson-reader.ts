import {
  defaultLimits,
  type Exchange,
  type FlowEvent,
  type LedgerBook,
  type LedgerReason,
  type LimitRows,
  type LimitsOf,
} from "../../model/index.ts";
import type { ExchangeCodec } from "../exchange-codec.ts";
import { Fields, isObject } from "../json/fields.ts";
import { JsonReader } from "../json/json-reader.ts";
import { DocumentConnections } from "./document-connections.ts";
import { DOCUMENT_VERSION } from "./document-parts.ts";
import { readFlow } from "./flow-document.ts";
import { LineSplitter } from "./line-splitter.ts";

export interface NdjsonHandler {
  exchange(exchange: Exchange): void;
  flow(event: FlowEvent): void;
  /** A line that is none of the documents. It is skipped and counted. */
  problem?(problem: { readonly line: number; readonly message: string }): void;
}

export const NDJSON_LIMITS = {
  lineBytes: { default: 64 * 1024 * 1024, unit: "bytes", doc: "one line of NDJSON; a longer one is skipped" },
} as const satisfies LimitRows;

export type NdjsonLimits = LimitsOf<typeof NDJSON_LIMITS>;

export const DEFAULT_NDJSON_LIMITS: NdjsonLimits = defaultLimits(NDJSON_LIMITS);

/**
 * Reads lines of exchange and flow documents as they come, cut anywhere. Every line is a record of the ledger's book: it is
 * handled, or skipped with a reason (`not-json`, `unknown-document`, `too-long`); empty lines are none.
 */
export class NdjsonReader {
  readonly #handler: NdjsonHandler;
  readonly #codec: Pick<ExchangeCodec, "readDocument">;
  readonly #book: LedgerBook;
  readonly #lines: LineSplitter;
  readonly #connections = new DocumentConnections();
  readonly #json = new JsonReader();

  /** @param codec knows the exchanges of all kinds */
  constructor(
    handler: NdjsonHandler,
    book: LedgerBook,
    codec: Pick<ExchangeCodec, "readDocument">,
    limits: NdjsonLimits = DEFAULT_NDJSON_LIMITS,
  ) {
    this.#handler = handler;
    this.#codec = codec;
    this.#book = book;
    this.#lines = new LineSplitter(limits.lineBytes, {
      line: (bytes, number) => this.#readLine(bytes, number),
      tooLong: (number) => {
        this.#book.enter(1);
        this.#skip("too-long", number, `is longer than ${limits.lineBytes} bytes`);
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  end(): void {
    this.#lines.end();
  }

  #readLine(bytes: Uint8Array, line: number): void {
    const text = DECODER.decode(bytes).trim();
    if (text === "") return;
    this.#book.enter(1);
    const document = this.#parse(text, line);
    if (document === undefined) return;
    this.#book.settleHandled(1);
    if (document.text("type") === "exchange") this.#handler.exchange(this.#readExchange(document));
    else this.#handler.flow(readFlow(document));
  }

  #readExchange(document: Fields): Exchange {
    return this.#codec.readDocument(document, this.#connections.find(document.object("connection")));
  }

  /** Undefined, and skipped, where it is none of the documents. */
  #parse(text: string, line: number): Fields | undefined {
    const { value: document, fault } = this.#json.read(text);
    if (fault !== undefined) return this.#skip("not-json", line, fault);
    if (!isObject(document)) return this.#skip("unknown-document", line, "is no JSON object");
    const { type, version } = document;
    if (type !== "exchange" && type !== "flow")
      return this.#skip("unknown-document", line, 'has no "type" of "exchange" or "flow"');
    if (version !== DOCUMENT_VERSION)
      return this.#skip("unknown-version", line, `is of version ${version}, ${DOCUMENT_VERSION} is known`);
    return new Fields(document);
  }

  #skip(reason: LedgerReason, line: number, message: string): undefined {
    this.#book.settleSkipped(reason, 1);
    this.#handler.problem?.({ line, message });
    return undefined;
  }
}

const DECODER = new TextDecoder();
