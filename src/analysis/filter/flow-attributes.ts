import type { Attribute } from "./attribute.ts";
import type { ValueType } from "./value.ts";

/**
 * What the datapath says about a packet or a flow. What is not a field of `FlowEvent` itself is taken from its
 * `attributes`, under the same name.
 */
export const FLOW_ATTRIBUTES: readonly Attribute[] = [
  { name: "flow.kind", type: "string", doc: "`trace`, `drop`, `policy`, `debug`, …", flow: ({ kind }) => kind },
  { name: "flow.summary", type: "string", doc: "the flow in one line", flow: ({ summary }) => summary },
  { name: "flow.verdict", type: "string", doc: "what the datapath decided", flow: ({ verdict }) => verdict },
  { name: "flow.reason", type: "string", doc: "why, for any kind of flow", flow: ({ reason }) => reason },
  { name: "flow.node", type: "string", doc: "the node that saw it", flow: ({ node }) => node },
  { name: "flow.cpu", type: "int", doc: "the CPU that saw it", flow: ({ cpu }) => cpu },
  { name: "packet.size", type: "int", doc: "the packet's length on the wire", flow: (e) => e.packetLength },
  {
    name: "drop.reason",
    type: "string",
    doc: "why a packet was dropped: `drop.reason == 'Policy denied'`",
    flow: (event) => (event.kind === "drop" ? event.reason : undefined),
  },
  flowAttribute("source.identity", "int", "the security identity of the source"),
  flowAttribute("destination.identity", "int", "the security identity of the destination"),
  flowAttribute("source.endpoint", "int", "the endpoint that sent it"),
  flowAttribute("destination.endpoint", "int", "the endpoint that it is for"),
];

/** An attribute that a flow carries in `FlowEvent.attributes` under its own name. */
export function flowAttribute(name: string, type: ValueType, doc: string): Attribute {
  return { name, type, doc, flow: ({ attributes }) => attributes[name] };
}
