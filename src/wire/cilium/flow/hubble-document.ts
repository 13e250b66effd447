import { type FlowEvent, formatTimestamp } from "../../../model/index.ts";
import {
  MessageTypeAccessLog,
  MessageTypeCapture,
  MessageTypeDebug,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { traceObservationPoint } from "../names/observation-points.ts";
import { policyMatchTypeName } from "../names/policy-names.ts";
import { HUBBLE_DROP_REASONS } from "./hubble-drop-reasons.ts";

/**
 * A flow as `hubble observe -o jsonpb` writes it (flow.proto's JSON of a GetFlowsResponse), for Hubble's own command line. What
 * came from Hubble goes out as it came. Undefined for what Hubble has no flow of: agent messages and such.
 */
export function hubbleDocument(event: FlowEvent): object | undefined {
  if (event.document !== undefined) return event.document;
  const frame = { ...nodeOf(event), ...(event.time === undefined ? {} : { time: formatTimestamp(event.time) }) };
  if (event.kind === "lost") {
    const lost = { source: "PERF_EVENT_RING_BUFFER", num_events_lost: `${event.attributes["lost.events"] ?? 0}` };
    return { lost_events: { ...lost, ...(event.cpu === undefined ? {} : { cpu: event.cpu }) }, ...frame };
  }
  const type = EVENT_TYPES[event.kind];
  if (type === undefined) return undefined;
  return { flow: { ...frame, ...withoutDefaults(describe(event, type)) }, ...frame };
}

/** As protobuf's JSON is: a member that is zero or empty says nothing. What is a message stays, as its being there says something. */
function withoutDefaults(object: object): object {
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== 0 && value !== "")
      .map(([name, value]) => {
        const isMessage = typeof value === "object" && value !== null && !Array.isArray(value);
        return [name, isMessage ? withoutDefaults(value) : value];
      }),
  );
}

const EVENT_TYPES: Readonly<Partial<Record<FlowEvent["kind"], number>>> = {
  trace: MessageTypeTrace,
  drop: MessageTypeDrop,
  policy: MessageTypePolicyVerdict,
  capture: MessageTypeCapture,
  debug: MessageTypeDebug,
  socket: MessageTypeTraceSock,
  l7: MessageTypeAccessLog,
};

/** flow.proto's Verdict, of what the lines call a verdict. */
const VERDICTS: Readonly<Record<string, string>> = {
  FORWARDED: "FORWARDED",
  DROPPED: "DROPPED",
  ERROR: "ERROR",
  REDIRECTED: "REDIRECTED",
  TRACED: "TRACED",
  TRANSLATED: "TRANSLATED",
  ALLOWED: "FORWARDED",
  DENIED: "DROPPED",
  AUDITED: "AUDIT",
};

function describe(event: FlowEvent, type: number): object {
  const { attributes, kind } = event;
  const code = Number(attributes["drop.code"] ?? 0);
  const verdict = VERDICTS[event.verdict ?? ""];
  const point = `${attributes["trace.point"] ?? ""}`;
  const reply = attributes["flow.reply"];
  const direction = attributes["policy.direction"];
  const match = kind === "policy" ? matchNumber(`${attributes["policy.match"]}`) : 0;
  const file = attributes["drop.file"];
  const link = attributes["flow.interface"];
  const transport = attributes["flow.transport"];
  return {
    ...(verdict === undefined ? {} : { verdict }),
    ...(code === 0 ? {} : { drop_reason: code }),
    ...ethernetOf(event),
    ...networkOf(event),
    ...transportOf(event),
    ...endOf("source", attributes),
    ...endOf("destination", attributes),
    Type: kind === "l7" ? "L7" : kind === "socket" ? "SOCK" : "L3_L4",
    ...(kind === "l7" ? { l7: recordOf(event) } : {}),
    event_type: { type, ...subType(code || pointNumber(point)) },
    ...(direction === undefined ? {} : { traffic_direction: `${direction}`.toUpperCase() }),
    ...(match === 0 ? {} : { policy_match_type: match }),
    ...(point === "" ? {} : { trace_observation_point: enumName(point) }),
    ...(kind === "trace" ? { trace_reason: enumName(`${attributes["trace.state"]}`, "UNKNOWN") } : {}),
    ...(file === undefined ? {} : { file: { name: `${file}`, line: Number(attributes["drop.line"] ?? 0) } }),
    ...(HUBBLE_DROP_REASONS[code] === undefined ? {} : { drop_reason_desc: HUBBLE_DROP_REASONS[code] }),
    ...(typeof reply === "boolean" ? { is_reply: reply } : {}),
    ...(link === undefined || link === "0"
      ? {}
      : { interface: /^\d+$/.test(`${link}`) ? { index: Number(link) } : { name: `${link}` } }),
    ...(transport === undefined ? {} : { Summary: `${transport}` }),
  };
}

function nodeOf({ node }: FlowEvent): object {
  return node === undefined ? {} : { node_name: node };
}

function subType(number: number): object {
  return number === 0 ? {} : { sub_type: number };
}

function ethernetOf({ packet, attributes }: FlowEvent): object {
  if (packet === undefined || packet.length < 14 || attributes["flow.l3"] === true) return {};
  const mac = (at: number) =>
    [...packet.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  return { ethernet: { source: mac(6), destination: mac(0) } };
}

function networkOf({ source, destination, attributes }: FlowEvent): object {
  if (source?.kind !== "ip" || destination?.kind !== "ip") return {};
  const ipVersion = source.address.includes(":") ? "IPv6" : "IPv4";
  const encrypted = attributes["flow.encrypted"] === true ? { encrypted: true } : {};
  return { IP: { source: source.address, destination: destination.address, ipVersion, ...encrypted } };
}

function transportOf({ protocol, source, destination, attributes }: FlowEvent): object {
  if (source?.kind !== "ip" || destination?.kind !== "ip") return {};
  const layer = LAYERS[protocol ?? ""];
  if (layer === undefined) return {};
  const ports = { source_port: source.port, destination_port: destination.port };
  const names = `${attributes["tcp.flags"] ?? ""}`.split(", ").filter((flag) => flag !== "");
  const flags = layer.hasFlags ? { flags: Object.fromEntries(names.map((flag) => [flag, true])) } : {};
  return { l4: { [layer.name]: { ...ports, ...flags } } };
}

const LAYERS: Readonly<Record<string, { readonly name: string; readonly hasFlags: boolean }>> = {
  tcp: { name: "TCP", hasFlags: true },
  udp: { name: "UDP", hasFlags: false },
  sctp: { name: "SCTP", hasFlags: false },
};

function endOf(side: "source" | "destination", attributes: FlowEvent["attributes"]): object {
  const id = attributes[`${side}.endpoint`];
  const identity = attributes[`${side}.identity`];
  const labels = `${attributes[`${side}.labels`] ?? ""}`.split(" ").filter((label) => label !== "");
  const [namespace, pod] = [attributes[`${side}.namespace`], attributes[`${side}.pod`]];
  const members = {
    ...(id === undefined || id === 0 ? {} : { ID: id }),
    ...(identity === undefined || identity === 0 ? {} : { identity }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels.length === 0 ? {} : { labels }),
    ...(pod === undefined ? {} : { pod_name: pod }),
  };
  return Object.keys(members).length === 0 ? {} : { [side]: members };
}

function recordOf({ attributes }: FlowEvent): object {
  const name = `${attributes["l7.protocol"] ?? ""}`;
  const details = Object.hasOwn(RECORDS, name) ? { [name]: RECORDS[name]!(attributes) } : {};
  return { type: `${attributes["l7.type"] ?? "unknown_l7_type"}`.toUpperCase(), ...details };
}

const RECORDS: Readonly<Record<string, (attributes: FlowEvent["attributes"]) => object>> = {
  http: (attributes) => ({
    code: Number(attributes["http.code"] ?? 0),
    method: `${attributes["http.method"] ?? ""}`,
    url: `${attributes["http.url"] ?? ""}`,
  }),
  dns: (attributes) => ({
    query: `${attributes["dns.query"] ?? ""}`,
    rcode: Number(attributes["dns.rcode"] ?? 0),
  }),
  kafka: (attributes) => ({ topic: `${attributes["kafka.topic"] ?? ""}` }),
};

/** `to-endpoint` is TO_ENDPOINT in flow.proto; one without a name is its number. @param nothing the name of zero, which is left out */
function enumName(name: string, nothing?: string): string | number {
  if (/^\d+$/.test(name)) return Number(name);
  const upper = name.toUpperCase().replaceAll("-", "_");
  return upper === nothing ? 0 : upper;
}

function pointNumber(name: string): number {
  for (let point = 0; point < 14; point++) if (traceObservationPoint(point, "v1.20") === name) return point;
  return 0;
}

function matchNumber(name: string): number {
  for (let match = 0; match < 8; match++) if (policyMatchTypeName(match, "v1.20") === name) return match;
  return 0;
}
