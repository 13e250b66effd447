import { joinHostPort } from "../go/text.ts";
import type { Dissector, LayerStack } from "./dissector.ts";
import { LayerType } from "./layer-type.ts";

/** Who talks to whom in a packet: Go's ConnectionInfo. Texts are empty and numbers 0 where the packet does not have them. */
export interface ConnectionInfo {
  srcIP: string;
  dstIP: string;
  srcPort: number;
  dstPort: number;
  /** `tcp`, `udp`, `icmp`, and with gopacket 1.5.0 `sctp`, `vrrp`, `igmp`, `vxlan`, `geneve`. */
  proto: string;
  icmpCode: string;
  vrrpType: string;
  vrrpVrID: string;
  vrrpPriority: string;
  igmpType: string;
  igmpGroupAddress: string;
  /** For a tunnel: what is outside of it. */
  tunnel?: ConnectionInfo;
}

/** The connection of the packet that was decoded last. */
export function readConnectionInfo(dissector: Dissector): ConnectionInfo {
  const outer = readStack(dissector.outer, 0, dissector.outer);
  const first = dissector.inner.count > 0 ? dissector.inner.decoded[0] : undefined;
  if (first === undefined) return outer;
  outer.proto = first === LayerType.VXLAN ? "vxlan" : "geneve";
  const inner = readStack(dissector.inner, 1, vrrpStackOf(dissector));
  inner.tunnel = outer;
  return inner;
}

/** Cilium prints of VRRP inside a tunnel the fields of the VRRP outside of it. */
function vrrpStackOf(dissector: Dissector): LayerStack {
  return dissector.faithful ? dissector.outer : dissector.inner;
}

/** The one-line summary of the packet that was decoded last. */
export function summarizeConnection(dissector: Dissector): string {
  if (dissector.inner.count === 0) return summarizeStack(dissector.outer, 0, dissector.outer, dissector.isGopacket15);
  const name = dissector.inner.decoded[0] === LayerType.VXLAN ? "vxlan" : "geneve";
  const vrrpStack = vrrpStackOf(dissector);
  const inner = summarizeStack(dissector.inner, 1, vrrpStack, dissector.isGopacket15);
  const outer = readStack(dissector.outer, 0, dissector.outer);
  const source = joinHostPort(outer.srcIP === "" ? NO_IP : outer.srcIP, outer.srcPort);
  const destination = joinHostPort(outer.dstIP === "" ? NO_IP : outer.dstIP, outer.dstPort);
  return `${inner} [tunnel ${source} -> ${destination} ${name}]`;
}

/** Go's text for an address that is not there. */
const NO_IP = "<nil>";

function summarizeStack(stack: LayerStack, from: number, vrrpStack: LayerStack, isGopacket15: boolean): string {
  let source = "";
  let destination = "";
  let last: number = LayerType.NONE;
  for (let i = from; i < stack.count; i++) {
    const type = stack.decoded[i]!;
    if (type === LayerType.IPV4) {
      source = stack.ipv4.sourceText();
      destination = stack.ipv4.destinationText();
    } else if (type === LayerType.IPV6) {
      source = stack.ipv6.sourceText();
      destination = stack.ipv6.destinationText();
    }
    if (isTransport(type) || !(isTransport(last) || type > LayerType.IGMP)) last = type;
  }
  switch (last) {
    case LayerType.TCP: {
      const { tcp } = stack;
      return `${joinHostPort(source, tcp.sourcePort)} -> ${joinHostPort(destination, tcp.destinationPort)} tcp ${tcp.flagSummary()}`;
    }
    case LayerType.UDP: {
      const { udp } = stack;
      return `${joinHostPort(source, udp.sourcePort)} -> ${joinHostPort(destination, udp.destinationPort)} udp`;
    }
    case LayerType.SCTP: {
      const { sctp } = stack;
      return `${joinHostPort(source, sctp.sourcePort)} -> ${joinHostPort(destination, sctp.destinationPort)} sctp`;
    }
    case LayerType.ICMPV4:
    case LayerType.ICMPV6: {
      const code = last === LayerType.ICMPV4 ? stack.icmpv4.typeCodeName() : stack.icmpv6.typeCodeName();
      return isGopacket15 ? `${source} -> ${destination} icmp ${code}` : `${source} -> ${destination} ${code}`;
    }
    case LayerType.VRRP: {
      const { vrrp } = vrrpStack;
      return `${source} -> ${destination} vrrp ${vrrp.typeName()} ${vrrp.routerId} ${vrrp.priority}`;
    }
    case LayerType.IGMP:
      return `${source} -> ${destination} igmp ${stack.igmp.typeName()} ${stack.igmp.groupText()}`;
    case LayerType.IPV4:
    case LayerType.IPV6:
      return `${source} -> ${destination}`;
    case LayerType.ETHERNET:
      return source === ""
        ? `${stack.ethernet.sourceText()} -> ${stack.ethernet.destinationText()} ${stack.ethernet.typeName()}`
        : `${source} -> ${destination}`;
    default:
      return "[unknown]";
  }
}

/** A layer behind it, of a tunnel in a tunnel, leaves its ports standing. */
function isTransport(type: number): boolean {
  return type >= LayerType.ICMPV4 && type <= LayerType.IGMP;
}

function readStack(stack: LayerStack, from: number, vrrpStack: LayerStack): ConnectionInfo {
  const info: ConnectionInfo = {
    srcIP: "",
    dstIP: "",
    srcPort: 0,
    dstPort: 0,
    proto: "",
    icmpCode: "",
    vrrpType: "",
    vrrpVrID: "",
    vrrpPriority: "",
    igmpType: "",
    igmpGroupAddress: "",
  };
  for (let i = from; i < stack.count; i++) readLayer(stack, stack.decoded[i]!, info, vrrpStack);
  return info;
}

function readLayer(stack: LayerStack, type: number, info: ConnectionInfo, vrrpStack: LayerStack): void {
  switch (type) {
    case LayerType.IPV4:
    case LayerType.IPV6: {
      const ip = type === LayerType.IPV4 ? stack.ipv4 : stack.ipv6;
      info.srcIP = ip.sourceText();
      info.dstIP = ip.destinationText();
      break;
    }
    case LayerType.TCP:
    case LayerType.UDP:
    case LayerType.SCTP: {
      const ports = type === LayerType.TCP ? stack.tcp : type === LayerType.UDP ? stack.udp : stack.sctp;
      info.proto = type === LayerType.TCP ? "tcp" : type === LayerType.UDP ? "udp" : "sctp";
      info.srcPort = ports.sourcePort;
      info.dstPort = ports.destinationPort;
      break;
    }
    case LayerType.ICMPV4:
    case LayerType.ICMPV6:
      info.proto = "icmp";
      info.icmpCode = type === LayerType.ICMPV4 ? stack.icmpv4.typeCodeName() : stack.icmpv6.typeCodeName();
      break;
    case LayerType.VRRP:
      info.proto = "vrrp";
      info.vrrpType = vrrpStack.vrrp.typeName();
      info.vrrpVrID = String(vrrpStack.vrrp.routerId);
      info.vrrpPriority = String(vrrpStack.vrrp.priority);
      break;
    case LayerType.IGMP:
      info.proto = "igmp";
      info.igmpType = stack.igmp.typeName();
      info.igmpGroupAddress = stack.igmp.groupText();
      break;
    default:
  }
}
