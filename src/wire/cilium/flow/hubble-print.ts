import type { Timestamp } from "../../../model/index.ts";
import { parseTimestamp } from "../../text/parse-timestamp.ts";
import { dropReason } from "../names/drop-reasons.ts";
import {
  MessageTypeCapture,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { traceObservationPoint } from "../names/observation-points.ts";
import { policyMatchTypeName } from "../names/policy-names.ts";
import { agentEventDetails } from "./hubble-agent-details.ts";
import { enumText, type Json, numberOf, objectOf, textOf, textsOf } from "./hubble-members.ts";

/** An event as Hubble's command line prints it, before names that the user gave are put for numbers; texts are as they came. */
export interface HubblePrint {
  /** Undefined where Hubble prints `N/A`. */
  readonly time: Timestamp | undefined;
  readonly node: string;
  /** A flow's ends; what is no flow has none. */
  readonly ends?: { readonly source: HubbleEnd; readonly destination: HubbleEnd };
  /** undefined where it is not known who asked. */
  readonly isReply?: boolean;
  /** Where it is no flow: what stands there instead, behind the time. */
  readonly line?: string;
  readonly source: string;
  readonly type: string;
  readonly verdict: string;
  readonly summary: string;
}

export interface HubbleEnd {
  /** A name, an address, or "". */
  readonly host: string;
  readonly port: number;
  readonly endpoint: number;
  readonly identity: number;
}

/**
 * Reads a document that came from Hubble as its command line does (printer.go of v1.19.4). What an enum has no name for is its number.
 * Undefined where it is none of Hubble's events.
 */
export function printHubble(
  document: Json,
  formatTime: (time: Timestamp | undefined) => string,
): HubblePrint | undefined {
  const flow = objectOf(document["flow"]);
  if (flow !== undefined) return printFlow(flow);
  const base = { time: parseTimestamp(textOf(document["time"])), node: textOf(document["node_name"]), verdict: "-" };
  const lost = objectOf(document["lost_events"]);
  if (lost !== undefined) {
    const source = enumText(lost["source"], "UNKNOWN_LOST_EVENT_SOURCE");
    const [cpu, count] = [
      numberOf(lost["cpu"]),
      textOf(lost["num_events_lost"]) || `${numberOf(lost["num_events_lost"])}`,
    ];
    const [first, last] = [parseTimestamp(textOf(lost["first"])), parseTimestamp(textOf(lost["last"]))];
    const range = first && last ? ` (first: ${formatTime(first)}, last: ${formatTime(last)})` : "";
    const line = ` EVENTS LOST: ${source} CPU(${cpu}) ${count}${range}`;
    return { ...base, source, line, type: "EVENTS LOST", summary: `CPU(${cpu}) - ${count}${range}` };
  }
  const agent = objectOf(document["agent_event"]);
  if (agent !== undefined) {
    const type = enumText(agent["type"], "AGENT_EVENT_UNKNOWN");
    const details = agentEventDetails(type, agent, formatTime);
    return { ...base, source: "-", type, summary: details, line: `: ${type} (${details})` };
  }
  const debug = objectOf(document["debug_event"]);
  if (debug !== undefined) {
    const type = enumText(debug["type"], "DBG_EVENT_UNKNOWN");
    const [source, summary] = [shortEndpoint(objectOf(debug["source"])), textOf(debug["message"])];
    const mark = debug["hash"] === undefined ? "N/A" : `0x${numberOf(debug["hash"]).toString(16)}`;
    const cpu = debug["cpu"] === undefined ? "N/A" : `${numberOf(debug["cpu"])}`.padStart(2, "0");
    return { ...base, source, type, summary, line: `: ${source} ${type} MARK: ${mark} CPU: ${cpu} (${summary})` };
  }
  const status = objectOf(document["node_status"]);
  if (status === undefined) return undefined;
  const text = nodeStatusText(status);
  // Hubble names the node here whether it is asked for or not.
  const line = ` [${base.node}]: ${text}`;
  return { ...base, source: "-", type: enumText(status["state_change"], "UNKNOWN_NODE_STATE"), summary: text, line };
}

function printFlow(flow: Json): HubblePrint {
  const [source, destination] = [endOf(flow, "source"), endOf(flow, "destination")];
  const reply = flow["is_reply"];
  const trace = numberOf(objectOf(flow["ip_trace_id"])?.["trace_id"]);
  const traceText = trace > 0 ? `IP Trace ID: ${textOf(objectOf(flow["ip_trace_id"])!["trace_id"]) || trace}; ` : "";
  const auth = enumText(flow["auth_type"], "DISABLED");
  return {
    time: parseTimestamp(textOf(flow["time"])),
    node: textOf(flow["node_name"]),
    ends: { source, destination },
    ...(typeof reply === "boolean" ? { isReply: reply } : {}),
    source: source.host,
    type: flowType(flow),
    verdict: verdictOf(flow),
    summary: `${traceText}${textOf(flow["Summary"])}${auth === "DISABLED" ? "" : `; Auth: ${auth}`}`,
  };
}

/** As Hubble names an end: its pod, else its service, else its DNS names, else its address; without IP its MAC address. */
function endOf(flow: Json, side: "source" | "destination"): HubbleEnd {
  const [end, service] = [objectOf(flow[side]), objectOf(flow[`${side}_service`])];
  const facts = { endpoint: numberOf(end?.["ID"]), identity: numberOf(end?.["identity"]) };
  const ip = objectOf(flow["IP"]);
  if (ip === undefined) return { ...facts, host: textOf(objectOf(flow["ethernet"])?.[side]), port: 0 };
  const namespace = textOf((service ?? end)?.["namespace"]);
  const [pod, name, names] = [textOf(end?.["pod_name"]), textOf(service?.["name"]), textsOf(flow[`${side}_names`])];
  const own = pod || name;
  const host =
    own !== ""
      ? namespace === ""
        ? own
        : `${namespace}/${own}`
      : names.length > 0
        ? names.join(",")
        : textOf(ip[side]);
  const l4 = objectOf(flow["l4"]) ?? {};
  const layer = objectOf(l4["TCP"] ?? l4["UDP"] ?? l4["SCTP"]);
  return { ...facts, host, port: numberOf(layer?.[`${side}_port`]) };
}

function flowType(flow: Json): string {
  const l7 = objectOf(flow["l7"]);
  const type = objectOf(flow["event_type"]);
  if (l7 !== undefined) {
    const kind = enumText(l7["type"], "UNKNOWN_L7_TYPE").toLowerCase();
    const dns = objectOf(l7["dns"]);
    if (dns !== undefined) return `dns-${kind} ${textOf(dns["observation_source"])}`;
    return `${l7["http"] !== undefined ? "http" : l7["kafka"] !== undefined ? "kafka" : "l7"}-${kind}`;
  }
  const subType = numberOf(type?.["sub_type"]);
  switch (numberOf(type?.["type"])) {
    case MessageTypeTrace:
      return traceObservationPoint(subType & 0xff, "v1.20");
    case MessageTypeDrop:
      return dropReason(subType & 0xff, "v1.20");
    case MessageTypePolicyVerdict: {
      const match = policyMatchTypeName(numberOf(flow["policy_match_type"]), "v1.20");
      return `policy-verdict:${match} ${enumText(flow["traffic_direction"], "TRAFFIC_DIRECTION_UNKNOWN")}`;
    }
    case MessageTypeCapture:
      return enumText(flow["debug_capture_point"], "DBG_CAPTURE_POINT_UNKNOWN");
    case MessageTypeTraceSock: {
      const point = enumText(flow["sock_xlate_point"], "SOCK_XLATE_POINT_UNKNOWN");
      const [, when, way] = /^SOCK_XLATE_POINT_(PRE|POST)_DIRECTION_(FWD|REV)$/.exec(point) ?? [];
      return when === undefined ? point : `${when}-xlate-${way}`.toLowerCase();
    }
    default:
      return "UNKNOWN";
  }
}

/** The words for a policy's verdict. */
const POLICY_WORDS: Readonly<Record<string, string>> = {
  FORWARDED: "ALLOWED",
  REDIRECTED: "ALLOWED",
  DROPPED: "DENIED",
  ERROR: "DENIED",
  AUDIT: "AUDITED",
};

function verdictOf(flow: Json): string {
  const verdict = enumText(flow["verdict"], "VERDICT_UNKNOWN");
  const isPolicy = numberOf(objectOf(flow["event_type"])?.["type"]) === MessageTypePolicyVerdict;
  return (isPolicy ? POLICY_WORDS[verdict] : undefined) ?? verdict;
}

function shortEndpoint(end: Json | undefined): string {
  if (end === undefined) return "N/A";
  const id = `ID: ${numberOf(end["ID"])}`;
  const [namespace, pod, labels] = [textOf(end["namespace"]), textOf(end["pod_name"]), textsOf(end["labels"])];
  if (namespace !== "" && pod !== "") return `${namespace}/${pod} (${id})`;
  return labels.length === 1 && labels[0]!.startsWith("reserved:") ? `${labels[0]} (${id})` : id;
}

/** How long a list of nodes may become; at least one is named. */
const MAX_NODE_NAMES = 50;

function nodeStatusText(status: Json): string {
  const names = textsOf(status["node_names"]);
  let [length, shown] = [0, 0];
  for (const name of names) {
    length += name.length + 2;
    if (length > MAX_NODE_NAMES && shown > 0) break;
    shown++;
  }
  const more = names.length - shown;
  const list = names.slice(0, shown).join(", ") + (more === 0 ? "" : ` (and ${more} more)`);
  const message = textOf(status["message"]);
  switch (status["state_change"]) {
    case "NODE_CONNECTED":
      return `Receiving flows from ${names.length} nodes: ${list}`;
    case "NODE_UNAVAILABLE":
      return `${names.length} nodes are unavailable: ${list}`;
    case "NODE_GONE":
      return `${names.length} nodes removed from cluster: ${list}`;
    case "NODE_ERROR":
      return `Error ${JSON.stringify(message)} on ${names.length} nodes: ${list}`;
    default:
      return `unknown node status event: ${enumText(status["state_change"], "UNKNOWN_NODE_STATE")} ${list}${message === "" ? "" : `: ${message}`}`;
  }
}
