import type { Integer } from "../../gob/index.ts";
import type { Dialect } from "../dialect.ts";
import { fromByteString, toByteString } from "../go/byte-string.ts";
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
import { labelTexts, logRecordInfo, logRecordJson, protocolOf } from "../text/log-record-text.ts";
import { type PrinterOptions, printerFor } from "./printer-for.ts";

/** An access log record of a proxy, as the monitor notifies it. */
export class LogRecordNotify implements LogRecord {
  declare type: string;
  declare timestamp: string;
  declare observationPoint: string;
  declare sourceEndpoint: EndpointInfo;
  declare destinationEndpoint: EndpointInfo;
  declare ipVersion: number;
  declare verdict: string;
  declare info: string;
  declare metadata: string[] | null;
  declare transportProtocol: number;
  declare http: LogRecordHTTP | null;
  declare kafka: LogRecordKafka | null;
  declare dns: LogRecordDNS | null;
  declare l7: LogRecordL7 | null;

  constructor(record: LogRecord) {
    Object.assign(this, record);
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
}

/** @throws TaplineError `input` with Go's text when the gob stream cannot be decoded. */
export function decodeLogRecordNotify(data: Uint8Array, dialect: Dialect = "v1.9"): LogRecordNotify {
  const { record, error } = new LogRecordReader(dialect, false).read(data, 0, data.length);
  checkDecoded(error);
  return new LogRecordNotify(mapTexts(record, fromByteString));
}

/** What `-j` prints of a record, as an object whose members are named as in the JSON. */
export interface LogRecordNotifyVerbose {
  type: string;
  observationPoint: string;
  flowType: string;
  l7Proto: string;
  srcEpID: Integer;
  srcEpLabels: string[];
  srcIdentity: Integer;
  dstEpID: Integer;
  dstEpLabels: string[];
  dstIdentity: Integer;
  verdict: string;
  http?: LogRecordHTTP;
  kafka?: LogRecordKafka;
  dns?: LogRecordDNS;
  l7?: LogRecordL7;
}

export function logRecordNotifyToVerbose(record: LogRecord): LogRecordNotifyVerbose {
  const { sourceEndpoint: source, destinationEndpoint: destination, http, kafka, dns, l7 } = record;
  return {
    type: "logRecord",
    observationPoint: record.observationPoint,
    flowType: record.type,
    l7Proto: protocolOf(record),
    srcEpID: source.id,
    srcEpLabels: labelTexts(source),
    srcIdentity: source.identity,
    dstEpID: destination.id,
    dstEpLabels: labelTexts(destination),
    dstIdentity: destination.identity,
    verdict: record.verdict,
    ...(http === null ? {} : { http }),
    ...(kafka === null ? {} : { kafka }),
    ...(dns === null ? {} : { dns }),
    ...(l7 === null ? {} : { l7 }),
  };
}
