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
import { enumText, type Json, numberOf, objectOf, textOf } from "./hubble-members.ts";

/**
 * The event of an object that `hubble observe -o jsonpb` writes (a GetFlowsResponse, or one of agent or debug events), or that
 * Hubble exports: `flow`, `lost_events`, `node_status`, `agent_event` or `debug_event`, with `node_name` and `time`. Undefined where it is none of them.
 */
export function readHubbleEvent(json: Json, origin: FlowOrigin = {}): FlowEvent | undefined {
  const flow = objectOf(json["flow"]);
  const lost = objectOf(json["lost_events"]);
  const told = flow === undefined && lost === undefined ? readTold(json) : undefined;
  if (flow === undefined && lost === undefined && told === undefined) return undefined;
  const time = parseTimestamp(textOf(json["time"]) || textOf(flow?.["time"]));
  const node = textOf(json["node_name"]) || textOf(flow?.["node_name"]);
  const base = {
    ...origin,
    ...(time === undefined ? {} : { time }),
    ...(node === "" ? {} : { node }),
    document: json,
  };
  if (flow !== undefined) return { ...base, ...readFlow(flow) };
  if (told !== undefined) return { ...base, ...told };
  const events = numberOf(lost!["num_events_lost"]);
  const cpu = lost!["cpu"];
  return {
    ...base,
    ...(cpu === undefined || cpu === null ? {} : { cpu: numberOf(cpu) }),
    kind: "lost",
    summary: `${events} events lost`,
    attributes: { "lost.events": events, "lost.source": enumText(lost!["source"], "UNKNOWN_LOST_EVENT_SOURCE") },
  };
}

/** Events of nodes, agents, and the datapath's debugging. */
function readTold(json: Json): Pick<FlowEvent, "kind" | "summary" | "attributes"> | undefined {
  const status = objectOf(json["node_status"]);
  if (status !== undefined) {
    const names = Array.isArray(status["node_names"]) ? status["node_names"].map(String) : [];
    const parts = [textOf(status["state_change"]), names.join(", "), textOf(status["message"])];
    return agentEvent("node-status", parts.filter((part) => part !== "").join(" "));
  }
  const agent = objectOf(json["agent_event"]);
  if (agent !== undefined) {
    const [, details] = Object.entries(agent).find(([name]) => name !== "type") ?? [];
    return agentEvent(textOf(agent["type"]), details === undefined ? "" : JSON.stringify(details));
  }
  const debug = objectOf(json["debug_event"]);
  if (debug === undefined) return undefined;
  const attributes = { ...endOf("source", debug["source"]), "flow.type": textOf(debug["type"]) };
  return { kind: "debug", summary: textOf(debug["message"]), attributes };
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
  const code = numberOf(type["type"]);
  const kind = KINDS[code] ?? (flow["Type"] === "L7" ? "l7" : "debug");
  const [protocol, layer] = Object.entries(objectOf(flow["l4"]) ?? {})[0] ?? [];
  const l4 = objectOf(layer) ?? {};
  const ip = objectOf(flow["IP"]);
  const verdict = textOf(flow["verdict"]);
  const reply = flow["is_reply"];
  const dropCode = numberOf(flow["drop_reason"]) || (kind === "drop" ? numberOf(type["sub_type"]) : 0);
  const point = pointOf(flow["trace_observation_point"], kind === "trace" && code !== 0 ? type : undefined);
  const direction = textOf(flow["traffic_direction"]);
  const match = kind === "policy" ? policyMatchTypeName(numberOf(flow["policy_match_type"]), "v1.20") : "";
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
    "flow.type":
      type4 ?? (l7 === undefined ? textOf(flow["Type"]) : `${l7Name(l7)}-${textOf(l7["type"]).toLowerCase()}`),
    ...(typeof reply === "boolean" ? { "flow.reply": reply } : {}),
    ...(protocol === "TCP" ? { "tcp.flags": flags.join(", ") } : {}),
    ...(direction === "" ? {} : { "flow.direction": direction.toLowerCase() }),
    ...(objectOf(flow["IP"])?.["encrypted"] === true ? { "flow.encrypted": true } : {}),
    ...(link === undefined ? {} : { "flow.interface": textOf(link["name"]) || `${numberOf(link["index"])}` }),
    ...(dropCode === 0 ? {} : { "drop.code": dropCode }),
    ...(file === undefined ? {} : { "drop.file": textOf(file["name"]), "drop.line": numberOf(file["line"]) }),
    ...(point === "" ? {} : { "trace.point": point }),
    ...(flow["trace_reason"] === undefined ? {} : { "trace.state": nameOf(textOf(flow["trace_reason"])) }),
    ...(match === "" ? {} : { "policy.match": match, "policy.direction": direction.toLowerCase() }),
    ...(l7 === undefined ? {} : { "l7.protocol": l7Name(l7), "l7.type": capitalized(textOf(l7["type"])) }),
    ...(http === undefined
      ? {}
      : {
          "http.method": textOf(http["method"]),
          "http.url": textOf(http["url"]),
          "http.code": numberOf(http["code"]),
        }),
    ...(dns === undefined ? {} : { "dns.query": textOf(dns["query"]), "dns.rcode": numberOf(dns["rcode"]) }),
  };
  const summary = textOf(flow["Summary"]);
  return {
    kind,
    ...(ip === undefined
      ? {}
      : {
          source: end(textOf(ip["source"]), numberOf(l4["source_port"])),
          destination: end(textOf(ip["destination"]), numberOf(l4["destination_port"])),
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
  if (typeof name === "string" && name !== "UNKNOWN_POINT") return nameOf(name);
  return type === undefined ? "" : traceObservationPoint(numberOf(type["sub_type"]), "v1.20");
}

/** Hubble's name of an enum's value, as the datapath's texts spell it. */
function nameOf(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** The known facts of an end, of pods by name. */
function endOf(side: "source" | "destination", value: unknown): FlowAttributes {
  const endpoint = objectOf(value);
  if (endpoint === undefined) return {};
  const labels = Array.isArray(endpoint["labels"]) ? endpoint["labels"].map(String) : [];
  return {
    [`${side}.endpoint`]: numberOf(endpoint["ID"]),
    [`${side}.identity`]: numberOf(endpoint["identity"]),
    ...(labels.length === 0 ? {} : { [`${side}.labels`]: labels.join(" ") }),
    ...(textOf(endpoint["namespace"]) === "" ? {} : { [`${side}.namespace`]: textOf(endpoint["namespace"]) }),
    ...(textOf(endpoint["pod_name"]) === "" ? {} : { [`${side}.pod`]: textOf(endpoint["pod_name"]) }),
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
