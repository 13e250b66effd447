import { TaplineError } from "../../../model/index.ts";
import type { Integer } from "../../gob/index.ts";
import { type Dialect, isAtLeast } from "../dialect.ts";
import { fromByteString, toByteString } from "../go/byte-string.ts";
import { goJsonValue, readGoJson, withGoJson } from "../go/json-value.ts";
import {
  type EndpointInfo,
  type LogRecord,
  type LogRecordDNS,
  type LogRecordHTTP,
  type LogRecordKafka,
  type LogRecordL7,
  LogRecordReader,
  mapTexts,
} from "../message/log-record.ts";
import { checkDecoded } from "../message/message-error.ts";
import { logRecordInfo, logRecordJson } from "../text/log-record-text.ts";
import { type PrinterOptions, printerFor } from "./printer-for.ts";

/** An access log record of a proxy, as the monitor notifies it. */
export class LogRecordNotify implements LogRecord {
  declare type: string;
  declare timestamp: string;
  declare nodeAddressInfo: LogRecord["nodeAddressInfo"];
  declare observationPoint: string;
  declare sourceEndpoint: EndpointInfo;
  declare destinationEndpoint: EndpointInfo;
  declare ipVersion: number;
  declare verdict: string;
  declare info: string;
  declare metadata: string[] | null;
  declare transportProtocol: number;
  declare flowEvent: string;
  declare serviceInfo: LogRecord["serviceInfo"];
  declare dropReason: number | null;
  declare http: LogRecordHTTP | null;
  declare kafka: LogRecordKafka | null;
  declare dns: LogRecordDNS | null;
  declare l7: LogRecordL7 | null;
  readonly #dialect: Dialect;

  /** @param dialect whose fields its JSON has */
  constructor(record: LogRecord, dialect: Dialect = "v1.9") {
    Object.assign(this, record);
    this.#dialect = dialect;
  }

  /** The line `cilium monitor` prints. */
  dumpInfo(options?: PrinterOptions): string {
    return fromByteString(logRecordInfo(mapTexts<LogRecord>({ ...this }, toByteString), printerFor(options)));
  }

  /** Empty where Go's json.Marshal fails. */
  dumpJSON(options?: PrinterOptions): string {
    const json = logRecordJson(mapTexts<LogRecord>({ ...this }, toByteString), printerFor(options));
    return json === undefined ? "" : `${fromByteString(json)}\n`;
  }

  /** For `JSON.stringify`: Go's JSON of the whole record. */
  toJSON(): unknown {
    const verbose = logRecordNotifyToVerbose(this, { dialect: this.#dialect });
    const { http, kafka, dns, l7 } = verbose;
    const { serviceInfo } = this;
    return goJsonValue(
      {
        Type: this.type,
        Timestamp: this.timestamp,
        NodeAddressInfo: { IPv4: this.nodeAddressInfo.ipv4, IPv6: this.nodeAddressInfo.ipv6 },
        ObservationPoint: this.observationPoint,
        SourceEndpoint: endpointJson(this.sourceEndpoint),
        DestinationEndpoint: endpointJson(this.destinationEndpoint),
        IPVersion: this.ipVersion,
        Verdict: this.verdict,
        Info: this.info,
        Metadata: this.metadata,
        TransportProtocol: this.transportProtocol,
        FlowEvent: this.flowEvent,
        ServiceInfo:
          serviceInfo === null
            ? null
            : { Name: serviceInfo.name, IPPort: { IP: serviceInfo.ipPort.ip, Port: serviceInfo.ipPort.port } },
        DropReason: this.dropReason,
        ...(http === undefined ? {} : { HTTP: http }),
        ...(kafka === undefined ? {} : { Kafka: kafka }),
        ...(dns === undefined ? {} : { DNS: dns }),
        ...(l7 === undefined ? {} : { L7: l7 }),
      },
      isAtLeast(this.#dialect, "v1.19"),
    );
  }
}

/** @throws TaplineError `input` with Go's text when the gob stream cannot be decoded. */
export function decodeLogRecordNotify(data: Uint8Array, dialect: Dialect = "v1.9"): LogRecordNotify {
  const { record, error } = new LogRecordReader(dialect, false).read(data, 0, data.length);
  checkDecoded(error);
  return new LogRecordNotify(mapTexts(record, fromByteString), dialect);
}

/**
 * Go's LogRecordNotifyVerbose: what `-j` prints of a record, as an object whose members are named as in the JSON, and of which
 * `JSON.stringify` gives Go's JSON. Integers beyond 2^53 are bigints.
 */
export interface LogRecordNotifyVerbose {
  type: string;
  observationPoint: string;
  flowType: string;
  l7Proto: string;
  srcEpID: Integer;
  /** null in v1.9, where there are none. */
  srcEpLabels: string[] | null;
  srcIdentity: Integer;
  dstEpID: Integer;
  dstEpLabels: string[] | null;
  dstIdentity: Integer;
  verdict: string;
  http?: LogRecordHTTPVerbose;
  kafka?: { ErrorCode: Integer; APIVersion: number; APIKey: string; CorrelationID: number; Topic: { Topic?: string } };
  dns?: LogRecordDNSVerbose;
  l7?: { Proto?: string; Fields: Record<string, string> | null };
}

export interface LogRecordHTTPVerbose {
  Code: Integer;
  Method: string;
  URL: Record<string, string | boolean | object | null> | null;
  Protocol: string;
  Headers: Record<string, string[] | null> | null;
  MissingHeaders: Record<string, string[] | null> | null;
  RejectedHeaders: Record<string, string[] | null> | null;
}

export interface LogRecordDNSVerbose {
  Query?: string;
  /** Texts. */
  IPs?: string[];
  TTL?: number;
  CNAMEs?: string[];
  ObservationSource?: string;
  RCode?: Integer;
  QTypes?: number[];
  AnswerTypes?: number[];
}

/** @throws TaplineError `input` where Go's json.Marshal fails: an address of a length that no address has */
export function logRecordNotifyToVerbose(record: LogRecord, options?: PrinterOptions): LogRecordNotifyVerbose {
  const printer = printerFor(options);
  const json = logRecordJson(mapTexts<LogRecord>({ ...record }, toByteString), printer);
  if (json === undefined) throw new TaplineError("input", "an address of the DNS answer has neither 4 nor 16 bytes");
  return withGoJson(readGoJson(fromByteString(json)) as LogRecordNotifyVerbose, printer.atLeastV119);
}

function endpointJson(endpoint: EndpointInfo): object {
  const { id: ID, ipv4: IPv4, ipv6: IPv6, port: Port, identity: Identity, labels, labelsSHA256 } = endpoint;
  const Labels =
    labels?.map((label) =>
      typeof label === "string"
        ? label
        : { key: label.key, ...(label.value === "" ? {} : { value: label.value }), source: label.source },
    ) ?? null;
  const digest = labelsSHA256 === undefined ? {} : { LabelsSHA256: labelsSHA256 };
  return { ID, IPv4, IPv6, Port, Identity, Labels, ...digest };
}
