import type { Integer } from "../../gob/index.ts";
import { decodeLatin1 } from "../../text/latin1.ts";
import type { ByteString } from "../go/byte-string.ts";
import { jsonString } from "../go/json.ts";
import { ipText } from "../go/text.ts";
import { formatGoUrl, goUrlJson } from "../go/url.ts";
import type { EndpointInfo, LogRecord, LogRecordDNS, LogRecordHTTP } from "../message/log-record.ts";
import { dnsTypeName } from "../names/dns-types.ts";
import type { Printer } from "./printer.ts";

/** The line of a record, whose texts are byte strings. */
export function logRecordInfo(record: LogRecord, printer: Printer): ByteString {
  let text = describeFlow(record, printer);
  let ended = false;
  const { http, kafka, dns, l7 } = record;
  if (http !== null) {
    text += ` ${http.method} ${http.url === null ? "" : formatGoUrl(http.url)} => ${http.code}\n`;
    ended = true;
  }
  if (kafka !== null) {
    text += ` ${kafka.apiKey} topic ${kafka.topic.topic} => ${kafka.errorCode}\n`;
    ended = true;
  }
  if (dns !== null) {
    text += `${describeDns(record, dns, printer)}\n`;
    ended = true;
  }
  if (l7 !== null) {
    for (const [key, value] of sorted(l7.fields)) if (key !== "status") text += ` ${key}:${value}`;
    const status = l7.fields?.get("status") ?? "";
    text += status === "" ? "\n" : ` => status:${status}\n`;
    ended = true;
  }
  // Cilium does not end the line of a record without any of the four.
  return ended || printer.compat ? text : `${text}\n`;
}

/** The JSON of a record; undefined where Go's json.Marshal fails, and Cilium prints nothing. */
export function logRecordJson(record: LogRecord, printer: Printer): ByteString | undefined {
  const text = (value: ByteString) => jsonString(value, printer.atLeastV119);
  const { sourceEndpoint: source, destinationEndpoint: destination } = record;
  let json =
    `{"type":"logRecord","observationPoint":${text(record.observationPoint)},"flowType":${text(record.type)}` +
    `,"l7Proto":${text(protocolOf(record))}${endpointJson("src", source, printer)}${endpointJson("dst", destination, printer)}` +
    `,"verdict":${text(record.verdict)}`;
  if (record.http !== null) json += `,"http":${httpJson(record.http, printer)}`;
  if (record.kafka !== null) {
    const { errorCode, apiVersion, apiKey, correlationID, topic } = record.kafka;
    const topicJson = topic.topic === "" ? "{}" : `{"Topic":${text(topic.topic)}}`;
    json += `,"kafka":{"ErrorCode":${errorCode},"APIVersion":${apiVersion},"APIKey":${text(apiKey)},"CorrelationID":${correlationID},"Topic":${topicJson}}`;
  }
  if (record.dns !== null) {
    const dns = dnsJson(record.dns, printer);
    if (dns === undefined) return undefined;
    json += `,"dns":${dns}`;
  }
  if (record.l7 !== null) {
    const { proto, fields } = record.l7;
    const members = sorted(fields).map(([key, value]) => `${text(key)}:${text(value)}`);
    json += `,"l7":{${proto === "" ? "" : `"Proto":${text(proto)},`}"Fields":${fields === null ? "null" : `{${members.join(",")}}`}}`;
  }
  return `${json}}`;
}

/** `http`, `kafka`, `dns`, the name of another protocol, or `unknown-l7`. */
export function protocolOf(record: LogRecord): ByteString {
  if (record.http !== null) return "http";
  if (record.kafka !== null) return "kafka";
  if (record.dns !== null) return "dns";
  return record.l7 === null ? "unknown-l7" : record.l7.proto;
}

/** Labels as texts: `source:key=value`. */
export function labelTexts(endpoint: EndpointInfo): ByteString[] {
  return (endpoint.labels ?? []).map((label) =>
    typeof label === "string"
      ? label
      : label.value === ""
        ? `${label.source}:${label.key}`
        : `${label.source}:${label.key}=${label.value}`,
  );
}

function describeFlow(record: LogRecord, printer: Printer): ByteString {
  const { type, sourceEndpoint: source, destinationEndpoint: destination } = record;
  if (type !== "Request" && type !== "Response" && printer.compat) return "";
  const direction = record.observationPoint === "Ingress" ? "<-" : record.observationPoint === "Egress" ? "->" : "??";
  const name = (endpoint: EndpointInfo) =>
    `${endpointText(endpoint.id, printer)} ([${labelTexts(endpoint).join(" ")}])`;
  // v1.9 says of a response that it goes to where the request came from, and names the ends the wrong way round.
  const swapped = type === "Response" && printer.compat && !printer.atLeastV119;
  const ends =
    type === "Response"
      ? swapped
        ? `to ${name(source)} from ${name(destination)}`
        : `to ${name(destination)} from ${name(source)}`
      : `from ${name(source)} to ${name(destination)}`;
  const identities = `${identityText(source.identity, printer)}->${identityText(destination.identity, printer)}`;
  return `${direction} ${type} ${protocolOf(record)} ${ends}, identity ${identities}, verdict ${record.verdict}`;
}

function endpointText(id: Integer, printer: Printer): string {
  return printer.compat || typeof id === "bigint" ? `${id}` : printer.endpointText(id);
}

/** The numbers also in v1.19: only names that the user gave are put for them. */
function identityText(identity: Integer, printer: Printer): string {
  if (printer.compat || typeof identity === "bigint") return `${identity}`;
  return printer.givenIdentityName(identity) ?? `${identity}`;
}

function describeDns(record: LogRecord, dns: LogRecordDNS, printer: Printer): ByteString {
  const isResponse = record.type === "Response";
  if (!isResponse && record.type !== "Request") return "";
  const types = (dns.qtypes ?? []).map((type) => dnsTypeName(type, printer.atLeastV119 || !printer.compat)).join(",");
  const source = printer.atLeastV119
    ? dns.observationSource
    : isResponse && dns.observationSource === "proxy"
      ? "Proxy"
      : "Query";
  let text = ` DNS ${source === "" && !printer.compat ? "Query" : source}: ${dns.query} ${types}`;
  if (!isResponse) return text;
  const addresses = (dns.ips ?? []).map((ip) => addressText(ip, printer.atLeastV119)).join(",");
  text += ` TTL: ${dns.ttl} Answer: '${addresses}'`;
  return dns.cnames !== null && dns.cnames.length > 0 ? `${text} CNAMEs: ${dns.cnames.join(",")}` : text;
}

/** net.IP.String in v1.9, netip.Addr.String in v1.19. */
function addressText(ip: Uint8Array | null, atLeastV119: boolean): ByteString {
  if (ip === null || ip.length === 0) return atLeastV119 ? "invalid IP" : "<nil>";
  if (ip.length === 4) return ipText(ip, 0, 4);
  if (ip.length < 16 || (!atLeastV119 && ip.length > 16))
    return `?${[...ip].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const text = ipText(ip, 0, 16);
  const zone = ip.length > 16 ? `%${decodeLatin1(ip, 16)}` : "";
  return atLeastV119 && !text.includes(":") ? `::ffff:${text}${zone}` : text + zone;
}

function endpointJson(name: "src" | "dst", endpoint: EndpointInfo, printer: Printer): ByteString {
  const labels =
    endpoint.labels === null && !printer.atLeastV119
      ? "null"
      : `[${labelTexts(endpoint)
          .map((label) => jsonString(label, printer.atLeastV119))
          .join(",")}]`;
  return `,"${name}EpID":${endpoint.id},"${name}EpLabels":${labels},"${name}Identity":${endpoint.identity}`;
}

function httpJson(http: LogRecordHTTP, printer: Printer): ByteString {
  const { atLeastV119, atLeastV120 } = printer;
  const url = http.url === null ? "null" : goUrlJson(http.url, atLeastV119, atLeastV120);
  const headers = (map: Map<string, string[] | null> | null) =>
    map === null
      ? "null"
      : `{${sorted(map)
          .map(([key, values]) => `${jsonString(key, atLeastV119)}:${stringsJson(values, atLeastV119)}`)
          .join(",")}}`;
  return (
    `{"Code":${http.code},"Method":${jsonString(http.method, atLeastV119)},"URL":${url},"Protocol":${jsonString(http.protocol, atLeastV119)}` +
    `,"Headers":${headers(http.headers)},"MissingHeaders":${headers(http.missingHeaders)},"RejectedHeaders":${headers(http.rejectedHeaders)}}`
  );
}

function dnsJson(dns: LogRecordDNS, printer: Printer): ByteString | undefined {
  const { atLeastV119 } = printer;
  const members: string[] = [];
  if (dns.query !== "") members.push(`"Query":${jsonString(dns.query, atLeastV119)}`);
  if (dns.ips !== null && dns.ips.length > 0) {
    if (!atLeastV119 && dns.ips.some((ip) => ip !== null && ![0, 4, 16].includes(ip.length))) return undefined;
    const texts = dns.ips.map((ip) => (ip === null || ip.length === 0 ? "" : addressText(ip, atLeastV119)));
    members.push(`"IPs":${stringsJson(texts, atLeastV119)}`);
  }
  if (dns.ttl !== 0) members.push(`"TTL":${dns.ttl}`);
  if (dns.cnames !== null && dns.cnames.length > 0) members.push(`"CNAMEs":${stringsJson(dns.cnames, atLeastV119)}`);
  if (dns.observationSource !== "")
    members.push(`"ObservationSource":${jsonString(dns.observationSource, atLeastV119)}`);
  if (dns.rcode !== 0) members.push(`"RCode":${dns.rcode}`);
  if (dns.qtypes !== null && dns.qtypes.length > 0) members.push(`"QTypes":[${dns.qtypes.join(",")}]`);
  if (dns.answerTypes !== null && dns.answerTypes.length > 0)
    members.push(`"AnswerTypes":[${dns.answerTypes.join(",")}]`);
  return `{${members.join(",")}}`;
}

function stringsJson(values: readonly ByteString[] | null, atLeastV119: boolean): ByteString {
  return values === null ? "null" : `[${values.map((value) => jsonString(value, atLeastV119)).join(",")}]`;
}

/** Go prints maps sorted in JSON, and in any order elsewhere: here they are always sorted. */
function sorted<Value>(map: Map<string, Value> | null): [string, Value][] {
  return map === null ? [] : [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
