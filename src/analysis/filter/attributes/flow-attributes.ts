import type { FlowEventKind } from "../../../model/index.ts";
import { listDropReasons } from "../../../wire/cilium/names/drop-reasons.ts";
import { traceObservationPoint } from "../../../wire/cilium/names/observation-points.ts";
import { policyMatchTypeName } from "../../../wire/cilium/names/policy-names.ts";
import { connState } from "../../../wire/cilium/names/trace-reasons.ts";
import { plainSpelling } from "../../../wire/text/plain-spelling.ts";
import type { ValueType } from "../value.ts";
import type { Attribute, TextForm } from "./attribute.ts";

const KINDS: readonly FlowEventKind[] = [
  ...(["trace", "drop", "policy", "debug", "capture", "socket", "l7", "agent", "lost"] as const),
  ...(["retransmit", "timing"] as const),
];
/** The datapath's, its policy verdicts', a proxy's and Hubble's. */
const VERDICTS =
  "FORWARDED DROPPED ERROR AUDIT AUDITED REDIRECTED TRACED TRANSLATED ALLOWED DENIED VERDICT_UNKNOWN".split(" ");
const MATCHES = Array.from({ length: 8 }, (_, type) => policyMatchTypeName(type, "v1.20"));
const POINTS = Array.from({ length: 14 }, (_, point) => traceObservationPoint(point, "v1.20"));
const STATES = Array.from({ length: 9 }, (_, reason) => connState(reason, "v1.20"));
const RECORDS = ["Request", "Response", "Sample"];
const DIRECTIONS = ["ingress", "egress", "traffic_direction_unknown"];

/**
 * Attributes of what the datapath says about a packet or a flow. What is not a field of `FlowEvent` itself is taken from its
 * `attributes`, under the same name.
 */
export const FLOW_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "flow.kind",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ kind }) => kind },
    values: KINDS,
    doc: "`trace`, `drop`, `policy`, `debug`, …",
  },
  {
    name: "flow.summary",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ summary }) => summary },
    doc: "the flow in one line",
  },
  {
    name: "flow.verdict",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ verdict }) => verdict },
    values: VERDICTS,
    doc: "what the datapath decided",
  },
  {
    name: "flow.reason",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ reason }) => reason },
    ...spelled([...listDropReasons(), ...STATES, ...MATCHES]),
    doc: "why, for any kind of flow",
  },
  {
    name: "flow.node",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ node }) => node },
    doc: "the node that saw it",
  },
  {
    name: "flow.cpu",
    type: "int",
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ cpu }) => cpu },
    doc: "the CPU that saw it",
  },
  {
    name: "packet.size",
    type: "int",
    kinds: ["flow"],
    phase: "end",
    get: { flow: (e) => e.packetLength },
    doc: "the packet's length on the wire",
  },
  {
    name: "drop.reason",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: (event) => (event.kind === "drop" ? event.reason : undefined) },
    values: listDropReasons(),
    // A number that has no name, and extended errors.
    form: /^\d+$|, -?\d+$/,
    doc: "why a packet was dropped: `drop.reason == 'Policy denied'`",
  },
  flowAttribute("source.identity", "int", "the security identity of the source"),
  flowAttribute("destination.identity", "int", "the security identity of the destination"),
  flowAttribute("source.endpoint", "int", "the endpoint that sent it"),
  flowAttribute("destination.endpoint", "int", "the endpoint that it is for"),
  flowAttribute("source.labels", "string", "the source's labels, with spaces between them"),
  flowAttribute("source.pod", "string", "Hubble's name of the source's pod"),
  flowAttribute("destination.pod", "string", "Hubble's name of the destination's pod"),
  flowAttribute("source.namespace", "string", "the namespace of the source's pod"),
  flowAttribute("destination.namespace", "string", "the namespace of the destination's pod"),
  flowAttribute("source.mac", "string", "of a frame without an IP packet: who sent it"),
  flowAttribute("destination.mac", "string", "of a frame without an IP packet: who it is for"),
  flowAttribute("flow.direction", "string", "Hubble's `ingress` or `egress`", { values: DIRECTIONS }),
  flowAttribute("destination.labels", "string", "the destination's labels, with spaces between them"),
  {
    name: "flow.protocol",
    type: "string",
    kinds: ["flow"],
    phase: "end",
    get: { flow: (e) => e.protocol },
    form: /^[^A-Z]*$/,
    doc: "`tcp`, `udp`, `icmp`, `http`, `dns`, …",
  },
  flowAttribute(
    "flow.type",
    "string",
    "the observation point, drop reason, or kind of verdict or record",
    spelled([...POINTS, ...listDropReasons()]),
  ),
  flowAttribute("flow.mark", "int", "the flow's hash, as `cilium monitor` prints it"),
  flowAttribute("flow.interface", "string", "the network interface"),
  flowAttribute("flow.reply", "bool", "whether it goes back to where the connection came from"),
  flowAttribute("flow.encrypted", "bool", "whether the packet was encrypted"),
  flowAttribute("flow.original_address", "string", "the address before translation"),
  flowAttribute("tcp.flags", "string", "`SYN`, `SYN, ACK`, …", { form: /^[^a-z]*$/ }),
  flowAttribute(
    "trace.point",
    "string",
    "where the datapath saw the packet: `to-endpoint`, …",
    spelled(POINTS, /^[^A-Z_]*$/),
  ),
  flowAttribute("trace.state", "string", "the connection's state: `new`, `established`, `reply`, …", spelled(STATES)),
  flowAttribute("drop.code", "int", "the drop reason's number"),
  flowAttribute("drop.file", "string", "the file of the datapath that dropped it"),
  flowAttribute("drop.line", "int", "the line in that file"),
  flowAttribute("policy.action", "string", "`allow`, `deny`, `redirect`, `audit`", {
    values: ["allow", "deny", "redirect", "audit"],
  }),
  flowAttribute("policy.match", "string", "what matched: `none`, `L3-Only`, `L3-L4`, `L4-Only`, `all`, …", {
    values: MATCHES,
  }),
  flowAttribute("policy.direction", "string", "`ingress` or `egress`", { values: DIRECTIONS }),
  flowAttribute("l7.protocol", "string", "a proxy's record: `http`, `dns`, `kafka`, …", {
    form: /^(?!(?:HTTP|Http|DNS|Dns|KAFKA|Kafka)$)/,
  }),
  flowAttribute("l7.type", "string", "`Request`, `Response`, `Sample`", spelled(RECORDS, /^(?![a-z])/)),
  flowAttribute("http.method", "string", "a proxy's record of HTTP: the method"),
  flowAttribute("http.url", "string", "the URL"),
  flowAttribute("http.code", "int", "the status"),
  flowAttribute("dns.query", "string", "a proxy's record of DNS: the name"),
  flowAttribute("dns.rcode", "int", "the response code"),
  flowAttribute("kafka.topic", "string", "a proxy's record of Kafka: the topic"),
  flowAttribute("agent.type", "string", "what the agent notified"),
  flowAttribute("lost.events", "int", "how many events were lost"),
];

/** An attribute that a flow carries in `FlowEvent.attributes` under its own name. */
function flowAttribute(
  name: string,
  type: ValueType,
  doc: string,
  closed: Pick<Attribute, "values" | "form"> = {},
): Attribute {
  return {
    name,
    type,
    kinds: ["flow"],
    phase: "end",
    get: { flow: ({ attributes }) => attributes[name] },
    doc,
    ...closed,
  };
}

/** Texts of which no other spelling is ever there, as Hubble's `TO_ENDPOINT` for `to-endpoint`; others are, where `others` allows them. */
function spelled(values: readonly string[], others?: TextForm): Pick<Attribute, "values" | "form"> {
  const plain = new Set(values.map(plainSpelling));
  return { values, form: { test: (text) => !plain.has(plainSpelling(text)) && others?.test(text) !== false } };
}
