import type { Schema, StructSchema } from "../../gob/index.ts";
import { decodeLatin1 } from "../../text/latin1.ts";
import { EMPTY_URL, parseGoUrl } from "../go/url.ts";

/** Go's accesslog.LogRecord as far as it is printed; what else a sender has is skipped. */

const STRING: Schema = { kind: "string", goType: "string" };
const STRINGS: Schema = { kind: "slice", goType: "[]string", element: STRING };
const named = (goType: string): Schema => ({ kind: "string", goType });
const int = (bits: 16 | 32 | 64, goType: string): Schema => ({ kind: "int", bits, goType });
const uint = (bits: 8 | 16 | 32 | 64, goType: string): Schema => ({ kind: "uint", bits, goType });
const pointer = (element: Schema): Schema => ({ kind: "pointer", goType: `*${element.goType}`, element });

const URL_SCHEMA: Schema = pointer({
  kind: "opaque",
  goType: "url.URL",
  zero: () => EMPTY_URL,
  parse: (bytes) => {
    const url = parseGoUrl(decodeLatin1(bytes));
    return "error" in url ? url : { value: url };
  },
});

const HEADER: Schema = { kind: "map", goType: "http.Header", key: STRING, element: STRINGS };

const HTTP: StructSchema = {
  kind: "struct",
  goType: "accesslog.LogRecordHTTP",
  fields: {
    Code: { key: "code", schema: int(64, "int") },
    Method: { key: "method", schema: STRING },
    URL: { key: "url", schema: URL_SCHEMA },
    Protocol: { key: "protocol", schema: STRING },
    Headers: { key: "headers", schema: HEADER },
    MissingHeaders: { key: "missingHeaders", schema: HEADER },
    RejectedHeaders: { key: "rejectedHeaders", schema: HEADER },
  },
};

const KAFKA: StructSchema = {
  kind: "struct",
  goType: "accesslog.LogRecordKafka",
  fields: {
    ErrorCode: { key: "errorCode", schema: int(64, "int") },
    APIVersion: { key: "apiVersion", schema: int(16, "int16") },
    APIKey: { key: "apiKey", schema: STRING },
    CorrelationID: { key: "correlationID", schema: int(32, "int32") },
    Topic: {
      key: "topic",
      schema: { kind: "struct", goType: "accesslog.KafkaTopic", fields: { Topic: { key: "topic", schema: STRING } } },
    },
  },
};

const UINT16S: Schema = { kind: "slice", goType: "[]uint16", element: uint(16, "uint16") };

const dns = (address: Schema): StructSchema => ({
  kind: "struct",
  goType: "accesslog.LogRecordDNS",
  fields: {
    Query: { key: "query", schema: STRING },
    IPs: { key: "ips", schema: { kind: "slice", goType: `[]${address.goType}`, element: address } },
    TTL: { key: "ttl", schema: uint(32, "uint32") },
    CNAMEs: { key: "cnames", schema: STRINGS },
    ObservationSource: { key: "observationSource", schema: named("accesslog.DNSDataSource") },
    RCode: { key: "rcode", schema: int(64, "int") },
    QTypes: { key: "qtypes", schema: UINT16S },
    AnswerTypes: { key: "answerTypes", schema: UINT16S },
  },
});

const L7: StructSchema = {
  kind: "struct",
  goType: "accesslog.LogRecordL7",
  fields: {
    Proto: { key: "proto", schema: STRING },
    Fields: { key: "fields", schema: { kind: "map", goType: "map[string]string", key: STRING, element: STRING } },
  },
};

const NODE_ADDRESS: StructSchema = {
  kind: "struct",
  goType: "accesslog.NodeAddressInfo",
  fields: { IPv4: { key: "ipv4", schema: STRING }, IPv6: { key: "ipv6", schema: STRING } },
};

const SERVICE: StructSchema = {
  kind: "struct",
  goType: "accesslog.ServiceInfo",
  fields: {
    Name: { key: "name", schema: STRING },
    IPPort: {
      key: "ipPort",
      schema: {
        kind: "struct",
        goType: "accesslog.IPPort",
        fields: { IP: { key: "ip", schema: STRING }, Port: { key: "port", schema: uint(16, "uint16") } },
      },
    },
  },
};

const endpoint = (labels: Schema, hasDigest: boolean): StructSchema => ({
  kind: "struct",
  goType: "accesslog.EndpointInfo",
  fields: {
    ID: { key: "id", schema: uint(64, "uint64") },
    IPv4: { key: "ipv4", schema: STRING },
    IPv6: { key: "ipv6", schema: STRING },
    Port: { key: "port", schema: uint(16, "uint16") },
    Identity: { key: "identity", schema: uint(64, "uint64") },
    Labels: { key: "labels", schema: labels },
    ...(hasDigest ? { LabelsSHA256: { key: "labelsSHA256", schema: STRING } } : {}),
  },
});

const logRecord = (labels: Schema, address: Schema, hasDigest: boolean): StructSchema => ({
  kind: "struct",
  goType: "monitor.LogRecordNotify",
  fields: {
    Type: { key: "type", schema: named("accesslog.FlowType") },
    Timestamp: { key: "timestamp", schema: STRING },
    NodeAddressInfo: { key: "nodeAddressInfo", schema: NODE_ADDRESS },
    ObservationPoint: { key: "observationPoint", schema: named("accesslog.ObservationPoint") },
    SourceEndpoint: { key: "sourceEndpoint", schema: endpoint(labels, hasDigest) },
    DestinationEndpoint: { key: "destinationEndpoint", schema: endpoint(labels, hasDigest) },
    IPVersion: { key: "ipVersion", schema: uint(8, "accesslog.IPVersion") },
    Verdict: { key: "verdict", schema: named("accesslog.FlowVerdict") },
    Info: { key: "info", schema: STRING },
    Metadata: { key: "metadata", schema: STRINGS },
    TransportProtocol: { key: "transportProtocol", schema: uint(16, "accesslog.TransportProtocol") },
    FlowEvent: { key: "flowEvent", schema: named("accesslog.FlowEvent") },
    ServiceInfo: { key: "serviceInfo", schema: pointer(SERVICE) },
    DropReason: { key: "dropReason", schema: pointer(uint(16, "accesslog.DropReason")) },
    HTTP: { key: "http", schema: pointer(HTTP) },
    Kafka: { key: "kafka", schema: pointer(KAFKA) },
    DNS: { key: "dns", schema: pointer(dns(address)) },
    L7: { key: "l7", schema: pointer(L7) },
  },
});

const LABEL: StructSchema = {
  kind: "struct",
  goType: "labels.Label",
  fields: {
    Key: { key: "key", schema: STRING },
    Value: { key: "value", schema: STRING },
    Source: { key: "source", schema: STRING },
  },
};

/** netip.Addr: nothing, 4 bytes, or 16 bytes and a zone. */
const NETIP_ADDRESS: Schema = {
  kind: "opaque",
  goType: "netip.Addr",
  zero: () => null,
  parse: (bytes) =>
    bytes.length === 0
      ? { value: null }
      : bytes.length === 4 || bytes.length >= 16
        ? { value: bytes.slice() }
        : { error: "unexpected slice size" },
};

const IP: Schema = { kind: "bytes", goType: "net.IP" };
const LABELS: Schema = { kind: "slice", goType: "labels.LabelArray", element: LABEL };

/**
 * The types of a record's labels and addresses, and whether endpoints have a digest of their labels: v1.9 has the first, v1.12 the
 * second, v1.16 the fifth, v1.17 and later the last. (The others are of no version; each part is recognised by itself.)
 */
export type LogRecordForm = `${"texts" | "structs"} ${"bytes" | "binary"}${"" | " digest"}`;

export const LOG_RECORD_SCHEMAS: Readonly<Record<LogRecordForm, StructSchema>> = {
  "texts bytes digest": logRecord(STRINGS, IP, true),
  "texts bytes": logRecord(STRINGS, IP, false),
  "texts binary digest": logRecord(STRINGS, NETIP_ADDRESS, true),
  "texts binary": logRecord(STRINGS, NETIP_ADDRESS, false),
  "structs bytes digest": logRecord(LABELS, IP, true),
  "structs bytes": logRecord(LABELS, IP, false),
  "structs binary digest": logRecord(LABELS, NETIP_ADDRESS, true),
  "structs binary": logRecord(LABELS, NETIP_ADDRESS, false),
};
