import type { Endpoint } from "../../../model/index.ts";
// Not by the folder's index: the library works in a checkout without any package, and addresses need one there.
import { DecodedPacket } from "../../packet/decode-packet.ts";
import { IpProtocol } from "../../packet/protocol-numbers.ts";
import { etherTypeName } from "../dissect/names/protocol-names.ts";
import { tcpFlagSummary } from "../dissect/tcp.ts";
import { ipv4Text, ipv6Text, macText } from "../go/text.ts";

/** pcap's LINKTYPE_ETHERNET and LINKTYPE_RAW. */
const [ETHERNET, RAW] = [1, 101];

/** The ends that Cilium's dissector does not find: behind VLAN tags and IPv6's extension headers; and MAC addresses. */
export interface PacketEnds {
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
  readonly protocol?: string;
  readonly attributes: Record<string, string>;
}

const packet = new DecodedPacket();

/** @param isL3 the packet begins with its IP header */
export function readPacketEnds(bytes: Uint8Array, start: number, end: number, isL3: boolean): PacketEnds {
  const kind = packet.decode(isL3 ? RAW : ETHERNET, bytes, start, end);
  if (packet.ipVersion === 0) return { attributes: isL3 ? {} : describeFrame(bytes, start, end) };
  const textOf = packet.addressSize === 4 ? ipv4Text : ipv6Text;
  const at = (address: number, port: number): Endpoint => ({
    kind: "ip",
    address: textOf(packet.addressBytes, address),
    port,
  });
  const { sourcePort, destinationPort } = kind === "tcp" ? packet.tcp : packet.udp;
  const hasPorts = kind === "tcp" || kind === "udp";
  const flags = kind === "tcp" ? tcpFlagSummary(packet.tcp.flags) : "";
  const protocol = hasPorts ? kind : NAMES[packet.protocol];
  const name = protocol?.toUpperCase() ?? `IP protocol ${packet.protocol}`;
  return {
    source: at(packet.sourceAddress, hasPorts ? sourcePort : 0),
    destination: at(packet.destinationAddress, hasPorts ? destinationPort : 0),
    ...(protocol === undefined ? {} : { protocol }),
    attributes:
      kind === "tcp"
        ? { "flow.transport": `TCP Flags: ${flags}`, "tcp.flags": flags }
        : { "flow.transport": kind === "fragment" ? `${name} fragment` : name },
  };
}

const NAMES: Readonly<Record<number, string>> = {
  [IpProtocol.TCP]: "tcp",
  [IpProtocol.UDP]: "udp",
  [IpProtocol.ICMP]: "icmp",
  [IpProtocol.ICMPV6]: "icmp",
  [IpProtocol.IGMP]: "igmp",
  [IpProtocol.SCTP]: "sctp",
  [IpProtocol.ESP]: "esp",
  [IpProtocol.GRE]: "gre",
  [IpProtocol.AUTHENTICATION]: "ah",
};

/** A frame without an IP packet: who sent it to whom, and what it is. */
function describeFrame(bytes: Uint8Array, start: number, end: number): Record<string, string> {
  if (end - start < 14) return {};
  const type = packet.link.payloadType;
  const isType = type >= 0x600;
  const name = isType ? etherTypeName(type, true) : "LLC";
  return {
    "source.mac": macText(bytes, start + 6),
    "destination.mac": macText(bytes, start),
    "flow.transport":
      /^[A-Za-z]/.test(name) && name !== "UnknownEthernetType"
        ? name
        : `EtherType 0x${type.toString(16).padStart(4, "0")}`,
  };
}
