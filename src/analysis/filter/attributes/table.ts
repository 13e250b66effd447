import { COMMON_ATTRIBUTES } from "../../protocols/common-attributes.ts";
import { listProtocolAttributes } from "../../protocols/protocol-attributes.ts";
import type { Attribute } from "./attribute.ts";
import { CONNECTION_ATTRIBUTES } from "./connection-attributes.ts";
import { EVENT_ATTRIBUTES } from "./event-attributes.ts";
import { EXCHANGE_ATTRIBUTES } from "./exchange-attributes.ts";
import { FLOW_ATTRIBUTES } from "./flow-attributes.ts";
import { latestPhase, type StreamPhase } from "./stream-phase.ts";

/**
 * Every name of the filter language, in the order of the documentation: the one table behind `-Y`, `-T fields -e`,
 * `cel_match`, redaction and sampling. Names and meanings are Envoy's where Envoy has them
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes).
 */
export const ATTRIBUTES: readonly Attribute[] = [
  ...listProtocolAttributes(),
  ...CONNECTION_ATTRIBUTES,
  ...EXCHANGE_ATTRIBUTES,
  ...COMMON_ATTRIBUTES,
  ...EVENT_ATTRIBUTES,
  ...FLOW_ATTRIBUTES,
];

const BY_NAME: ReadonlyMap<string, Attribute> = new Map(ATTRIBUTES.map((attribute) => [attribute.name, attribute]));

const GROUPS: ReadonlySet<string> = new Set(
  ATTRIBUTES.filter(({ name }) => name.includes(".")).map(({ name }) => name.slice(0, name.indexOf("."))),
);

export function findAttribute(name: string): Attribute | undefined {
  return BY_NAME.get(name);
}

/** The phase from which on all of some attributes are known: a filter that says nothing then will not say more. */
export function phaseOfAttributes(names: Iterable<string>): StreamPhase {
  return latestPhase([...names].map((name) => BY_NAME.get(name)?.phase ?? "end"));
}

/** Whether `name` is what stands before the dot of some attributes (`request`, `source`). */
export function isAttributeGroup(name: string): boolean {
  return GROUPS.has(name);
}

/** Attributes of Envoy that a tap cannot know, and why: refused by name. */
export const UNAVAILABLE: Readonly<Record<string, string>> = {
  "response.code_details": "it is known inside Envoy only",
  "response.flags": "it is known inside Envoy only",
  "connection.mtls": "whether the client showed a certificate is not recorded",
  "connection.termination_details": "it is known inside Envoy only",
  "connection.transport_failure_reason": "it is known inside Envoy only",
  "upstream.address": "an exchange is seen on one connection: tap the upstream and use destination.address",
  "upstream.port": "an exchange is seen on one connection: tap the upstream and use destination.port",
};
