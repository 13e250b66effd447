import { sumBytes } from "./checksum.ts";
import { isFrameOfPacket } from "./link/ethernet.ts";
import { readUint16, readUint24, readUint32 } from "./network-order.ts";
import { EtherType, IpProtocol } from "./protocol-numbers.ts";

/** A tunnel that a packet was found in. `mpls` and `pppoe` stand behind the link's header, the others in IP packets. */
export type TunnelType =
  | "ip-in-ip"
  | "ip-in-udp"
  | "vxlan"
  | "vxlan-gpe"
  | "geneve"
  | "gre"
  | "erspan"
  | "gtp-u"
  | "gue"
  | "tzsp"
  | "l2tp"
  | "etherip"
  | "ethernet-in-ip"
  | "mpls-in-ip"
  | "lisp"
  | "teredo"
  | "mpls-in-udp"
  | "mpls"
  | "pppoe";

/** The content of a tunnel's header: one object that is read into again and again. */
export class TunnelHeader {
  type: TunnelType = "gre";
  /** VNI, key, session or tunnel endpoint identifier; -1 where the header has none. */
  id = -1;
  /** The inner protocol, and where it starts. */
  inside: "ethernet" | "ppp" | "typed" = "ethernet";
  /** With `typed`: the EtherType of what is inside. */
  etherType = 0;
  payloadStart = 0;

  /**
   * Reads the tunnel that a datagram's payload is: by its destination port, or because it is exactly one IP packet (Foo over UDP) or
   * a VXLAN header with a frame whose packet leaves no doubt. False where it is none that is known.
   */
  readUdp(port: number, bytes: Uint8Array, start: number, end: number): boolean {
    switch (port) {
      case 4789:
      case 8472:
        return this.#readVxlan(bytes, start, end);
      case 4790:
        return this.#readVxlanGpe(bytes, start, end);
      case 6081:
        return this.#readGeneve(bytes, start, end);
      case 2152:
        return this.#readGtp(bytes, start, end);
      case 6080:
        return this.#readGue(bytes, start, end) || this.#readIpPacket(bytes, start, end);
      case 6635:
        return end - start > 4 && this.#set("mpls-in-udp", -1, "typed", start, EtherType.MPLS);
      case 37008:
        return this.#readTzsp(bytes, start, end);
      case 4754:
        return this.readGre(bytes, start, end);
      case 1701:
        return this.#readL2tp(bytes, start, end);
      case 4341:
        return end - start > 8 && this.#set("lisp", -1, "typed", start + 8, etherTypeOfFirst(bytes[start + 8]!));
      case 3544:
        return this.#readIpPacket(bytes, start, end) || this.#readTeredo(bytes, start, end);
      default:
        return (
          this.#readIpPacket(bytes, start, end) ||
          (bytes[start] === 8 && isVxlanOfPacket(bytes, start, end) && this.#readVxlan(bytes, start, end))
        );
    }
  }

  /** Tunnels that have an IP protocol's number of their own, GRE apart. False where it is not sure what is inside. */
  readIp(protocol: number, bytes: Uint8Array, start: number, end: number): boolean {
    switch (protocol) {
      case IpProtocol.ETHERIP:
        // RFC 3378: version 3.
        return end - start > 2 && bytes[start] === 0x30 && this.#set("etherip", -1, "ethernet", start + 2);
      case IpProtocol.ETHERNET:
        return this.#set("ethernet-in-ip", -1, "ethernet", start);
      case IpProtocol.MPLS:
        return end - start > 4 && this.#set("mpls-in-ip", -1, "typed", start, EtherType.MPLS);
      case IpProtocol.L2TP:
        return this.#readL2tpSession(bytes, start, end);
      default:
        return false;
    }
  }

  /** GRE (RFC 2784, keys and numbers: RFC 2890), PPTP's version of it (RFC 2637), and ERSPAN I to III in it (draft-foschiano-erspan). */
  readGre(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 4) return false;
    const flags = readUint16(bytes, start);
    const protocol = readUint16(bytes, start + 2);
    const version = flags & 7;
    const hasRouting = (flags & 0x4000) !== 0;
    if (version > 1 || hasRouting) return false;
    let at = start + 4 + ((flags & 0x8000) !== 0 ? 4 : 0);
    let key = -1;
    const hasKey = (flags & 0x2000) !== 0;
    if (hasKey) {
      if (end - at < 4) return false;
      // PPTP has the length and the call's number here.
      key = version === 1 ? readUint16(bytes, at + 2) : readUint32(bytes, at);
      at += 4;
    }
    const hasSequence = (flags & 0x1000) !== 0;
    if (hasSequence) at += 4;
    if (version === 1 && (flags & 0x80) !== 0) at += 4;
    if (at >= end) return false;
    switch (protocol) {
      case 0x6558:
        return this.#set("gre", key, "ethernet", at);
      case 0x88be:
        return hasSequence ? this.#readErspan2(bytes, at, end) : this.#set("erspan", -1, "ethernet", at);
      case 0x22eb:
        return this.#readErspan3(bytes, at, end);
      case 0x880b:
        return this.#set("gre", key, "ppp", at);
      case 0x6400:
        // MikroTik's Ethernet over IP: version 1 with a length, and a tunnel's number with its low byte first.
        return version === 1 && hasKey && this.#set("gre", (key >>> 8) | ((key & 0xff) << 8), "ethernet", at);
      case 0x883e: {
        // WCCP: its version 2 has 4 bytes before the packet.
        const packet = isIpVersion(bytes[at]!) ? at : at + 4;
        return packet < end && this.#set("gre", key, "typed", packet, etherTypeOfFirst(bytes[packet]!));
      }
      default:
        return this.#set("gre", key, "typed", at, protocol);
    }
  }

  /** RFC 7348; the flag says that there is an identifier. */
  #readVxlan(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 8 + 14 || (bytes[start]! & 0x08) === 0) return false;
    return this.#set("vxlan", readUint24(bytes, start + 4), "ethernet", start + 8);
  }

  /** draft-ietf-nvo3-vxlan-gpe: the fourth byte says what is inside. */
  #readVxlanGpe(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 8 + 14 || (bytes[start]! & 0x0c) === 0) return false;
    const next = (bytes[start]! & 0x04) === 0 ? 3 : bytes[start + 3]!;
    const id = readUint24(bytes, start + 4);
    if (next === 3) return this.#set("vxlan-gpe", id, "ethernet", start + 8);
    const etherType = [0, EtherType.IPV4, EtherType.IPV6, 0, EtherType.SERVICE_HEADER, EtherType.MPLS][next] ?? 0;
    return etherType !== 0 && this.#set("vxlan-gpe", id, "typed", start + 8, etherType);
  }

  /** RFC 8926. */
  #readGeneve(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 8 || bytes[start]! >>> 6 !== 0) return false;
    const payload = start + 8 + ((bytes[start]! & 0x3f) << 2);
    if (payload >= end) return false;
    const protocol = readUint16(bytes, start + 2);
    const id = readUint24(bytes, start + 4);
    if (protocol === 0x6558) return this.#set("geneve", id, "ethernet", payload);
    return this.#set("geneve", id, "typed", payload, protocol);
  }

  /** GTP version 1, user plane (3GPP TS 29.281 section 5): a T-PDU is an IP packet, or a frame. */
  #readGtp(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 12 || bytes[start]! >>> 4 !== 3 || bytes[start + 1] !== 0xff) return false;
    const flags = bytes[start]! & 7;
    let at = start + 8;
    if (flags !== 0) {
      let next = (flags & 4) !== 0 ? bytes[start + 11]! : 0;
      at += 4;
      for (let count = 0; next !== 0; count++) {
        const length = (bytes[at] ?? 0) << 2;
        if (length === 0 || at + length > end || count === MAX_EXTENSIONS) return false;
        next = bytes[at + length - 1]!;
        at += length;
      }
    }
    if (at >= end) return false;
    const id = readUint32(bytes, start + 4);
    if (isFrameOfPacket(bytes, at, end)) return this.#set("gtp-u", id, "ethernet", at);
    return this.#set("gtp-u", id, "typed", at, etherTypeOfFirst(bytes[at]!));
  }

  /** Generic UDP encapsulation, version 0 (draft-ietf-intarea-gue). */
  #readGue(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 5 || bytes[start]! >>> 5 !== 0) return false;
    const payload = start + 4 + ((bytes[start]! & 0x1f) << 2);
    const protocol = bytes[start + 1]!;
    if (payload >= end || (protocol !== 4 && protocol !== 41)) return false;
    return this.#set("gue", -1, "typed", payload, protocol === 4 ? EtherType.IPV4 : EtherType.IPV6);
  }

  /** TaZmen Sniffer Protocol: tags up to an end, then the frame. */
  #readTzsp(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 6 || bytes[start] !== 1 || bytes[start + 1] !== 0 || readUint16(bytes, start + 2) !== 1)
      return false;
    for (let at = start + 4, count = 0; at < end && count < MAX_EXTENSIONS; count++) {
      const tag = bytes[at]!;
      if (tag === 1) return this.#set("tzsp", -1, "ethernet", at + 1);
      at += tag === 0 ? 1 : 2 + (bytes[at + 1] ?? 0);
    }
    return false;
  }

  /** L2TP version 2 (RFC 2661 section 3.1), whose data is PPP, and version 3 in datagrams (RFC 3931 section 4.1.2). */
  #readL2tp(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 8) return false;
    const flags = readUint16(bytes, start);
    const isControl = (flags & 0x8000) !== 0;
    if (isControl) return false;
    if ((flags & 15) === 3) return this.#readL2tpSession(bytes, start + 4, end);
    if ((flags & 15) !== 2) return false;
    const ids = start + ((flags & 0x4000) !== 0 ? 4 : 2);
    let at = ids + 4 + ((flags & 0x0800) !== 0 ? 4 : 0);
    if ((flags & 0x0200) !== 0) at += 2 + (at + 2 <= end ? readUint16(bytes, at) : 0);
    return at < end && this.#set("l2tp", readUint16(bytes, ids + 2), "ppp", at);
  }

  /** A session of L2TP version 3. How long its cookie and its sublayer are was agreed before: 0 to 12 bytes, until a frame fits. */
  #readL2tpSession(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 4) return false;
    const id = readUint32(bytes, start);
    for (let at = start + 4; id !== 0 && at <= start + 16; at += 4)
      if (isFrameOfPacket(bytes, at, end)) return this.#set("l2tp", id, "ethernet", at);
    return false;
  }

  /** RFC 4380 section 5.1.1: an authentication and an origin may stand before the packet. */
  #readTeredo(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    if (end - at > 4 && readUint16(bytes, at) === 1) at += 4 + bytes[at + 2]! + bytes[at + 3]! + 9;
    if (end - at > 8 && readUint16(bytes, at) === 0) at += 8;
    return at > start && this.#readIpPacket(bytes, at, end) && this.#set("teredo", -1, "typed", at, EtherType.IPV6);
  }

  #readErspan2(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 8 || bytes[start]! >>> 4 !== 1) return false;
    return this.#set("erspan", readUint16(bytes, start + 2) & 0x3ff, "ethernet", start + 8);
  }

  #readErspan3(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 12 || bytes[start]! >>> 4 !== 2) return false;
    const last = readUint16(bytes, start + 10);
    const payload = start + 12 + ((last & 1) !== 0 ? 8 : 0);
    if (payload >= end) return false;
    const id = readUint16(bytes, start + 2) & 0x3ff;
    const isIp = ((last >>> 10) & 0x1f) === 2;
    if (!isIp) return this.#set("erspan", id, "ethernet", payload);
    return this.#set("erspan", id, "typed", payload, etherTypeOfFirst(bytes[payload]!));
  }

  /** One whole IP packet, whose length, and whose checksum in version 4, leave no doubt. */
  #readIpPacket(bytes: Uint8Array, start: number, end: number): boolean {
    const size = end - start;
    const version = (bytes[start] ?? 0) >>> 4;
    if (version === 4 && size >= 20) {
      const header = (bytes[start]! & 0x0f) << 2;
      if (header < 20 || header > size || readUint16(bytes, start + 2) !== size) return false;
      return (
        sumBytes(bytes, start, start + header) === 0xffff && this.#set("ip-in-udp", -1, "typed", start, EtherType.IPV4)
      );
    }
    if (version !== 6 || size < 40 || readUint16(bytes, start + 4) !== size - 40) return false;
    return IPV6_NEXT.includes(bytes[start + 6]!) && this.#set("ip-in-udp", -1, "typed", start, EtherType.IPV6);
  }

  #set(type: TunnelType, id: number, inside: TunnelHeader["inside"], payloadStart: number, etherType = 0): true {
    this.type = type;
    this.id = id;
    this.inside = inside;
    this.payloadStart = payloadStart;
    this.etherType = etherType;
    return true;
  }
}

/** How many extension headers or tags a tunnel's header may have. */
const MAX_EXTENSIONS = 32;

/** Protocols that may follow an IPv6 header inside a datagram. */
const IPV6_NEXT: readonly number[] = [0, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 60, 132];

/** All that is reserved is zero, and what follows is a frame with an IP packet. */
function isVxlanOfPacket(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    (readUint32(bytes, start) & 0xffffff) === 0 && bytes[start + 7] === 0 && isFrameOfPacket(bytes, start + 8, end)
  );
}

function isIpVersion(firstByte: number): boolean {
  return firstByte >>> 4 === 4 || firstByte >>> 4 === 6;
}

function etherTypeOfFirst(firstByte: number): number {
  return firstByte >>> 4 === 6 ? EtherType.IPV6 : EtherType.IPV4;
}
