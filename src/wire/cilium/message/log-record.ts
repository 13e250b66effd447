import {
  createStruct,
  DefinitionCache,
  type Definitions,
  GobError,
  type Integer,
  StructStreamDecoder,
} from "../../gob/index.ts";
import { type Dialect, isAtLeast } from "../dialect.ts";
import type { ByteString } from "../go/byte-string.ts";
import type { GoUrl } from "../go/url.ts";
import { LOG_RECORD_SCHEMAS, type LogRecordForm } from "./log-record-schema.ts";
import { type LogRecordTypes, readLogRecordTypes } from "./log-record-types.ts";

/** A proxy's view of a request or a response (Go's accesslog.LogRecord). A part that is absent is null. */
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

/**
 * Decodes access log messages: a byte 129 and a gob stream of LogRecord, whose types every message defines anew. Labels and
 * addresses are taken as the stream describes them, each by itself.
 */
export class LogRecordReader {
  readonly #usual: LogRecordForm;
  readonly #strict: boolean;
  readonly #hasKafka: boolean;
  readonly #definitions = new DefinitionCache();
  readonly #forms = new WeakMap<Definitions, LogRecordForm>();
  readonly #decoders = new Map<LogRecordForm, StructStreamDecoder>();

  /** @param strict take only what that Cilium version takes */
  constructor(dialect: Dialect, strict: boolean) {
    this.#usual = dialect === "v1.9" ? "texts bytes digest" : "structs binary";
    this.#strict = strict;
    this.#hasKafka = !isAtLeast(dialect, "v1.20");
  }

  /** The record of `bytes[start, end)` with byte strings, as far as it could be read, and Go's error text. */
  read(bytes: Uint8Array, start: number, end: number): { record: LogRecord; error: string | undefined } {
    const form = this.#strict ? this.#usual : this.#formOf(bytes, start + 1, end);
    let decoder = this.#decoders.get(form);
    if (decoder === undefined) {
      decoder = new StructStreamDecoder(LOG_RECORD_SCHEMAS[form]);
      this.#decoders.set(form, decoder);
    }
    const target = createStruct(LOG_RECORD_SCHEMAS[form]);
    const error = decoder.decode(bytes, start + 1, end, target);
    const record = target as unknown as LogRecord;
    if (!this.#hasKafka) record.kafka = null;
    if (form !== this.#usual) shortenAddresses(record);
    return { record, error };
  }

  #formOf(bytes: Uint8Array, start: number, end: number): LogRecordForm {
    try {
      const definitions = this.#definitions.find(bytes, start, end);
      let form = this.#forms.get(definitions);
      if (form === undefined) {
        const types = readLogRecordTypes(definitions.types);
        form = types === undefined ? this.#usual : this.#formOfTypes(types);
        this.#forms.set(definitions, form);
      }
      return form;
    } catch (error) {
      // Errors of the stream are found by decoding it.
      if (error instanceof GobError) return this.#usual;
      throw error;
    }
  }

  #formOfTypes({ labels, addresses, hasDigest }: LogRecordTypes): LogRecordForm {
    const [usualLabels, usualAddresses] = this.#usual.split(" ");
    return `${labels ?? usualLabels} ${addresses ?? usualAddresses}${hasDigest ? " digest" : ""}` as LogRecordForm;
  }
}

/** net.IP, unlike netip.Addr, makes no difference between the 4 and the 16 bytes of an IPv4 address. */
function shortenAddresses({ dns }: LogRecord): void {
  if (dns?.ips == null) return;
  dns.ips = dns.ips.map((ip) => (ip?.length === 16 && isMapped(ip) ? ip.subarray(12) : ip));
}

function isMapped(ip: Uint8Array): boolean {
  return ip[10] === 0xff && ip[11] === 0xff && ip.subarray(0, 10).every((byte) => byte === 0);
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
