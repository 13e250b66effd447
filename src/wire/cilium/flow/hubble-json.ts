import type { Endpoint, FlowEvent, FlowEventKind } from "../../../model/index.ts";
import { parseTimestamp } from "../../text/parse-timestamp.ts";
import { dropReason } from "../names/drop-reasons.ts";
import {
  MessageTypeAccessLog,
  MessageTypeCapture,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { traceObservationPoint } from "../names/observation-points.ts";
import { policyMatchTypeName } from "../names/policy-names.ts";
import type { FlowAttributes } from "./flow-ends.ts";
import type { FlowOrigin } from "./flow-event.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The event of an object that `hubble observe -o jsonpb` writes (a GetFlowsResponse, or one of agent or debug events), or that
 * Hubble exports: `flow`, `lost_events`, `node_status`, `agent_event` or `debug_event`, with `node_name` and `time`. Undefined where it is none of them.
 */
export function readHubbleEvent(json: Json, origin: FlowOrigin = {}): FlowEvent | undefined {
  const flow = objectOf(json["flow"]);
  const lost = objectOf(json["lost_events"]);
  const told = flow === undefined && lost === undefined ? readTold(json) : undefined;
  if (flow === undefined && lost === undefined && told === undefined) return undefined;
  const time = parseTimestamp(text(json["time"]) || text(flow?.["time"]));
  const node = text(json["node_name"]) || text(flow?.["node_name"]);
  const base = {
    ...origin,
    ...(time === undefined ? {} : { time }),
    ...(node === "" ? {} : { node }),
    document: json,
  };
  if (flow !== undefined) return { ...base, ...readFlow(flow) };
  if (told !== undefined) return { ...base, ...told };
  const events = number(lost!["num_events_lost"]);
  const cpu = lost!["cpu"];
  return {
    ...base,
    ...(cpu === undefined || cpu === null ? {} : { cpu: number(cpu) }),
    kind: "lost",
    summary: `${events} events lost`,
    attributes: { "lost.events": events, "lost.source": text(lost!["source"]) },
  };
}

/** Events of nodes, agents, and the datapath's debugging. */
function readTold(json: Json): Pick<FlowEvent, "kind" | "summary" | "attributes"> | undefined {
  const status = objectOf(json["node_status"]);
  if (status !== undefined) {
    const names = Array.isArray(status["node_names"]) ? status["node_names"].map(String) : [];
    const parts = [text(status["state_change"]), names.join(", "), text(status["message"])];
    return agentEvent("node-status", parts.filter((part) => part !== "").join(" "));
  }
  const agent = objectOf(json["agent_event"]);
  if (agent !== undefined) {
    const [, details] = Object.entries(agent).find(([name]) => name !== "type") ?? [];
    return agentEvent(text(agent["type"]), details === undefined ? "" : JSON.stringify(details));
  }
  const debug = objectOf(json["debug_event"]);
  if (debug === undefined) return undefined;
  const attributes = { ...endOf("source", debug["source"]), "flow.type": text(debug["type"]) };
  return { kind: "debug", summary: text(debug["message"]), attributes };
}

function agentEvent(type: string, details: string): Pick<FlowEvent, "kind" | "summary" | "attributes"> {
  const summary = details === "" ? type : `${type}: ${details}`;
  return { kind: "agent", summary, attributes: { "flow.type": "agent", "agent.type": type } };
}

const KINDS: Readonly<Record<number, FlowEventKind>> = {
  [MessageTypeDrop]: "drop",
  [MessageTypeCapture]: "capture",
  [MessageTypeTrace]: "trace",
  [MessageTypePolicyVerdict]: "policy",
  [MessageTypeTraceSock]: "socket",
  [MessageTypeAccessLog]: "l7",
};

function readFlow(flow: Json): Omit<FlowEvent, "time" | "node"> {
  const type = objectOf(flow["event_type"]) ?? {};
  const code = number(type["type"]);
  const kind = KINDS[code] ?? (flow["Type"] === "L7" ? "l7" : "debug");
  const [protocol, layer] = Object.entries(objectOf(flow["l4"]) ?? {})[0] ?? [];
  const l4 = objectOf(layer) ?? {};
  const ip = objectOf(flow["IP"]);
  const verdict = text(flow["verdict"]);
  const reply = flow["is_reply"];
  const dropCode = number(flow["drop_reason"]) || (kind === "drop" ? number(type["sub_type"]) : 0);
  const point = pointOf(flow["trace_observation_point"], kind === "trace" && code !== 0 ? type : undefined);
  const direction = text(flow["traffic_direction"]);
  const match = kind === "policy" ? policyMatchTypeName(number(flow["policy_match_type"]), "v1.20") : "";
  const reason = dropCode === 0 ? match : dropReason(dropCode, "v1.20");
  const flags = Object.entries(objectOf(l4["flags"]) ?? {}).flatMap(([name, isSet]) => (isSet === true ? [name] : []));
  const type4 = { trace: point, drop: reason, policy: `policy-verdict:${match} ${direction}` }[kind as "trace"];
  const l7 = objectOf(flow["l7"]);
  const http = objectOf(l7?.["http"]);
  const dns = objectOf(l7?.["dns"]);
  const file = objectOf(flow["file"]);
  const link = objectOf(flow["interface"]);
  const attributes: FlowAttributes = {
    ...endOf("source", flow["source"]),
    ...endOf("destination", flow["destination"]),
    "flow.type": type4 ?? (l7 === undefined ? text(flow["Type"]) : `${l7Name(l7)}-${text(l7["type"]).toLowerCase()}`),
    ...(typeof reply === "boolean" ? { "flow.reply": reply } : {}),
    ...(protocol === "TCP" ? { "tcp.flags": flags.join(", ") } : {}),
    ...(direction === "" ? {} : { "flow.direction": direction.toLowerCase() }),
    ...(objectOf(flow["IP"])?.["encrypted"] === true ? { "flow.encrypted": true } : {}),
    ...(link === undefined ? {} : { "flow.interface": text(link["name"]) || `${number(link["index"])}` }),
    ...(dropCode === 0 ? {} : { "drop.code": dropCode }),
    ...(file === undefined ? {} : { "drop.file": text(file["name"]), "drop.line": number(file["line"]) }),
    ...(point === "" ? {} : { "trace.point": point }),
    ...(flow["trace_reason"] === undefined ? {} : { "trace.state": text(flow["trace_reason"]).toLowerCase() }),
    ...(match === "" ? {} : { "policy.match": match, "policy.direction": direction.toLowerCase() }),
    ...(l7 === undefined ? {} : { "l7.protocol": l7Name(l7), "l7.type": capitalized(text(l7["type"])) }),
    ...(http === undefined
      ? {}
      : { "http.method": text(http["method"]), "http.url": text(http["url"]), "http.code": number(http["code"]) }),
    ...(dns === undefined ? {} : { "dns.query": text(dns["query"]), "dns.rcode": number(dns["rcode"]) }),
  };
  const summary = text(flow["Summary"]);
  return {
    kind,
    ...(ip === undefined
      ? {}
      : {
          source: end(text(ip["source"]), number(l4["source_port"])),
          destination: end(text(ip["destination"]), number(l4["destination_port"])),
        }),
    ...(protocol === undefined ? {} : { protocol: protocol.toLowerCase().replace(/v[46]$/, "") }),
    verdict,
    ...(reason === "" ? {} : { reason }),
    summary: summary === "" ? reason || verdict : summary,
    attributes: summary === "" ? attributes : { ...attributes, "flow.transport": summary },
  };
}

/** By its name or, where an older Hubble has none for it or the member was masked out, by the event's subtype. */
function pointOf(name: unknown, type: Json | undefined): string {
  if (typeof name === "string" && name !== "UNKNOWN_POINT") return name.toLowerCase().replaceAll("_", "-");
  return type === undefined ? "" : traceObservationPoint(number(type["sub_type"]), "v1.20");
}

/** The known facts of an end, of pods by name. */
function endOf(side: "source" | "destination", value: unknown): FlowAttributes {
  const endpoint = objectOf(value);
  if (endpoint === undefined) return {};
  const labels = Array.isArray(endpoint["labels"]) ? endpoint["labels"].map(String) : [];
  return {
    [`${side}.endpoint`]: number(endpoint["ID"]),
    [`${side}.identity`]: number(endpoint["identity"]),
    ...(labels.length === 0 ? {} : { [`${side}.labels`]: labels.join(" ") }),
    ...(text(endpoint["namespace"]) === "" ? {} : { [`${side}.namespace`]: text(endpoint["namespace"]) }),
    ...(text(endpoint["pod_name"]) === "" ? {} : { [`${side}.pod`]: text(endpoint["pod_name"]) }),
  };
}

function l7Name(l7: Json): string {
  return ["http", "dns", "kafka"].find((name) => l7[name] !== undefined) ?? "l7";
}

function capitalized(word: string): string {
  return word.slice(0, 1) + word.slice(1).toLowerCase();
}

function end(address: string, port: number): Endpoint {
  return { kind: "ip", address, port };
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : 0;
}
