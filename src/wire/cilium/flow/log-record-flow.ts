import type { FlowEvent } from "../../../model/index.ts";
import { parseTimestamp } from "../../text/parse-timestamp.ts";
import { fromByteString } from "../go/byte-string.ts";
import { formatGoUrl } from "../go/url.ts";
import type { EndpointInfo, LogRecord } from "../message/log-record.ts";
import { labelTexts, logRecordInfo, protocolOf } from "../text/log-record-text.ts";
import type { Printer } from "../text/printer.ts";

const VERDICTS: Readonly<Record<string, string>> = {
  Forwarded: "FORWARDED",
  Denied: "DROPPED",
  Error: "ERROR",
  Redirected: "REDIRECTED",
};

/** A proxy's record as a flow; its texts are byte strings. */
export function logRecordFlow(record: LogRecord, printer: Printer): Omit<FlowEvent, "node" | "cpu"> {
  const { sourceEndpoint: source, destinationEndpoint: destination, http, dns, kafka } = record;
  const text = fromByteString;
  const protocol = text(protocolOf(record));
  const time = parseTimestamp(record.timestamp);
  const verdict = VERDICTS[record.verdict] ?? text(record.verdict);
  return {
    kind: "l7",
    ...(time === undefined ? {} : { time }),
    ...endpoint("source", source),
    ...endpoint("destination", destination),
    protocol,
    ...(verdict === "" ? {} : { verdict }),
    summary: text(logRecordInfo(record, printer).trim()),
    attributes: {
      "source.endpoint": Number(source.id),
      "destination.endpoint": Number(destination.id),
      "source.identity": Number(source.identity),
      "destination.identity": Number(destination.identity),
      "source.labels": text(labelTexts(source).join(" ")),
      "destination.labels": text(labelTexts(destination).join(" ")),
      "flow.type": `${protocol}-${text(record.type).toLowerCase()}`,
      "flow.reply": record.type === "Response",
      "policy.direction": record.observationPoint.toLowerCase(),
      "l7.protocol": protocol,
      "l7.type": text(record.type),
      ...(http === null
        ? {}
        : {
            "http.method": text(http.method),
            "http.url": http.url === null ? "" : text(formatGoUrl(http.url)),
            "http.code": Number(http.code),
          }),
      ...(dns === null ? {} : { "dns.query": text(dns.query), "dns.rcode": Number(dns.rcode) }),
      ...(kafka === null ? {} : { "kafka.topic": text(kafka.topic.topic), "kafka.code": Number(kafka.errorCode) }),
    },
  };
}

function endpoint(name: "source" | "destination", info: EndpointInfo): Partial<FlowEvent> {
  const address = info.ipv4 === "" ? info.ipv6 : info.ipv4;
  return address === "" ? {} : { [name]: { kind: "ip", address: fromByteString(address), port: info.port } };
}
