import type { Endpoint, FlowEvent, FlowEventKind } from "../../../model/index.ts";
import { parseTimestamp } from "../../text/parse-timestamp.ts";
import type { FlowAttributes } from "./flow-ends.ts";
import type { FlowOrigin } from "./flow-event.ts";
import { readHubbleEvent } from "./hubble-json.ts";

type Json = Readonly<Record<string, unknown>>;

/**
 * The flow of an object that `cilium monitor -j` (or ours), or `hubble observe -o jsonpb` has written. What the JSON does not hold, such as the packet's
 * bytes and the original address, is not there. Undefined where the object is none of them.
 */
export function readJsonEvent(value: unknown, origin: FlowOrigin = {}): FlowEvent | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const json = value as Json;
  const hubble = readHubbleEvent(json, origin);
  if (hubble !== undefined) return hubble;
  const kind = KINDS[text(json["type"])];
  if (kind === undefined) return undefined;
  const cpu = /^CPU (-?\d+):$/.exec(text(json["cpu"]))?.[1];
  // Fields added by --timestamps and several nodes are the event's own.
  const time = parseTimestamp(text(json["time"]));
  const own = {
    ...(time === undefined ? {} : { time }),
    ...(typeof json["node"] === "string" ? { node: json["node"] } : {}),
  };
  const base = { ...origin, ...own, ...(cpu === undefined ? {} : { cpu: Number(cpu) }), kind };
  switch (kind) {
    case "trace":
      return { ...base, ...packet(json), ...readTrace(json) };
    case "drop":
      return { ...base, ...packet(json), ...readDrop(json) };
    case "lost":
      return {
        ...base,
        summary: `${json["events"]} events lost`,
        attributes: { "lost.events": number(json["events"]) },
      };
    case "l7":
      return { ...base, ...readRecord(json) };
    case "agent":
      return {
        ...base,
        summary: `${text(json["subtype"])}: ${documentText(json["message"])}`,
        attributes: { "flow.type": "agent", "agent.type": text(json["subtype"]) },
      };
    case "policy":
      return { ...base, ...ends(text(json["summary"])), ...readPolicy(json) };
    default: {
      const summary = text(json["message"]) || text(json["summary"]);
      const source = typeof json["source"] === "number" ? { "source.endpoint": json["source"] } : {};
      return {
        ...base,
        ...ends(text(json["summary"])),
        summary,
        attributes: { "flow.type": text(json["type"]), ...source },
      };
    }
  }
}

const KINDS: Readonly<Record<string, FlowEventKind>> = {
  trace: "trace",
  drop: "drop",
  "policy-verdict": "policy",
  debug: "debug",
  capture: "capture",
  recorder: "capture",
  "trace-sock": "socket",
  logRecord: "l7",
  agent: "agent",
  lost: "lost",
  unknown: "debug",
  error: "debug",
};

type Facts = Pick<FlowEvent, "summary" | "attributes" | "verdict" | "reason">;

function readTrace(json: Json): Facts {
  const state = text(json["state"]);
  return {
    verdict: "FORWARDED",
    reason: state,
    summary: text(json["traceSummary"]),
    attributes: {
      ...common(json),
      ...transport(json),
      "flow.type": text(json["observationPoint"]),
      "flow.interface": text(json["ifindex"]),
      "trace.point": text(json["observationPoint"]),
      "trace.state": state,
      ...(["new", "established", "reply"].includes(state) ? { "flow.reply": state === "reply" } : {}),
    },
  };
}

function readDrop(json: Json): Facts {
  const reason = text(json["reason"]);
  const place =
    typeof json["Line"] === "number" ? { "drop.file": String(json["File"]), "drop.line": json["Line"] } : {};
  return {
    verdict: "DROPPED",
    reason,
    summary: `dropped: ${reason}`,
    attributes: { ...common(json), ...transport(json), "flow.type": reason, ...place },
  };
}

function readPolicy(json: Json): Facts {
  const ingress = json["direction"] === "ingress";
  const action = text(json["action"]);
  const verdict = { allow: "ALLOWED", deny: "DENIED", redirect: "REDIRECTED", audit: "AUDITED" }[action] ?? action;
  return {
    verdict,
    reason: text(json["match"]),
    summary: `${text(json["direction"])} ${action}, match ${text(json["match"])}`,
    attributes: {
      [ingress ? "destination.endpoint" : "source.endpoint"]: number(json["source"]),
      [ingress ? "source.identity" : "destination.identity"]: number(json["remoteLabel"]),
      "flow.type": `policy-verdict:${text(json["match"])} ${text(json["direction"]).toUpperCase()}`,
      "policy.action": action,
      "policy.match": text(json["match"]),
      "policy.direction": text(json["direction"]),
    },
  };
}

function readRecord(json: Json): Facts & Pick<FlowEvent, "protocol"> {
  const protocol = text(json["l7Proto"]);
  const type = text(json["flowType"]);
  const http = (json["http"] ?? {}) as Json;
  const dns = (json["dns"] ?? {}) as Json;
  const detail = json["http"] === undefined ? text(dns["Query"]) : `${text(http["Method"])} => ${number(http["Code"])}`;
  return {
    protocol,
    verdict:
      { Forwarded: "FORWARDED", Denied: "DROPPED" }[text(json["verdict"])] ?? text(json["verdict"]).toUpperCase(),
    summary: `${type} ${protocol} ${detail}`.trim(),
    attributes: {
      "source.endpoint": number(json["srcEpID"]),
      "destination.endpoint": number(json["dstEpID"]),
      "source.identity": number(json["srcIdentity"]),
      "destination.identity": number(json["dstIdentity"]),
      "flow.type": `${protocol}-${type.toLowerCase()}`,
      "flow.reply": type === "Response",
      "l7.protocol": protocol,
      "l7.type": type,
      ...(json["http"] === undefined ? {} : { "http.method": text(http["Method"]), "http.code": number(http["Code"]) }),
      ...(json["dns"] === undefined ? {} : { "dns.query": text(dns["Query"]) }),
    },
  };
}

function common(json: Json): FlowAttributes {
  return {
    "source.endpoint": number(json["source"]),
    "destination.endpoint": number(json["dstID"]),
    "source.identity": number(json["srcLabel"]),
    "destination.identity": number(json["dstLabel"]),
    "flow.mark": Number.parseInt(text(json["mark"]), 16) || 0,
  };
}

/** TCP's flags from the text of its layer, in the order of a summary. */
function transport(json: Json): FlowAttributes {
  const summary = (json["summary"] ?? {}) as Json;
  const tcp = text(summary["tcp"]);
  if (tcp === "") return summary["udp"] === undefined ? {} : { "flow.transport": "UDP" };
  const flags = ["SYN", "ACK", "RST", "FIN"].filter((flag) => tcp.includes(` ${flag}=true`)).join(", ");
  return { "tcp.flags": flags, "flow.transport": `TCP Flags: ${flags}` };
}

/** Takes from the layers the addresses and ports, and TCP's flags from its text. */
function packet(json: Json): Partial<FlowEvent> {
  const summary = (json["summary"] ?? {}) as Json;
  const l3 = summary["l3"] as Json | undefined;
  const l4 = summary["l4"] as Json | undefined;
  const protocol = ["tcp", "udp", "sctp", "icmpv4", "icmpv6", "vrrp", "igmp"].find(
    (name) => summary[name] !== undefined,
  );
  return {
    packetLength: number(json["bytes"]),
    ...(protocol === undefined ? {} : { protocol: protocol.replace(/v[46]$/, "") }),
    ...(l3 === undefined
      ? {}
      : {
          source: end(text(l3["src"]), number(l4?.["src"])),
          destination: end(text(l3["dst"]), number(l4?.["dst"])),
        }),
  };
}

/** `1.1.1.1:2000 -> [::1]:80 tcp SYN` */
function ends(summary: string): Partial<FlowEvent> {
  const match = /^\[?([0-9a-f.:]+?)\]?:(\d+) -> \[?([0-9a-f.:]+?)\]?:(\d+) (\w+)/.exec(summary);
  if (match === null) return {};
  const [, source, sourcePort, destination, destinationPort, protocol] = match;
  return {
    source: end(source!, Number(sourcePort)),
    destination: end(destination!, Number(destinationPort)),
    protocol: protocol!,
  };
}

function end(address: string, port: number): Endpoint {
  return { kind: "ip", address, port };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function documentText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    // Values nested some thousand times are read without the stack, but not written.
    return "a document that is nested too deeply to be shown";
  }
}

function number(value: unknown): number {
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : 0;
}
