import type { Timestamp } from "../../../model/index.ts";
import { parseTimestamp } from "../../text/parse-timestamp.ts";
import { type Json, numberOf, objectOf, textOf, textsOf } from "./hubble-members.ts";

/** An agent's event in words, as Hubble's command line prints it behind its type (getAgentEventDetails); `UNKNOWN` where it says nothing. */
export function agentEventDetails(
  type: string,
  event: Json,
  formatTime: (time: Timestamp | undefined) => string,
): string {
  const [member, describe] = DETAILS[type] ?? [];
  const details = member === undefined ? undefined : objectOf(event[member]);
  return details === undefined ? "UNKNOWN" : describe!(details, formatTime);
}

type Describe = (details: Json, formatTime: (time: Timestamp | undefined) => string) => string;

const POLICY: readonly [string, Describe] = [
  "policy_update",
  (policy) =>
    `labels: [${textsOf(policy["labels"]).join(",")}], revision: ${digits(policy["revision"])}, count: ${digits(policy["rule_count"])}`,
];

const REGENERATION: readonly [string, Describe] = [
  "endpoint_regenerate",
  (end) => `id: ${digits(end["id"])}, labels: [${textsOf(end["labels"]).join(",")}]${optional("error", end["error"])}`,
];

const ENDPOINT: readonly [string, Describe] = [
  "endpoint_update",
  (end) => `id: ${digits(end["id"])}${optional("namespace", end["namespace"])}${optional("pod name", end["pod_name"])}`,
];

const ADDRESS: readonly [string, Describe] = [
  "ipcache_update",
  (address) => {
    const old = address["old_identity"];
    return (
      `cidr: ${textOf(address["cidr"])}, identity: ${digits(address["identity"])}` +
      (old === undefined || old === null ? "" : `, old identity: ${digits(old)}`) +
      `${optional("host ip", address["host_ip"])}${optional("old host ip", address["old_host_ip"])}` +
      `, encrypt key: ${digits(address["encrypt_key"])}`
    );
  },
];

const DETAILS: Readonly<Record<string, readonly [member: string, describe: Describe]>> = {
  AGENT_EVENT_UNKNOWN: [
    "unknown",
    (unknown) => `type: ${textOf(unknown["type"])}, notification: ${textOf(unknown["notification"])}`,
  ],
  AGENT_STARTED: [
    "agent_start",
    (start, formatTime) => `start time: ${formatTime(parseTimestamp(textOf(start["time"])))}`,
  ],
  POLICY_UPDATED: POLICY,
  POLICY_DELETED: POLICY,
  ENDPOINT_REGENERATE_SUCCESS: REGENERATION,
  ENDPOINT_REGENERATE_FAILURE: REGENERATION,
  ENDPOINT_CREATED: ENDPOINT,
  ENDPOINT_DELETED: ENDPOINT,
  IPCACHE_UPSERTED: ADDRESS,
  IPCACHE_DELETED: ADDRESS,
  SERVICE_UPSERTED: ["service_upsert", describeService],
  SERVICE_DELETED: ["service_delete", (service) => `id: ${digits(service["id"])}`],
};

function describeService(service: Json): string {
  const frontend = objectOf(service["frontend_address"]);
  const backends = Array.isArray(service["backend_addresses"]) ? service["backend_addresses"] : [];
  const list = backends.map((address) => addressText(objectOf(address) ?? {})).join(",");
  return (
    `id: ${digits(service["id"])}${frontend === undefined ? "" : `, frontend: ${addressText(frontend)}`}` +
    (backends.length === 0 ? "" : `, backends: [${list}]`) +
    `${optional("type", service["type"])}${optional("traffic policy", service["traffic_policy"])}` +
    `${optional("namespace", service["namespace"])}${optional("name", service["name"])}`
  );
}

function addressText(address: Json): string {
  const ip = textOf(address["ip"]);
  return `${ip.includes(":") ? `[${ip}]` : ip}:${digits(address["port"])}`;
}

function optional(name: string, value: unknown): string {
  return textOf(value) === "" ? "" : `, ${name}: ${textOf(value)}`;
}

/** As they stand there: 64 bits are digits in a text. */
function digits(value: unknown): string {
  return /^-?\d+$/.test(textOf(value)) ? textOf(value) : `${numberOf(value)}`;
}
