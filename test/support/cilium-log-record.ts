import { type GobStruct, type GobType, writeGobStream } from "./gob-writer.ts";

const STRINGS: GobType = { slice: "string" };
const LABEL: GobType = { struct: "Label", fields: { Key: "string", Value: "string", Source: "string" } };
const HEADER: GobType = { map: ["string", STRINGS] };

const KAFKA: GobType = {
  struct: "LogRecordKafka",
  fields: {
    ErrorCode: "int",
    APIVersion: "int",
    APIKey: "string",
    CorrelationID: "int",
    Topic: { struct: "KafkaTopic", fields: { Topic: "string" } },
  },
};

/** How an agent describes the parts of its records that have changed over the versions. */
export interface LogRecordTypes {
  /** Labels: texts up to v1.15, structs since. */
  readonly labels: "texts" | "structs";
  /** Addresses of DNS answers: bytes up to v1.16, a type with a MarshalBinary since. */
  readonly addresses: "bytes" | "binary";
  /** Endpoints have a digest of their labels: up to v1.11. */
  readonly digest?: boolean;
  /** Records can be of Kafka: up to v1.19, and where nothing is said. */
  readonly kafka?: boolean;
}

/** An access log message: a byte 129 and the gob stream of a record, described with every field that those versions have. */
export function logRecordMessage(
  record: GobStruct,
  types: LogRecordTypes = { labels: "texts", addresses: "bytes" },
): Uint8Array {
  const endpoint: GobType = {
    struct: "EndpointInfo",
    fields: {
      ID: "uint",
      IPv4: "string",
      IPv6: "string",
      Port: "uint",
      Identity: "uint",
      Labels: types.labels === "texts" ? STRINGS : { slice: LABEL },
      ...(types.digest === true ? { LabelsSHA256: "string" } : {}),
    },
  };
  const type: GobType = {
    struct: "LogRecord",
    fields: {
      Type: "string",
      Timestamp: "string",
      NodeAddressInfo: { struct: "NodeAddressInfo", fields: { IPv4: "string", IPv6: "string" } },
      ObservationPoint: "string",
      SourceEndpoint: endpoint,
      DestinationEndpoint: endpoint,
      IPVersion: "uint",
      Verdict: "string",
      Info: "string",
      Metadata: STRINGS,
      TransportProtocol: "uint",
      FlowEvent: "string",
      ServiceInfo: {
        struct: "ServiceInfo",
        fields: { Name: "string", IPPort: { struct: "IPPort", fields: { IP: "string", Port: "uint" } } },
      },
      DropReason: "uint",
      HTTP: {
        struct: "LogRecordHTTP",
        fields: {
          Code: "int",
          Method: "string",
          URL: { binary: "URL" },
          Protocol: "string",
          Headers: HEADER,
          MissingHeaders: HEADER,
          RejectedHeaders: HEADER,
        },
      },
      ...(types.kafka === false ? {} : { Kafka: KAFKA }),
      DNS: {
        struct: "LogRecordDNS",
        fields: {
          Query: "string",
          IPs: { slice: types.addresses === "bytes" ? "bytes" : { binary: "Addr" } },
          TTL: "uint",
          CNAMEs: STRINGS,
          ObservationSource: "string",
          RCode: "int",
          QTypes: { slice: "uint" },
          AnswerTypes: { slice: "uint" },
        },
      },
      L7: { struct: "LogRecordL7", fields: { Proto: "string", Fields: { map: ["string", "string"] } } },
    },
  };
  return Uint8Array.from([129, ...writeGobStream(type, record)]);
}

/** An agent's message: a byte 130 and the gob stream of a notification. */
export function agentMessage(type: number, text: string): Uint8Array {
  const agent: GobType = { struct: "AgentNotify", fields: { Type: "uint", Text: "string" } };
  return Uint8Array.from([130, ...writeGobStream(agent, { Type: type, Text: text })]);
}
