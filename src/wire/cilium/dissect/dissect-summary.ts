import type { Dissector, LayerStack } from "./dissector.ts";
import { GoPanic } from "./gopacket-version.ts";
import { LayerType } from "./layer-type.ts";

export interface Flow {
  src: string;
  dst: string;
}

/** The layers of a packet as texts: Go's DissectSummary. What the packet does not have is absent. */
export interface DissectSummary {
  ethernet?: string;
  ipv4?: string;
  ipv6?: string;
  tcp?: string;
  udp?: string;
  sctp?: string;
  icmpv4?: string;
  icmpv6?: string;
  vrrp?: string;
  igmp?: string;
  l2?: Flow;
  l3?: Flow;
  l4?: Flow;
  /** For a tunnel: what is outside of it. */
  tunnel?: Tunnel;
}

export interface Tunnel {
  ethernet?: string;
  ipv4?: string;
  ipv6?: string;
  udp?: string;
  vxlan?: string;
  geneve?: string;
  l2?: Flow;
  l3?: Flow;
  l4?: Flow;
}

/** The JSON of the packet's summary: the members in Go's order, the empty ones left out. */
export function writeDissectSummary(dissector: Dissector): string {
  if (dissector.inner.count === 0) return `{${writeMembers(dissector.outer, 0, OUTER_MEMBERS)}}`;
  const kind = dissector.inner.decoded[0] === LayerType.VXLAN ? "vxlan" : "geneve";
  const tunnelLayer = `"${kind}":"${dissector.inner.layer(dissector.inner.decoded[0]!).format("\\t")}"`;
  const inner = writeMembers(dissector.inner, 1, OUTER_MEMBERS);
  const outer = writeMembers(dissector.outer, 0, TUNNEL_MEMBERS, tunnelLayer);
  return `{${inner}${inner === "" ? "" : ","}"tunnel":{${outer}}}`;
}

/** The lines of the packet's layers, each with its line feed. */
export function writeLayerLines(stack: LayerStack): string {
  let text = "";
  try {
    for (let i = 0; i < stack.count; i++) text += `${stack.layer(stack.decoded[i]!).format("\t")}\n`;
  } catch (error) {
    if (error instanceof GoPanic) error.printed = text;
    throw error;
  }
  return text;
}

/** The member of each layer type, in the order of Go's struct. */
const OUTER_MEMBERS: readonly (readonly [type: number, name: string])[] = [
  [LayerType.ETHERNET, "ethernet"],
  [LayerType.IPV4, "ipv4"],
  [LayerType.IPV6, "ipv6"],
  [LayerType.TCP, "tcp"],
  [LayerType.UDP, "udp"],
  [LayerType.SCTP, "sctp"],
  [LayerType.ICMPV4, "icmpv4"],
  [LayerType.ICMPV6, "icmpv6"],
  [LayerType.VRRP, "vrrp"],
  [LayerType.IGMP, "igmp"],
];

const TUNNEL_MEMBERS = OUTER_MEMBERS.filter(([, name]) => ["ethernet", "ipv4", "ipv6", "udp"].includes(name));

function writeMembers(
  stack: LayerStack,
  from: number,
  members: readonly (readonly [type: number, name: string])[],
  tunnelLayer?: string,
): string {
  let l2 = "";
  let l3 = "";
  let l4 = "";
  let seen = 0;
  for (let i = from; i < stack.count; i++) {
    const type = stack.decoded[i]!;
    seen |= 1 << type;
    if (type === LayerType.ETHERNET)
      l2 = `"l2":{"src":"${stack.ethernet.sourceText()}","dst":"${stack.ethernet.destinationText()}"}`;
    else if (type === LayerType.IPV4)
      l3 = `"l3":{"src":"${stack.ipv4.sourceText()}","dst":"${stack.ipv4.destinationText()}"}`;
    else if (type === LayerType.IPV6)
      l3 = `"l3":{"src":"${stack.ipv6.sourceText()}","dst":"${stack.ipv6.destinationText()}"}`;
    else if (type === LayerType.TCP || type === LayerType.UDP || type === LayerType.SCTP) {
      const ports = type === LayerType.TCP ? stack.tcp : type === LayerType.UDP ? stack.udp : stack.sctp;
      l4 = `"l4":{"src":"${ports.sourcePort}","dst":"${ports.destinationPort}"}`;
    }
  }
  let text = "";
  for (const [type, name] of members)
    if (seen & (1 << type)) text += `${text === "" ? "" : ","}"${name}":"${stack.layer(type).format("\\t")}"`;
  if (tunnelLayer !== undefined) text += text === "" ? tunnelLayer : `,${tunnelLayer}`;
  if (l2 !== "") text += text === "" ? l2 : `,${l2}`;
  if (l3 !== "") text += text === "" ? l3 : `,${l3}`;
  if (l4 !== "") text += text === "" ? l4 : `,${l4}`;
  return text;
}
