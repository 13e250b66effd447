import type { DecodeProblem } from "./decode-problem.ts";
import { IcmpHeader } from "./icmp.ts";
import { Ipv4Header } from "./ipv4.ts";
import { Ipv6Header } from "./ipv6.ts";
import { EthernetHeader } from "./link/ethernet.ts";
import { decodeLinkLayer } from "./link/link-layer.ts";
import { skipPppHeader } from "./link/ppp.ts";
import { EtherType, IpProtocol } from "./protocol-numbers.ts";
import { TcpHeader } from "./tcp.ts";
import { TunnelHeader, type TunnelType } from "./tunnel.ts";
import { UdpHeader } from "./udp.ts";

/**
 * The result of decoding a packet, in the ledger's words: decoded to its transport header (`tcp`, `udp`, `icmp`), a
 * `fragment` that is to be reassembled first, something that is not looked into, or why it could not be decoded.
 */
export type PacketKind = "tcp" | "udp" | "icmp" | "fragment" | OtherKind | DecodeProblem;

type OtherKind =
  | "arp"
  | "igmp"
  | "sctp"
  | "gre"
  | "esp"
  | "etherip"
  | "l2tp"
  | "pim"
  | "ospf"
  | "vrrp"
  | "udp-lite"
  | "minimal-encapsulation"
  | "compressed-ip"
  | "capwap"
  | "other-ip-protocol"
  | "macsec"
  | "not-ip"
  | "nested-too-deep";

/**
 * A packet taken apart. One object is decoded into again and again, without allocation; all offsets are into `bytes`, which
 * it borrows. Of packets in packets (IP in IP, and every tunnel of `TunnelHeader`) the innermost headers stand here, and what
 * carried them in `tunnel`.
 */
export class DecodedPacket {
  readonly link = new EthernetHeader();
  readonly ipv4 = new Ipv4Header();
  readonly ipv6 = new Ipv6Header();
  readonly tcp = new TcpHeader();
  readonly udp = new UdpHeader();
  readonly icmp = new IcmpHeader();
  bytes: Uint8Array = NO_BYTES;
  kind: PacketKind = "not-ip";
  /** Which network header is set: 4 or 6; 0 for none. */
  ipVersion: 0 | 4 | 6 = 0;
  /** Where the addresses stand, in which bytes, and their size. */
  addressBytes: Uint8Array = NO_BYTES;
  sourceAddress = 0;
  destinationAddress = 0;
  addressSize: 4 | 16 = 4;
  /** The transport's number. */
  protocol = 0;
  /** How many bytes at the packet's end were not captured. */
  missing = 0;
  /** The innermost tunnel, its identifier (-1 for none), and the addresses of the IP packet that carried it (size 0 for none). */
  tunnel: TunnelType | undefined;
  tunnelId = -1;
  outerBytes: Uint8Array = NO_BYTES;
  outerSource = 0;
  outerDestination = 0;
  outerSize: 0 | 4 | 16 = 0;
  readonly #header = new TunnelHeader();
  readonly #inner = new EthernetHeader();

  /** Decodes `bytes[start, end)` from its link-layer header of `linkType` on. The result is in `kind`. */
  decode(linkType: number, bytes: Uint8Array, start: number, end: number): PacketKind {
    this.bytes = bytes;
    this.ipVersion = 0;
    const problem = decodeLinkLayer(linkType, bytes, start, end, this.link);
    if (problem !== undefined) {
      this.kind = problem;
      return problem;
    }
    const { link } = this;
    const kind = this.decodeNetwork(link.payloadType, bytes, link.payloadStart, end);
    if (link.tunnel !== undefined && this.tunnel === undefined) this.#setLinkTunnel(link);
    return kind;
  }

  /** Decodes from the network header on, whose EtherType is known. */
  decodeNetwork(etherType: number, bytes: Uint8Array, start: number, end: number): PacketKind {
    this.bytes = bytes;
    this.ipVersion = 0;
    this.tunnel = undefined;
    this.kind = this.#decodeNetwork(etherType, start, end, 0);
    return this.kind;
  }

  /**
   * Decodes the transport header alone: `bytes[start, end)` is what the fragments of a datagram were put together to. The
   * addresses stay those of the fragment that was decoded last.
   */
  decodeTransport(protocol: number, bytes: Uint8Array, start: number, end: number): PacketKind {
    this.bytes = bytes;
    this.protocol = protocol;
    this.missing = 0;
    this.kind = this.#decodeTransport(start, end, 0);
    return this.kind;
  }

  #decodeNetwork(etherType: number, start: number, end: number, depth: number): PacketKind {
    if (etherType === EtherType.IPV4) {
      const ip = this.ipv4;
      const problem = ip.decode(this.bytes, start, end);
      if (problem !== undefined) return problem;
      this.ipVersion = 4;
      this.addressSize = 4;
      this.addressBytes = this.bytes;
      this.sourceAddress = start + 12;
      this.destinationAddress = start + 16;
      this.protocol = ip.protocol;
      this.missing = ip.missing;
      return ip.isFragment ? "fragment" : this.#decodeTransport(ip.payloadStart, ip.payloadEnd, depth);
    }
    if (etherType === EtherType.IPV6) {
      const ip = this.ipv6;
      const problem = ip.decode(this.bytes, start, end);
      if (problem !== undefined) return problem;
      this.ipVersion = 6;
      this.addressSize = 16;
      this.addressBytes = this.bytes;
      this.sourceAddress = start + 8;
      this.destinationAddress = start + 24;
      this.protocol = ip.protocol;
      this.missing = ip.missing;
      return ip.isFragment ? "fragment" : this.#decodeTransport(ip.payloadStart, ip.payloadEnd, depth);
    }
    if (etherType === EtherType.MACSEC) return "macsec";
    return etherType === EtherType.ARP ? "arp" : "not-ip";
  }

  #decodeTransport(start: number, end: number, depth: number): PacketKind {
    switch (this.protocol) {
      case IpProtocol.TCP:
        return this.tcp.decode(this.bytes, start, end) ?? "tcp";
      case IpProtocol.UDP:
        return this.#decodeUdp(start, end, depth);
      case IpProtocol.ICMP:
      case IpProtocol.ICMPV6:
        return this.icmp.decode(this.bytes, start, end) ?? "icmp";
      case IpProtocol.IPV4:
      case IpProtocol.IPV6: {
        if (depth === MAX_DEPTH) return "nested-too-deep";
        this.#setTunnel("ip-in-ip", -1);
        const etherType = this.protocol === IpProtocol.IPV4 ? EtherType.IPV4 : EtherType.IPV6;
        return this.#decodeNetwork(etherType, start, end, depth + 1);
      }
      case IpProtocol.AUTHENTICATION: {
        // In IPv6 it is one of the extension headers.
        const length = ((this.bytes[start + 1] ?? 0) + 2) << 2;
        if (end - start < length) return "short-transport-header";
        this.protocol = this.bytes[start]!;
        return this.protocol === IpProtocol.AUTHENTICATION
          ? "other-ip-protocol"
          : this.#decodeTransport(start + length, end, depth);
      }
      case IpProtocol.GRE:
        return this.#header.readGre(this.bytes, start, end) ? this.#decodeTunnel(end, depth) : "gre";
      case IpProtocol.ETHERIP:
      case IpProtocol.L2TP:
      case IpProtocol.MPLS:
      case IpProtocol.ETHERNET:
        if (this.#header.readIp(this.protocol, this.bytes, start, end)) return this.#decodeTunnel(end, depth);
        return OTHER_PROTOCOLS[this.protocol] ?? "other-ip-protocol";
      default:
        return OTHER_PROTOCOLS[this.protocol] ?? "other-ip-protocol";
    }
  }

  #decodeUdp(start: number, end: number, depth: number): PacketKind {
    const { udp, bytes } = this;
    const problem = udp.decode(bytes, start, end);
    if (problem !== undefined) return problem;
    const isTunnel = this.#header.readUdp(udp.destinationPort, bytes, udp.payloadStart, udp.payloadEnd);
    if (isTunnel) return this.#decodeTunnel(udp.payloadEnd, depth);
    return OTHER_PORTS[udp.destinationPort] ?? "udp";
  }

  #decodeTunnel(end: number, depth: number): PacketKind {
    if (depth === MAX_DEPTH) return "nested-too-deep";
    const { type, id, inside, etherType, payloadStart } = this.#header;
    const { bytes } = this;
    const inner = this.#inner;
    this.#setTunnel(type, id);
    let problem: DecodeProblem | undefined;
    if (inside === "ethernet") problem = inner.decode(bytes, payloadStart, end);
    else if (inside === "typed") problem = inner.decodeType(bytes, payloadStart, end, etherType);
    else {
      const ppp = skipPppHeader(bytes, payloadStart, end);
      problem = inner.decodeType(bytes, ppp.payloadStart, end, ppp.etherType || NOT_IP);
    }
    return problem ?? this.#decodeNetwork(inner.payloadType, inner.payloadStart, end, depth + 1);
  }

  #setTunnel(type: TunnelType, id: number): void {
    this.tunnel = type;
    this.tunnelId = id;
    this.outerBytes = this.addressBytes;
    this.outerSource = this.sourceAddress;
    this.outerDestination = this.destinationAddress;
    this.outerSize = this.addressSize;
  }

  #setLinkTunnel({ tunnel, tunnelId }: EthernetHeader): void {
    this.tunnel = tunnel;
    this.tunnelId = tunnelId;
    this.outerSize = 0;
  }
}

const NO_BYTES = new Uint8Array(0);

/** No EtherType that is known. */
const NOT_IP = 0xffff;

/** How many IP headers may stand in one another. */
const MAX_DEPTH = 8;

const OTHER_PROTOCOLS: Readonly<Record<number, OtherKind>> = {
  [IpProtocol.IGMP]: "igmp",
  [IpProtocol.SCTP]: "sctp",
  [IpProtocol.ESP]: "esp",
  [IpProtocol.ETHERIP]: "etherip",
  [IpProtocol.L2TP]: "l2tp",
  [IpProtocol.PIM]: "pim",
  [IpProtocol.OSPF]: "ospf",
  [IpProtocol.VRRP]: "vrrp",
  [IpProtocol.UDP_LITE]: "udp-lite",
  [IpProtocol.MINIMAL_ENCAPSULATION]: "minimal-encapsulation",
  [IpProtocol.IP_COMPRESSION]: "compressed-ip",
};

/** Tunnels in datagrams that are not opened: what they carry is no packet, or needs what was agreed before. */
const OTHER_PORTS: Readonly<Record<number, OtherKind>> = { 1701: "l2tp", 5247: "capwap" };
