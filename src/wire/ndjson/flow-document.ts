import type { FlowEvent, FlowEventKind } from "../../model/index.ts";
import { type Fields, isObject } from "../json/fields.ts";
import { readEndpoint, readTime } from "../json/read-values.ts";
import { decodeBase64, encodeBase64 } from "../text/content-text.ts";
import { DOCUMENT_VERSION, documentLine, endpointDocument, time } from "./document-parts.ts";
import { INTEGER, type JsonSchema, record, reference, TEXT } from "./document-schema.ts";

/** A flow as one JSON document, the captured packet in base64. `readFlow` reads it back without loss. */
export function flowDocument(event: FlowEvent): object {
  const { kind, node, cpu, protocol, verdict, reason, summary, attributes, packet, packetLength } = event;
  return {
    type: "flow",
    version: DOCUMENT_VERSION,
    kind,
    time: time(event.time),
    node,
    cpu,
    source: endpointDocument(event.source),
    destination: endpointDocument(event.destination),
    protocol,
    verdict,
    reason,
    summary,
    attributes,
    packet: packet && encodeBase64(packet),
    packetLength,
  };
}

/** One line, with its line feed. */
export function flowLine(event: FlowEvent): string {
  return documentLine(flowDocument(event));
}

const KINDS: readonly FlowEventKind[] = [
  "trace",
  "drop",
  "policy",
  "debug",
  "capture",
  "socket",
  "l7",
  "agent",
  "lost",
  "retransmit",
  "timing",
];

const ATTRIBUTES: JsonSchema = {
  type: "object",
  additionalProperties: { type: ["string", "number", "boolean"] },
};

/** As a JSON Schema. */
export const FLOW_DOCUMENT: JsonSchema = {
  description: "one observation of a packet or a flow by the datapath",
  ...record(
    {
      type: { const: "flow" },
      version: { const: DOCUMENT_VERSION },
      kind: { enum: KINDS },
      summary: TEXT,
      attributes: ATTRIBUTES,
    },
    {
      time: reference("timestamp"),
      node: TEXT,
      cpu: INTEGER,
      source: reference("endpoint"),
      destination: reference("endpoint"),
      protocol: TEXT,
      verdict: TEXT,
      reason: TEXT,
      packet: { type: "string", contentEncoding: "base64" },
      packetLength: INTEGER,
    },
  ),
};

export function readFlow(document: Fields): FlowEvent {
  const moment = readTime(document, "time");
  const source = readEndpoint(document.optional("source"));
  const destination = readEndpoint(document.optional("destination"));
  const packet = decodeBase64(document.text("packet") ?? "");
  return {
    kind: document.oneOf("kind", KINDS) ?? "debug",
    ...(moment && { time: moment }),
    ...(source && { source }),
    ...(destination && { destination }),
    ...document.copyTexts("node", "protocol", "verdict", "reason"),
    ...document.copyNumbers("cpu", "packetLength"),
    summary: document.text("summary") ?? "",
    attributes: readAttributes(document.raw["attributes"]),
    ...(packet !== undefined && packet.length > 0 && { packet }),
  };
}

function readAttributes(raw: unknown): FlowEvent["attributes"] {
  if (!isObject(raw)) return {};
  const plain = Object.entries(raw).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return Object.fromEntries(plain) as FlowEvent["attributes"];
}
