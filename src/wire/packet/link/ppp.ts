import { EtherType } from "../protocol-numbers.ts";

/**
 * Where the packet in a PPP frame starts (RFC 1661, in HDLC-like framing RFC 1662), and its EtherType: 0 where it is no packet. The
 * address and control bytes may be left out, and the protocol may be one byte.
 */
export function skipPppHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
): { etherType: number; payloadStart: number } {
  let at = start;
  if (end - at >= 2 && bytes[at] === 0xff && bytes[at + 1] === 0x03) at += 2;
  if (at >= end) return { etherType: 0, payloadStart: end };
  // The last byte of a protocol's number is odd, all others are even.
  const isShort = (bytes[at]! & 1) === 1;
  const protocol = isShort ? bytes[at]! : (bytes[at]! << 8) | (bytes[at + 1] ?? 0);
  const payloadStart = Math.min(end, at + (isShort ? 1 : 2));
  // Bridged frames (RFC 3518) have flags and the kind of frame before them; 1 is Ethernet.
  if (protocol === 49 && end - payloadStart > 2 && bytes[payloadStart + 1] === 1)
    return { etherType: EtherType.BRIDGED, payloadStart: payloadStart + 2 };
  return { etherType: PPP_PROTOCOLS[protocol] ?? 0, payloadStart };
}

/** IP, IPv6, MPLS unicast and multicast (RFC 1332, RFC 5072, RFC 3032). */
const PPP_PROTOCOLS: Readonly<Record<number, number>> = {
  33: EtherType.IPV4,
  87: EtherType.IPV6,
  641: EtherType.MPLS,
  643: EtherType.MPLS_MULTICAST,
};
