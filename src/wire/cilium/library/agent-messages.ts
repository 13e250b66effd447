import { fromByteString, toByteString } from "../go/byte-string.ts";
import { jsonString } from "../go/json.ts";
import {
  AgentNotify,
  AgentNotifyEndpointCreated,
  AgentNotifyEndpointDeleted,
  AgentNotifyEndpointRegenerateFail,
  AgentNotifyEndpointRegenerateSuccess,
  AgentNotifyIPCacheDeleted,
  AgentNotifyIPCacheUpserted,
  AgentNotifyPolicyDeleted,
  AgentNotifyPolicyUpdated,
  AgentNotifyServiceDeleted,
  AgentNotifyServiceUpserted,
  AgentNotifyStart,
} from "../message/agent-notify.ts";

/** The agent's facts about an endpoint. */
export interface EndpointFacts {
  readonly id: number;
  readonly labels: readonly string[];
  readonly podName?: string;
  readonly namespace?: string;
}

export interface ServiceAddress {
  readonly ip: string;
  readonly port: number;
}

/** The notifications an agent sends, as Go's constructors of the same names make them. */

export function policyUpdateMessage(rules: number, labels: readonly string[], revision: number): AgentNotify {
  return message(AgentNotifyPolicyUpdated, [
    optional("labels", labels),
    optional("revision", revision),
    ["rule_count", rules],
  ]);
}

export function policyDeleteMessage(deleted: number, labels: readonly string[], revision: number): AgentNotify {
  return message(AgentNotifyPolicyDeleted, [
    optional("labels", labels),
    optional("revision", revision),
    ["rule_count", deleted],
  ]);
}

export function endpointRegenMessage(endpoint: EndpointFacts, error?: string): AgentNotify {
  const type = error === undefined ? AgentNotifyEndpointRegenerateSuccess : AgentNotifyEndpointRegenerateFail;
  return message(type, [...endpointMembers(endpoint), optional("error", error ?? "")]);
}

export function endpointCreateMessage(endpoint: EndpointFacts): AgentNotify {
  return message(AgentNotifyEndpointCreated, [...endpointMembers(endpoint), ...podMembers(endpoint)]);
}

export function endpointDeleteMessage(endpoint: EndpointFacts): AgentNotify {
  return message(AgentNotifyEndpointDeleted, [...endpointMembers(endpoint), ...podMembers(endpoint)]);
}

export interface IPCacheFacts {
  readonly cidr: string;
  readonly id: number;
  readonly oldID?: number;
  readonly hostIP?: string;
  readonly oldHostIP?: string;
  readonly encryptKey: number;
  readonly namespace?: string;
  readonly podName?: string;
}

export function ipCacheUpsertedMessage(entry: IPCacheFacts): AgentNotify {
  return message(AgentNotifyIPCacheUpserted, ipCacheMembers(entry));
}

export function ipCacheDeletedMessage(entry: IPCacheFacts): AgentNotify {
  return message(AgentNotifyIPCacheDeleted, ipCacheMembers(entry));
}

/** @param time as the version writes it: Go's `2020-10-19 12:34:56.789 +0000 UTC` in v1.9, RFC 3339 since v1.10. */
export function startMessage(time: string): AgentNotify {
  return message(AgentNotifyStart, [["time", time]]);
}

export interface ServiceFacts {
  readonly id: number;
  readonly frontend: ServiceAddress;
  readonly backends: readonly ServiceAddress[] | null;
  readonly type?: string;
  readonly trafficPolicy?: string;
  readonly name?: string;
  readonly namespace?: string;
}

export function serviceUpsertMessage(service: ServiceFacts): AgentNotify {
  return message(AgentNotifyServiceUpserted, [
    ["id", service.id],
    ["frontend-address", { ip: service.frontend.ip, port: service.frontend.port }],
    ["backend-addresses", service.backends?.map(({ ip, port }) => ({ ip, port })) ?? null],
    optional("type", service.type),
    optional("traffic-policy", service.trafficPolicy),
    optional("name", service.name),
    optional("namespace", service.namespace),
  ]);
}

export function serviceDeleteMessage(id: number): AgentNotify {
  return message(AgentNotifyServiceDeleted, [["id", id]]);
}

type Json = string | number | null | readonly Json[] | { readonly [key: string]: Json };
type Member = readonly [name: string, value: Json] | undefined;

function message(type: number, members: readonly Member[]): AgentNotify {
  const shown = members.filter((member) => member !== undefined);
  return new AgentNotify(type, fromByteString(writeJson(Object.fromEntries(shown))));
}

/** Left out where Go's `omitempty` would. */
function optional(name: string, value: string | number | readonly string[] | undefined): Member {
  const isEmpty = value === undefined || value === "" || value === 0 || (Array.isArray(value) && value.length === 0);
  return isEmpty ? undefined : [name, value];
}

function endpointMembers({ id, labels }: EndpointFacts): Member[] {
  return [optional("id", id), optional("labels", labels)];
}

function podMembers({ podName, namespace }: EndpointFacts): Member[] {
  return [optional("pod-name", podName), optional("namespace", namespace)];
}

function ipCacheMembers(entry: IPCacheFacts): Member[] {
  return [
    ["cidr", entry.cidr],
    ["id", entry.id],
    entry.oldID === undefined ? undefined : ["old-id", entry.oldID],
    optional("host-ip", entry.hostIP),
    optional("old-host-ip", entry.oldHostIP),
    ["encrypt-key", entry.encryptKey],
    optional("namespace", entry.namespace),
    optional("pod-name", entry.podName),
  ];
}

function writeJson(value: Json): string {
  if (value === null || typeof value === "number") return String(value);
  if (typeof value === "string") return jsonString(toByteString(value), false);
  if (Array.isArray(value)) return `[${value.map(writeJson).join(",")}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${jsonString(key, false)}:${writeJson(item)}`)
    .join(",")}}`;
}
