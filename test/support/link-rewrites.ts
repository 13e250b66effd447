import { DecodedPacket, TcpFlag } from "../../src/wire/packet/index.ts";
import { LinkType } from "../../src/wire/pcap/index.ts";
import { fragmentIpv4 } from "./ip-fragments.ts";
import type { Random } from "./random.ts";
import type { KeptPacket } from "./rewrite-packets.ts";

type Rewrite = (packets: readonly KeptPacket[], random: Random) => KeptPacket[];

/**
 * Other ways in which the same traffic may have been captured: none of them changes what is understood. Packets that are not
 * Ethernet with IP stay as they are.
 */
export const REWRITES: Readonly<Record<string, Rewrite>> = {
  "a VLAN tag": onFrames((frame) => insert(frame, 12, [0x81, 0, 0x20, 7])),
  "two VLAN tags": onFrames((frame) => insert(frame, 12, [0x88, 0xa8, 0, 9, 0x81, 0, 0x20, 7])),
  "two MPLS labels": onFrames((frame) => splice(frame, 12, 14, [0x88, 0x47, 0, 1, 0, 64, 0, 1, 0x11, 64])),
  "raw IP": (packets) => onFrames((frame) => frame.subarray(14), LinkType.RAW)(packets),
  "Linux cooked": onFrames(
    (frame) => splice(frame, 0, 14, [0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, frame[12]!, frame[13]!]),
    LinkType.LINUX_SLL,
  ),
  "BSD loopback": onFrames((frame) => splice(frame, 0, 14, [frame[12] === 8 ? 2 : 30, 0, 0, 0]), LinkType.NULL),
  PPP: onFrames((frame) => splice(frame, 0, 14, [0xff, 3, 0, frame[12] === 8 ? 0x21 : 0x57]), LinkType.PPP),
  PPPoE: onFrames((frame) =>
    splice(frame, 12, 14, [
      ...[0x88, 0x64, 0x11, 0, 0, 5, (frame.length - 12) >> 8, (frame.length - 12) & 255],
      ...[0, frame[12] === 8 ? 0x21 : 0x57],
    ]),
  ),
  "IPv6 extension headers": onFrames((frame) => (frame[12] === 0x86 ? addExtensionHeaders(frame) : frame)),
  "IPv4 fragments": (packets, random) =>
    packets.flatMap((packet) => {
      const isWhole = packet.originalLength === packet.bytes.length;
      if (!isEthernetIp(packet) || packet.bytes[12] !== 8 || packet.bytes[14] !== 0x45 || !isWhole) return [packet];
      const length = (packet.bytes[16]! << 8) | packet.bytes[17]!;
      if (((packet.bytes[20]! & 0x3f) | packet.bytes[21]!) !== 0) return [packet];
      const fragments = fragmentIpv4(packet.bytes.subarray(14, 14 + length), 64, random.below(65_536));
      return fragments.map((fragment) => withBytes(packet, join(packet.bytes.subarray(0, 14), fragment)));
    }),
  "each packet twice": (packets) => packets.flatMap((packet) => [packet, packet]),
  "each packet again, later": (packets) => {
    const later = packets.flatMap((packet, i) => (i >= 3 ? [packet, packets[i - 3]!] : [packet]));
    return [...later, ...packets.slice(-3)];
  },
  "neighbours swapped": (packets, random) => swapNeighbours(packets, random),
  "keep-alive probes": (packets) => packets.flatMap((packet) => [...probesBefore(packet), packet]),
  "each segment again, with other bytes": (packets) => packets.flatMap((packet) => [packet, ...withOtherBytes(packet)]),
  "simultaneous opens": (packets) => packets.flatMap(openTogether),
  "windows of zero": (packets) =>
    packets.map((packet) => setInTcp(packet, (bytes, tcp) => bytes.fill(0, tcp + 14, tcp + 16))),
  "all at once": (packets) => packets.map((packet) => ({ ...packet, seconds: 1000, nanos: 0 })),
  "a clock that jumps": (packets, random) =>
    packets.map((packet) => ({ ...packet, seconds: packet.seconds + (random.chance(20) ? random.below(3) - 1 : 0) })),
};

/** The packets, and ten minutes later the same conversations once more, of the same ports, from other sequence numbers on. */
export function repeatLater(packets: readonly KeptPacket[]): KeptPacket[] {
  const shift = (bytes: Uint8Array, at: number): void => {
    const view = new DataView(bytes.buffer);
    view.setUint32(at, view.getUint32(at) + 0x1234_5678);
  };
  const last = packets.reduce((latest, { seconds }) => Math.max(latest, seconds), 0);
  const later = packets.map((packet) => {
    const again = setInTcp(packet, (bytes, tcp) => {
      shift(bytes, tcp + 4);
      if ((bytes[tcp + 13]! & TcpFlag.ACK) !== 0) shift(bytes, tcp + 8);
    });
    return { ...again, seconds: packet.seconds - packets[0]!.seconds + last + 600 };
  });
  return [...packets, ...later];
}

function onFrames(
  rewrite: (frame: Uint8Array) => Uint8Array,
  linkType?: number,
): (packets: readonly KeptPacket[]) => KeptPacket[] {
  return (packets) =>
    packets.map((packet) => {
      if (!isEthernetIp(packet)) return packet;
      const rewritten = withBytes(packet, rewrite(packet.bytes));
      return linkType === undefined ? rewritten : { ...rewritten, interface: { ...packet.interface, linkType } };
    });
}

function isEthernetIp({ bytes, interface: { linkType } }: KeptPacket): boolean {
  const type = ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
  return linkType === LinkType.ETHERNET && (type === 0x0800 || type === 0x86dd);
}

function withBytes(packet: KeptPacket, bytes: Uint8Array): KeptPacket {
  return { ...packet, bytes, originalLength: packet.originalLength + bytes.length - packet.bytes.length };
}

function join(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function insert(bytes: Uint8Array, at: number, added: readonly number[]): Uint8Array {
  return splice(bytes, at, at, added);
}

function splice(bytes: Uint8Array, from: number, to: number, added: readonly number[]): Uint8Array {
  return join(bytes.subarray(0, from), added, bytes.subarray(to));
}

/** Hop-by-hop and destination options, of padding only (RFC 8200 section 4.2). */
function addExtensionHeaders(frame: Uint8Array): Uint8Array {
  const next = frame[20]!;
  const added = insert(frame, 54, [60, 0, 1, 4, 0, 0, 0, 0, next, 0, 1, 4, 0, 0, 0, 0]);
  added[20] = 0;
  new DataView(added.buffer).setUint16(18, ((frame[18]! << 8) | frame[19]!) + 16);
  return added;
}

/** Where two packets of one connection went in opposite directions, each may have been captured first. */
function swapNeighbours(packets: readonly KeptPacket[], random: Random): KeptPacket[] {
  const swapped = [...packets];
  for (let i = 3; i + 1 < swapped.length; i++)
    if (random.chance(3) && swapped[i]!.interface === swapped[i + 1]!.interface) {
      [swapped[i], swapped[i + 1]] = [swapped[i + 1]!, swapped[i]!];
      i++;
    }
  return swapped;
}

/** A sender that asks whether the other end is still there sends the byte before the next, without or with it (RFC 9293 section 3.8.4). */
function probesBefore(packet: KeptPacket): KeptPacket[] {
  const decoded = decode(packet);
  if (decoded === undefined || (decoded.tcp.flags & (TcpFlag.SYN | TcpFlag.RST | TcpFlag.FIN)) !== 0) return [];
  const { tcp, ipVersion, ipv4, ipv6 } = decoded;
  if (tcp.payloadEnd === tcp.payloadStart) return [];
  const bytes = Uint8Array.from(packet.bytes.subarray(0, tcp.payloadStart));
  const view = new DataView(bytes.buffer);
  view.setUint32(tcp.start + 4, (tcp.sequence - 1) >>> 0);
  if (ipVersion === 4) view.setUint16(ipv4.start + 2, bytes.length - ipv4.start);
  else view.setUint16(ipv6.start + 4, bytes.length - ipv6.start - 40);
  return [{ ...packet, bytes, originalLength: bytes.length }];
}

/** Who sees it again has the first bytes already (RFC 9293 section 3.10.7.4); a capture that takes the others shows what no end saw. */
function withOtherBytes(packet: KeptPacket): KeptPacket[] {
  const decoded = decode(packet);
  if (decoded === undefined || decoded.tcp.payloadEnd === decoded.tcp.payloadStart) return [];
  const bytes = Uint8Array.from(packet.bytes);
  for (let at = decoded.tcp.payloadStart; at < decoded.tcp.payloadEnd; at++) bytes[at]! ^= 0x15;
  return [{ ...packet, bytes }];
}

/** Both ends send a SYN before they see the other's, and acknowledge it with a SYN of their own (RFC 9293 section 3.5). */
function openTogether(packet: KeptPacket): KeptPacket[] {
  const decoded = decode(packet);
  const { SYN, ACK } = TcpFlag;
  if (decoded === undefined || (decoded.tcp.flags & (SYN | ACK)) !== (SYN | ACK)) return [packet];
  const syn = setInTcp(packet, (bytes, tcp) => {
    bytes[tcp + 13]! &= ~ACK;
    bytes.fill(0, tcp + 8, tcp + 12);
  });
  return [syn, packet];
}

function setInTcp(packet: KeptPacket, set: (bytes: Uint8Array, tcp: number) => void): KeptPacket {
  const decoded = decode(packet);
  if (decoded === undefined) return packet;
  const bytes = Uint8Array.from(packet.bytes);
  set(bytes, decoded.tcp.start);
  return { ...packet, bytes };
}

function decode({ bytes, interface: { linkType } }: KeptPacket): DecodedPacket | undefined {
  const decoded = new DecodedPacket();
  const kind = decoded.decode(linkType, bytes, 0, bytes.length);
  return kind === "tcp" && decoded.tunnel === undefined && decoded.missing === 0 ? decoded : undefined;
}
