import { LinkType } from "../../pcap/link-type.ts";
import type { DecodeProblem } from "../decode-problem.ts";
import { EtherType } from "../protocol-numbers.ts";
import { type EthernetHeader, etherTypeOfVersion, isSnap } from "./ethernet.ts";
import { skipPppHeader } from "./ppp.ts";
import { openRarerLink } from "./rarer-links.ts";

/**
 * Decodes the link-layer header of any link type that Tapline reads, into the one form that they are all brought to: the
 * EtherType of what follows, and where it starts. Of the links without Ethernet's addresses only `payloadType`,
 * `payloadStart` and the VLAN tags are set.
 */
export function decodeLinkLayer(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  switch (linkType) {
    case LinkType.ETHERNET:
      return into.decode(bytes, start, end);
    case LinkType.LINUX_SLL:
      return decodeCooked(bytes, start, end, 16, 14, into);
    case LinkType.LINUX_SLL2:
      return decodeCooked(bytes, start, end, 20, 0, into);
    case LinkType.NULL:
    case LinkType.LOOP:
      return decodeLoopback(bytes, start, end, into);
    case LinkType.RAW:
    case LinkType.RAW_OLD:
    case LinkType.RAW_OPENBSD:
    case LinkType.IPV4:
    case LinkType.IPV6:
      into.start = start;
      if (start >= end) return "short-network-header";
      return into.decodeType(bytes, start, end, etherTypeOfVersion(bytes[start]!) || UNKNOWN_TYPE);
    case LinkType.PPP:
      return decodePpp(bytes, start, end, into);
    case LinkType.PPP_WITH_DIRECTION:
      return decodePpp(bytes, start + 1, end, into);
    case LinkType.PPP_HDLC:
      return isCiscoHdlc(bytes[start]) ? decodeCiscoHdlc(bytes, start, end, into) : decodePpp(bytes, start, end, into);
    case LinkType.PPP_ETHER:
      into.start = start;
      return into.decodeType(bytes, start, end, EtherType.PPPOE_SESSION);
    case LinkType.C_HDLC:
      return decodeCiscoHdlc(bytes, start, end, into);
    case LinkType.C_HDLC_WITH_DIRECTION:
      return decodeCiscoHdlc(bytes, start + 1, end, into);
    case LinkType.NFLOG:
      return decodeNetfilterLog(bytes, start, end, into);
    case LinkType.IEEE802_11:
      return decode80211(bytes, start, end, into);
    case LinkType.IEEE802_11_RADIOTAP:
      return decodeRadiotap(bytes, start, end, into);
    default:
      return decodeRarerLink(linkType, bytes, start, end, into);
  }
}

function decodeRarerLink(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  into.start = start;
  const carried = openRarerLink(linkType, bytes, start, end);
  if (carried === undefined) return "unknown-link-type";
  if (typeof carried === "string") return `${carried}-link-header`;
  if (!("linkType" in carried)) return into.decodeType(bytes, carried.payloadStart, end, carried.etherType);
  // One such header in another is none that anything writes.
  return NESTING_LINKS.has(carried.linkType)
    ? "malformed-link-header"
    : decodeLinkLayer(carried.linkType, bytes, carried.payloadStart, end, into);
}

const NESTING_LINKS: ReadonlySet<number> = new Set([LinkType.PPI, LinkType.PKTAP, LinkType.ERF]);

/** Linux cooked capture: `headerLength` bytes, with the EtherType at `typeOffset` (tcpdump.org/linktypes: LINUX_SLL, _SLL2). */
function decodeCooked(
  bytes: Uint8Array,
  start: number,
  end: number,
  headerLength: number,
  typeOffset: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  into.start = start;
  if (end - start < headerLength) return "short-link-header";
  const type = (bytes[start + typeOffset]! << 8) | bytes[start + typeOffset + 1]!;
  return into.decodeType(bytes, start + headerLength, end, type);
}

/**
 * BSD loopback: a 32-bit address family, in the byte order of whoever captured (NULL) or of the network (LOOP). A family is
 * a small number, so the order shows.
 */
function decodeLoopback(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  into.start = start;
  if (end - start < 4) return "short-link-header";
  const high = (bytes[start]! << 8) | bytes[start + 1]!;
  const family = high === 0 ? (bytes[start + 2]! << 8) | bytes[start + 3]! : (bytes[start + 1]! << 8) | bytes[start]!;
  const type = family === AF_INET ? EtherType.IPV4 : AF_INET6.includes(family) ? EtherType.IPV6 : UNKNOWN_TYPE;
  return into.decodeType(bytes, start + 4, end, type);
}

const AF_INET = 2;
/** Linux, NetBSD and OpenBSD, FreeBSD, macOS. */
const AF_INET6 = [10, 24, 28, 30];

/** Stands for what is neither a length nor a type that is known. */
const UNKNOWN_TYPE = 0xffff;

function decodePpp(bytes: Uint8Array, start: number, end: number, into: EthernetHeader): DecodeProblem | undefined {
  into.start = start;
  if (end - start < 2) return "short-link-header";
  const { etherType, payloadStart } = skipPppHeader(bytes, start, end);
  return into.decodeType(bytes, payloadStart, end, etherType || UNKNOWN_TYPE);
}

/** Cisco HDLC: an address (0x0f unicast, 0x8f broadcast), a control byte, and an EtherType. */
function decodeCiscoHdlc(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  return isCiscoHdlc(bytes[start]) ? decodeCooked(bytes, start, end, 4, 2, into) : "malformed-link-header";
}

function isCiscoHdlc(firstByte: number | undefined): boolean {
  return firstByte === 0x0f || firstByte === 0x8f;
}

/**
 * Linux's netfilter log (tcpdump.org/linktypes/LINKTYPE_NFLOG): address family, version, resource, then values with their length
 * (its own 4 bytes included) and type in the byte order of the machine that captured, each padded to 4 bytes. One of them is the
 * packet.
 */
function decodeNetfilterLog(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  into.start = start;
  if (end - start < 8) return "short-link-header";
  for (const little of [1, 0]) {
    for (let at = start + 4; at + 4 <= end; ) {
      const length = bytes[at + 1 - little]! | (bytes[at + little]! << 8);
      const type = bytes[at + 3 - little]! | (bytes[at + 2 + little]! << 8);
      if (length < 4 || at + length > end) break;
      if ((type & 0x7fff) === NFULA_PAYLOAD && length > 4) {
        const payload = at + 4;
        return into.decodeType(bytes, payload, end, etherTypeOfVersion(bytes[payload]!) || UNKNOWN_TYPE);
      }
      at += (length + 3) & ~3;
    }
  }
  return into.decodeType(bytes, start, end, UNKNOWN_TYPE);
}

const NFULA_PAYLOAD = 9;

/** Radiotap (radiotap.org): version, padding, and the header's length in little-endian; then an 802.11 frame. */
function decodeRadiotap(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: EthernetHeader,
): DecodeProblem | undefined {
  if (end - start < 8) return "short-link-header";
  const length = bytes[start + 2]! | (bytes[start + 3]! << 8);
  if (bytes[start] !== 0 || length < 8) return "malformed-link-header";
  if (end - start < length) return "short-link-header";
  return decode80211(bytes, start + length, end, into);
}

/** The header of an IEEE 802.11 data frame (section 9.3.2); other frames carry no packet. */
function decode80211(bytes: Uint8Array, start: number, end: number, into: EthernetHeader): DecodeProblem | undefined {
  into.start = start;
  if (end - start < 2) return "short-link-header";
  const control = bytes[start]!;
  const flags = bytes[start + 1]!;
  const isData = (control & 0x0c) === 0x08;
  const hasNoPayload = (control & 0x40) !== 0;
  if (!isData || hasNoPayload) return into.decodeType(bytes, start, end, UNKNOWN_TYPE);
  if ((flags & 0x40) !== 0) return "encrypted-link";
  const isQos = (control & 0x80) !== 0;
  const isBetweenAccessPoints = (flags & 0x03) === 0x03;
  const hasHtControl = isQos && (flags & 0x80) !== 0;
  const payload = start + 24 + (isBetweenAccessPoints ? 6 : 0) + (isQos ? 2 : 0) + (hasHtControl ? 4 : 0);
  if (end - payload < 8) return "short-link-header";
  const type = isSnap(bytes, payload) ? (bytes[payload + 6]! << 8) | bytes[payload + 7]! : UNKNOWN_TYPE;
  return into.decodeType(bytes, payload + 8, end, type);
}
