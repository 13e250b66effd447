import type { FlowEvent, Header } from "../../model/index.ts";
import type { Redactor } from "./redactor.ts";

/**
 * A flow without the secrets that its request has: what the datapath saw of packets has none, and is the same object. A captured packet stays
 * what it was, as copies of packets do.
 */
export function redactFlow(flow: FlowEvent, redactor: Redactor): FlowEvent {
  if (!mayHoldSecrets(flow)) return flow;
  const { summary, attributes, document } = flow;
  return {
    ...flow,
    summary: redactor.text(summary),
    attributes: redactMembers(attributes, redactor) as FlowEvent["attributes"],
    ...(document !== undefined && { document: redactMembers(document, redactor) as typeof document }),
  };
}

/** Whether it has more than the datapath's own words: another program's may be anything. */
export function mayHoldSecrets({ kind, document }: FlowEvent): boolean {
  return kind === "l7" || kind === "agent" || document !== undefined;
}

function redactMembers(object: Readonly<Record<string, unknown>>, redactor: Redactor): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, redactValue(name, value, redactor)]));
}

function redactValue(name: string, value: unknown, redactor: Redactor): unknown {
  if (typeof value === "string") {
    if (value === "") return value;
    const bytes = new TextEncoder().encode(value);
    const redacted = redactor.named([name], bytes);
    return redacted === bytes ? value : new TextDecoder().decode(redacted);
  }
  if (Array.isArray(value)) {
    const headers = readHeaders(value);
    if (headers === undefined) return value.map((item) => redactValue(name, item, redactor));
    return redactor.headers(headers).map((header, index) => ({ ...(value[index] as object), value: header.value }));
  }
  if (typeof value !== "object" || value === null) return value;
  const members = value as Record<string, unknown>;
  const redacted = redactMembers(members, redactor);
  // Kafka's API keys are the names of its requests.
  return name === "kafka" && members["api_key"] !== undefined ? { ...redacted, api_key: members["api_key"] } : redacted;
}

/** Hubble's form of headers: `[{"key": "…", "value": "…"}]`. */
function readHeaders(list: readonly unknown[]): Header[] | undefined {
  if (list.length === 0) return undefined;
  const headers: Header[] = [];
  for (const item of list) {
    const { key, value } = (item ?? {}) as { key?: unknown; value?: unknown };
    if (typeof key !== "string" || typeof value !== "string") return undefined;
    headers.push({ name: key, value });
  }
  return headers;
}
