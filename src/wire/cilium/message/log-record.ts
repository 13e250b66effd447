import { createStruct, type Integer, StructStreamDecoder } from "../../gob/index.ts";
import type { Dialect } from "../dialect.ts";
import type { ByteString } from "../go/byte-string.ts";
import type { GoUrl } from "../go/url.ts";
import { EARLY_LOG_RECORD_SCHEMA, LATER_LOG_RECORD_SCHEMA } from "./log-record-schema.ts";

/** What a proxy saw of a request or a response (Go's accesslog.LogRecord). A part that is absent is null. */
export interface LogRecord {
  /** `Request`, `Response`, `Sample`. */
  type: string;
  timestamp: string;
  nodeAddressInfo: { ipv4: string; ipv6: string };
  /** `Ingress` or `Egress`. */
  observationPoint: string;
  sourceEndpoint: EndpointInfo;
  destinationEndpoint: EndpointInfo;
  ipVersion: number;
  /** `Forwarded`, `Denied`, `Error`, `Redirected`. */
  verdict: string;
  info: string;
  metadata: string[] | null;
  transportProtocol: number;
  /** `FlowAdded`, `FlowRemoved`. */
  flowEvent: string;
  serviceInfo: { name: string; ipPort: { ip: string; port: number } } | null;
  dropReason: number | null;
  http: LogRecordHTTP | null;
  kafka: LogRecordKafka | null;
  dns: LogRecordDNS | null;
  l7: LogRecordL7 | null;
}

export interface EndpointInfo {
  id: Integer;
  ipv4: string;
  ipv6: string;
  port: number;
  identity: Integer;
  /** Texts in v1.9; key, value and source since v1.16. */
  labels: (string | LabelParts)[] | null;
  /** Up to v1.11. */
  labelsSHA256?: string;
}

export interface LabelParts {
  key: string;
  value: string;
  source: string;
}

export interface LogRecordHTTP {
  code: Integer;
  method: string;
  url: GoUrl | null;
  protocol: string;
  headers: Map<string, string[] | null> | null;
  missingHeaders: Map<string, string[] | null> | null;
  rejectedHeaders: Map<string, string[] | null> | null;
}

export interface LogRecordKafka {
  errorCode: Integer;
  apiVersion: number;
  apiKey: string;
  correlationID: number;
  topic: { topic: string };
}

export interface LogRecordDNS {
  query: string;
  /** 4 or 16 bytes each, and a zone behind them (v1.17 and later). */
  ips: (Uint8Array | null)[] | null;
  ttl: number;
  cnames: string[] | null;
  observationSource: string;
  rcode: Integer;
  qtypes: number[] | null;
  answerTypes: number[] | null;
}

export interface LogRecordL7 {
  proto: string;
  fields: Map<string, string> | null;
}

/** Decodes access log messages: a byte 129 and a gob stream of LogRecord, whose types every message defines anew. */
export class LogRecordReader {
  readonly #early = new StructStreamDecoder(EARLY_LOG_RECORD_SCHEMA);
  readonly #later = new StructStreamDecoder(LATER_LOG_RECORD_SCHEMA);
  readonly #dialect: Dialect;
  readonly #strict: boolean;

  /** @param strict take only what that Cilium version takes: labels have another type since v1.16. */
  constructor(dialect: Dialect, strict: boolean) {
    this.#dialect = dialect;
    this.#strict = strict;
  }

  /** The record of `bytes[start, end)` with byte strings, as far as it could be read, and Go's error text. */
  read(bytes: Uint8Array, start: number, end: number): { record: LogRecord; error: string | undefined } {
    const early = this.#dialect === "v1.9";
    const first = this.#decode(early, bytes, start, end);
    if (this.#strict || first.error === undefined || !first.error.startsWith("gob: wrong type")) return first;
    const second = this.#decode(!early, bytes, start, end);
    return second.error === undefined ? second : first;
  }

  #decode(
    early: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { record: LogRecord; error: string | undefined } {
    const target = createStruct(early ? EARLY_LOG_RECORD_SCHEMA : LATER_LOG_RECORD_SCHEMA);
    const error = (early ? this.#early : this.#later).decode(bytes, start + 1, end, target);
    return { record: target as unknown as LogRecord, error };
  }
}

/** The same record with every text mapped: from byte strings to texts or back. */
export function mapTexts<Value>(value: Value, map: (text: ByteString) => string): Value {
  const mapAny = (any: unknown): unknown => {
    if (typeof any === "string") return map(any);
    if (Array.isArray(any)) return any.map(mapAny);
    if (any instanceof Map) return new Map([...any].map(([key, item]) => [mapAny(key), mapAny(item)]));
    if (any instanceof Uint8Array || any === null || typeof any !== "object") return any;
    return Object.fromEntries(Object.entries(any).map(([key, item]) => [key, mapAny(item)]));
  };
  return mapAny(value) as Value;
}
