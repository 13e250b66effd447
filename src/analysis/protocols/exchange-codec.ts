import { type Connection, type Exchange, type ExchangeBase, elapsedNanos, QUALITIES } from "../../model/index.ts";
import type { ExchangeCodec } from "../../wire/exchange-codec.ts";
import { type Fields, textsOf } from "../../wire/json/fields.ts";
import {
  connectionDocument,
  DOCUMENT_VERSION,
  documentLine,
  readTimes,
  time,
  timesDocument,
} from "../../wire/ndjson/index.ts";
import { readApplications } from "../applications/table.ts";
import { HTTP_HAR } from "../http/har/har.ts";
import { type ExchangeFacts, factsOf } from "./exchange-facts.ts";
import { applicationsIn, findRow, rowOf, rowSpeaking } from "./table.ts";

/** Exchanges of all kinds as documents and HAR entries, and back: by the rows of their protocols. */
export const EXCHANGE_CODEC: ExchangeCodec = {
  writeDocument: exchangeDocument,
  readDocument,
  writeHarEntry(exchange) {
    const { har } = rowOf(exchange);
    return typeof har === "string" ? undefined : har.write(exchange);
  },
  readHarEntry(entry, context) {
    const { har } = rowSpeaking(entry.text("_protocol") ?? "http/1.1");
    return (typeof har === "string" ? HTTP_HAR : har).read(entry, context);
  },
};

/**
 * An exchange as one JSON document (docs/read.md describes it, schema/exchange.schema.json says it to programs): times as RFC 3339 to
 * the nanosecond, bytes as `text` where they are UTF-8 and as `base64` where not, 64-bit numbers as strings, and `null` for a
 * header's name or value that is not known. What follows from the rest (operation, outcome, names) is written for the reader's sake.
 * @param facts where they are known already
 */
export function exchangeDocument(exchange: Exchange, facts: ExchangeFacts = factsOf(exchange)): object {
  const { connection, times } = exchange;
  const row = rowOf(exchange);
  const applications = facts.applications ?? applicationsIn(exchange);
  return {
    type: "exchange",
    version: DOCUMENT_VERSION,
    id: exchange.id,
    time: time(times.requestStart ?? times.responseStart),
    protocol: exchange.protocol,
    application: applications[0]?.name,
    stream: undefined,
    index: exchange.index,
    connection: connectionDocument(connection),
    ...row.document.write(exchange),
    times: timesDocument(times),
    durationMs: toMillis(elapsedNanos(times.requestStart, times.responseEnd)),
    quality: exchange.quality,
    problems: exchange.problems,
    kind: exchange.kind,
    operation: facts.operation,
    outcome: facts.outcome,
    applications,
    service: facts.service,
    peer: facts.peer,
    traceId: facts.evidence.traceId,
  };
}

/** One line, with its line feed. */
export function exchangeLine(exchange: Exchange): string {
  return documentLine(exchangeDocument(exchange));
}

function readDocument(document: Fields, connection: Connection): Exchange {
  const protocol = document.text("protocol") ?? "tcp";
  const row = findRow(document.text("kind")) ?? rowSpeaking(protocol);
  const base: ExchangeBase = {
    id: document.number("id") ?? 0,
    connection,
    protocol,
    index: document.number("index") ?? 0,
    // Documents of before have the name of one.
    application: readApplications(document.list("applications") ?? [{ name: document.raw["application"] }]),
    times: readTimes(document.object("times")),
    quality: document.oneOf("quality", QUALITIES) ?? "complete",
    problems: textsOf(document.list("problems")),
  };
  return row.document.read(document, base);
}

function toMillis(nanos: number | undefined): number | undefined {
  return nanos === undefined ? undefined : nanos / 1e6;
}
