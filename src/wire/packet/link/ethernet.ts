import { sumBytes } from "../checksum.ts";
import type { DecodeProblem } from "../decode-problem.ts";
import { EtherType } from "../protocol-numbers.ts";
import { type Layer, skipLayer } from "./link-layers.ts";
import { skipPppHeader } from "./ppp.ts";

/**
 * An Ethernet header (IEEE 802.3), with VLAN tags (802.1Q, QinQ), LLC/SNAP, PPPoE sessions (RFC 2516), MPLS labels (RFC 3032)
 * and Ethernet pseudowires in them (RFC 4448), and the layers of `skipLayer` between it and the packet that it carries. One
 * object is decoded into again and again; offsets are into the bytes it was decoded from.
 *
 *     start           +12     vlanStart                    payloadStart
 *     | dst 6 | src 6 | type  | TCI 2 | type 2 | … (vlanCount times) | …
 */
export class EthernetHeader {
  /** Where the destination's address stands; the source's follows at `start + 6`. */
  start = 0;
  /** The type or length field right behind the addresses. */
  type = 0;
  /** Where the first tag's control information stands; the next is 4 bytes on. */
  vlanStart = 0;
  vlanCount = 0;
  /** The EtherType of what starts at `payloadStart`, behind all tags; 0 where it has none. */
  payloadType = 0;
  payloadStart = 0;
  /** The innermost of the PPPoE session and the MPLS labels: its number, or that of the label at the bottom. */
  tunnel: "pppoe" | "mpls" | undefined;
  tunnelId = 0;

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    this.vlanCount = 0;
    if (end - start < 14) return "short-link-header";
    this.type = (bytes[start + 12]! << 8) | bytes[start + 13]!;
    return this.decodeType(bytes, start + 14, end, this.type);
  }

  /** Goes on behind a type field: for links that have one, but other addresses (Linux cooked capture). */
  decodeType(bytes: Uint8Array, start: number, end: number, type: number): DecodeProblem | undefined {
    this.payloadType = type;
    this.payloadStart = start;
    this.vlanCount = 0;
    this.tunnel = undefined;
    if (type === EtherType.IPV4 || type === EtherType.IPV6) return undefined;
    return this.#skipEncapsulation(bytes, end);
  }

  #skipEncapsulation(bytes: Uint8Array, end: number): DecodeProblem | undefined {
    for (let layers = 0; layers < MAX_LAYERS; layers++) {
      const at = this.payloadStart;
      const type = this.payloadType;
      if (TAGS.has(type)) {
        if (end - at < 4) return "short-link-header";
        if (this.vlanCount++ === 0) this.vlanStart = at;
        this.#moveTo(at + 4, (bytes[at + 2]! << 8) | bytes[at + 3]!);
      } else if (type === EtherType.PPPOE_SESSION) {
        if (end - at < 8) return "short-link-header";
        this.tunnel = "pppoe";
        this.tunnelId = (bytes[at + 2]! << 8) | bytes[at + 3]!;
        const { etherType, payloadStart } = skipPppHeader(bytes, at + 6, end);
        this.#moveTo(payloadStart, etherType);
      } else if (type === EtherType.MPLS || type === EtherType.MPLS_MULTICAST) {
        if (end - at < 5) return "short-link-header";
        if ((bytes[at + 2]! & 1) === 0) {
          this.#moveTo(at + 4, type);
          continue;
        }
        this.tunnel = "mpls";
        this.tunnelId = (bytes[at]! << 12) | (bytes[at + 1]! << 4) | (bytes[at + 2]! >>> 4);
        this.#skipBottomLabel(bytes, at + 4, end);
      } else if (type <= MAX_LENGTH || type === EtherType.JUMBO_LLC) {
        // A length, not a type: LLC, and with it SNAP, IP or nothing of ours.
        if (isIpLlc(bytes, at)) {
          this.#moveTo(at + 3, EtherType.IPV4);
        } else if (end - at < 8 || !isSnap(bytes, at)) {
          this.payloadType = 0;
          return undefined;
        } else this.#moveTo(at + 8, (bytes[at + 6]! << 8) | bytes[at + 7]!);
      } else {
        const layer: Layer | "short" | undefined = skipLayer(type, bytes, at, end);
        if (layer === undefined) return undefined;
        if (layer === "short") return "short-link-header";
        this.#moveTo(layer.payloadStart, layer.etherType);
      }
    }
    return "malformed-link-header";
  }

  /** Nothing says what a label's path carries: an IP packet, or a frame behind a control word (its first four bits are 0) or without. */
  #skipBottomLabel(bytes: Uint8Array, at: number, end: number): void {
    const type = etherTypeOfVersion(bytes[at]!);
    if (type !== 0 && isLikelyPacket(type, bytes, at, end)) this.#moveTo(at, type);
    else if (bytes[at]! >>> 4 === 0 && isLikelyFrame(bytes, at + 4, end))
      this.#moveTo(at + 4 + 14, (bytes[at + 16]! << 8) | bytes[at + 17]!);
    else if (bytes[at]! >>> 4 === 0 && this.#skipSerialLine(bytes, at + 4, end)) return;
    else if (isLikelyFrame(bytes, at, end)) this.#moveTo(at + 14, (bytes[at + 12]! << 8) | bytes[at + 13]!);
    else this.#moveTo(at, type);
  }

  /** PPP (RFC 4618), whose packet leaves no doubt, behind a control word. */
  #skipSerialLine(bytes: Uint8Array, at: number, end: number): boolean {
    const { etherType, payloadStart } = skipPppHeader(bytes, at, end);
    const isPacket = etherType === EtherType.IPV4 || etherType === EtherType.IPV6;
    if (!isPacket || payloadStart >= end || !isLikelyPacket(etherType, bytes, payloadStart, end)) return false;
    this.#moveTo(payloadStart, etherType);
    return true;
  }

  #moveTo(start: number, type: number): void {
    this.payloadStart = start;
    this.payloadType = type;
  }
}

const TAGS: ReadonlySet<number> = new Set([
  ...[EtherType.VLAN, EtherType.QINQ, EtherType.QINQ_OLD, EtherType.QINQ_OLDER],
]);

/** How many tags, labels and the like one packet may have. */
const MAX_LAYERS = 16;

/** A type field up to here is the length of an 802.3 frame. */
const MAX_LENGTH = 1500;

/** Whether LLC and SNAP with an EtherType start here (RFC 1042). */
export function isSnap(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0xaa &&
    bytes[at + 1] === 0xaa &&
    bytes[at + 2] === 3 &&
    bytes[at + 3] === 0 &&
    bytes[at + 4] === 0 &&
    bytes[at + 5] === 0
  );
}

/** Whether LLC that says IP starts here (RFC 948). */
function isIpLlc(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 6 && bytes[at + 1] === 6 && bytes[at + 2] === 3;
}

/** The EtherType of an IP packet by its first byte; 0 where it is none. */
export function etherTypeOfVersion(firstByte: number): number {
  const version = firstByte >>> 4;
  return version === 4 ? EtherType.IPV4 : version === 6 ? EtherType.IPV6 : 0;
}

/** Whether an IP packet starts at `at`, as its checksum or its length says; padding or a checksum of the link may follow. */
export function isLikelyPacket(type: number, bytes: Uint8Array, at: number, end: number): boolean {
  if (type === EtherType.IPV6) {
    const behind = end - at - 40 - ((bytes[at + 4]! << 8) | bytes[at + 5]!);
    return end - at >= 40 && behind >= 0 && behind <= MAX_TRAILER;
  }
  const header = (bytes[at]! & 0x0f) << 2;
  return header >= 20 && end - at >= header && sumBytes(bytes, at, at + header) === 0xffff;
}

/** A link adds no more behind an IPv6 packet: a checksum, and padding (its header alone nearly fills the shortest frame). */
const MAX_TRAILER = 8;

/** Whether an Ethernet frame with an IP packet, that leaves no doubt, starts at `at`; it may be tagged. */
export function isFrameOfPacket(bytes: Uint8Array, at: number, end: number): boolean {
  const isTagged = bytes[at + 12] === 0x81 && bytes[at + 13] === 0;
  const packet = at + (isTagged ? 18 : 14);
  if (packet >= end) return false;
  const type = (bytes[packet - 2]! << 8) | bytes[packet - 1]!;
  return type === etherTypeOfVersion(bytes[packet]!) && isLikelyPacket(type, bytes, packet, end);
}

/** Whether the type field of an Ethernet frame at `at` says something that is known. */
function isLikelyFrame(bytes: Uint8Array, at: number, end: number): boolean {
  return end - at >= 14 && KNOWN_TYPES.has((bytes[at + 12]! << 8) | bytes[at + 13]!);
}

const KNOWN_TYPES: ReadonlySet<number> = new Set<number>(Object.values(EtherType));
