import { LinkType } from "../../pcap/link-type.ts";
import { EtherType } from "../protocol-numbers.ts";
import { etherTypeOfVersion } from "./ethernet.ts";

/** What stands behind a link's header: a packet by its EtherType, LLC (0), or a frame of another link. */
export type Carried =
  | { readonly payloadStart: number; readonly etherType: number }
  | { readonly payloadStart: number; readonly linkType: number };

/**
 * Opens the links of which nothing but the carried packet is wanted: monitoring and capture headers, and networks that are seldom seen
 * now (tcpdump.org/linktypes.html). Undefined for other links, `short` where the bytes end inside the header, `malformed` where it
 * cannot be one.
 */
export function openRarerLink(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Carried | "short" | "malformed" | undefined {
  const fixed = FIXED[linkType];
  if (fixed !== undefined) {
    const [size, holds] = fixed;
    if (end - start <= size) return "short";
    const payloadStart = start + size;
    if (typeof holds === "object") return { payloadStart, linkType: holds.link };
    if (holds === "llc") return { payloadStart, etherType: LLC };
    return holds === "ip"
      ? packetAt(bytes, payloadStart)
      : { payloadStart, etherType: readUint16(bytes, start + holds) };
  }
  if (end - start < 12) return OPENERS[linkType] === undefined ? undefined : "short";
  const carried = OPENERS[linkType]?.(bytes, start, end);
  return typeof carried === "object" && carried.payloadStart >= end ? "short" : carried;
}

/** A header of so many bytes, and behind it an IP packet, LLC, a packet whose EtherType stands at an offset, or another link's frame. */
type FixedHeader = readonly [size: number, holds: "ip" | "llc" | number | { readonly link: number }];

const ETHERNET = { link: LinkType.ETHERNET };
const LLC = 0;

const FIXED: Readonly<Record<number, FixedHeader>> = {
  [LinkType.SLIP]: [16, "ip"],
  [LinkType.SLIP_BSDOS]: [24, "ip"],
  [LinkType.ENC]: [12, "ip"],
  [LinkType.IPNET]: [24, "ip"],
  [LinkType.FDDI]: [13, "llc"],
  [LinkType.ATM_RFC1483]: [0, "llc"],
  [LinkType.SUNATM]: [4, "llc"],
  [LinkType.IP_OVER_FC]: [16, "llc"],
  [LinkType.IP_OVER_IEEE1394]: [18, 16],
  [LinkType.IPOIB]: [44, 40],
  [LinkType.NETANALYZER]: [4, ETHERNET],
  [LinkType.NETANALYZER_TRANSPARENT]: [12, ETHERNET],
  [LinkType.MPACKET]: [8, ETHERNET],
  [LinkType.EPON]: [8, ETHERNET],
  [LinkType.PRISM]: [144, { link: LinkType.IEEE802_11 }],
  // Switches put their tag between the addresses and the type.
  [LinkType.DSA_TAG_BRCM]: [18, 16],
  [LinkType.DSA_TAG]: [18, 16],
  [LinkType.DSA_TAG_ETHERTYPE]: [22, 20],
};

type Opener = (bytes: Uint8Array, start: number, end: number) => Carried | "short" | "malformed";

const OPENERS: Readonly<Record<number, Opener>> = {
  [LinkType.FRAME_RELAY]: openFrameRelay,
  [LinkType.TOKEN_RING]: (bytes, start) => {
    // The first bit of the sender's address says that routing information follows, whose length is in its first byte.
    const routing = (bytes[start + 8]! & 0x80) === 0 ? 0 : bytes[start + 14]! & 0x1f;
    return { payloadStart: start + 14 + routing, etherType: LLC };
  },
  // The header's length counts neither padding, nor always itself.
  [LinkType.PFLOG]: (bytes, start) => packetAt(bytes, start + ((bytes[start]! + 3) & ~3)),
  [LinkType.PPP_PPPD]: (bytes, start) => ({
    payloadStart: start + (bytes[start + 1] === 3 ? 2 : 1),
    linkType: LinkType.PPP,
  }),
  [LinkType.PPI]: (bytes, start) => ({
    payloadStart: start + readUint16Little(bytes, start + 2),
    linkType: readUint16Little(bytes, start + 4),
  }),
  [LinkType.PKTAP]: (bytes, start) => ({
    payloadStart: start + readUint16Little(bytes, start),
    linkType: readUint16Little(bytes, start + 8),
  }),
  [LinkType.AVS]: (bytes, start) => ({
    payloadStart: start + readUint16(bytes, start + 6),
    linkType: LinkType.IEEE802_11,
  }),
  [LinkType.ERF]: openExtensibleRecord,
};

/** Q.922's address, and behind it what RFC 2427 or Cisco says. */
function openFrameRelay(bytes: Uint8Array, start: number): Carried | "malformed" {
  let at = start + 1;
  while (at < start + 4 && (bytes[at]! & 1) === 0) at++;
  at++;
  if (bytes[at] !== 3) return { payloadStart: at + 2, etherType: readUint16(bytes, at) };
  at += bytes[at + 1] === 0 ? 2 : 1;
  if (bytes[at] === 0xcc) return { payloadStart: at + 1, etherType: EtherType.IPV4 };
  if (bytes[at] === 0x8e) return { payloadStart: at + 1, etherType: EtherType.IPV6 };
  if (bytes[at] !== 0x80) return { payloadStart: at, etherType: UNKNOWN_TYPE };
  const isBridged = bytes[at + 2] === 0x80 && bytes[at + 3] === 0xc2;
  return isBridged
    ? { payloadStart: at + 6, linkType: LinkType.ETHERNET }
    : { payloadStart: at + 6, etherType: readUint16(bytes, at + 4) };
}

/** Endace's record: its type at byte 8, whose first bit says that extension headers of 8 bytes follow, each with that bit again. */
function openExtensibleRecord(bytes: Uint8Array, start: number, end: number): Carried | "short" {
  const type = bytes[start + 8]! & 0x7f;
  let at = start + 16;
  for (let more = bytes[start + 8]! & 0x80; more !== 0; at += 8) {
    if (at + 8 > end) return "short";
    more = bytes[at]! & 0x80;
  }
  if (ETHERNET_RECORDS.has(type)) return { payloadStart: at + 2, linkType: LinkType.ETHERNET };
  return IP_RECORDS.has(type) ? packetAt(bytes, at) : { payloadStart: at, etherType: UNKNOWN_TYPE };
}

const ETHERNET_RECORDS: ReadonlySet<number> = new Set([2, 11, 16, 20]);
const IP_RECORDS: ReadonlySet<number> = new Set([22, 23]);

function packetAt(bytes: Uint8Array, payloadStart: number): Carried {
  return { payloadStart, etherType: etherTypeOfVersion(bytes[payloadStart] ?? 0) || UNKNOWN_TYPE };
}

/** Neither a length nor a type that is known. */
const UNKNOWN_TYPE = 0xffff;

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function readUint16Little(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
