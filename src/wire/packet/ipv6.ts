import type { DecodeProblem } from "./decode-problem.ts";
import { IpProtocol } from "./protocol-numbers.ts";

/**
 * An IPv6 header with its extension headers (RFC 8200). One object is decoded into again and again; offsets are into the
 * bytes it was decoded from.
 */
export class Ipv6Header {
  start = 0;
  trafficClass = 0;
  flowLabel = 0;
  /** As it stands in the header; 0 in jumbograms and in packets captured before the network card cut them into segments. */
  payloadLength = 0;
  /** From the fixed header: the protocol right after it, perhaps an extension header. */
  nextHeader = 0;
  hopLimit = 0;
  /** The protocol after the extension headers, and its place, as far as it was captured. */
  protocol = 0;
  payloadStart = 0;
  payloadEnd = 0;
  /** How many bytes of the payload were not captured. */
  missing = 0;
  /** The fragment header, where there is one (section 4.5). */
  isFragment = false;
  moreFragments = false;
  /** In bytes. */
  fragmentOffset = 0;
  identification = 0;

  /** Where the addresses stand, 16 bytes each. */
  get sourceAddress(): number {
    return this.start + 8;
  }

  get destinationAddress(): number {
    return this.start + 24;
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    this.isFragment = false;
    this.moreFragments = false;
    this.fragmentOffset = 0;
    if (end - start < 40) return "short-network-header";
    const second = bytes[start + 1]!;
    this.trafficClass = ((bytes[start]! & 0x0f) << 4) | (second >>> 4);
    this.flowLabel = ((second & 0x0f) << 16) | (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.payloadLength = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    this.nextHeader = bytes[start + 6]!;
    this.hopLimit = bytes[start + 7]!;
    if (bytes[start]! >>> 4 !== 6) return "malformed-network-header";
    const packetEnd = this.payloadLength === 0 ? end : start + 40 + this.payloadLength;
    this.payloadEnd = packetEnd < end ? packetEnd : end;
    this.missing = packetEnd - this.payloadEnd;
    this.payloadStart = start + 40;
    this.protocol = this.nextHeader;
    return this.protocol === IpProtocol.TCP || this.protocol === IpProtocol.UDP
      ? undefined
      : this.#decodeExtensions(bytes);
  }

  #decodeExtensions(bytes: Uint8Array): DecodeProblem | undefined {
    for (let count = 0; count < MAX_EXTENSION_HEADERS; count++) {
      const at = this.payloadStart;
      let length: number;
      switch (this.protocol) {
        case IpProtocol.HOP_BY_HOP:
        case IpProtocol.ROUTING:
        case IpProtocol.DESTINATION_OPTIONS:
        case IpProtocol.MOBILITY:
          length = ((bytes[at + 1] ?? 0) + 1) << 3;
          break;
        case IpProtocol.AUTHENTICATION:
          length = ((bytes[at + 1] ?? 0) + 2) << 2;
          break;
        case IpProtocol.FRAGMENT:
          length = 8;
          break;
        default:
          return undefined;
      }
      if (at + length > this.payloadEnd) return this.missing > 0 ? "short-network-header" : "malformed-network-header";
      if (this.protocol === IpProtocol.FRAGMENT) this.#decodeFragment(bytes, at);
      this.protocol = bytes[at]!;
      this.payloadStart = at + length;
      // Behind the header of a later fragment stands the middle of something.
      if (this.fragmentOffset !== 0) return undefined;
    }
    return "malformed-network-header";
  }

  #decodeFragment(bytes: Uint8Array, at: number): void {
    const field = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.fragmentOffset = field & 0xfff8;
    this.moreFragments = (field & 1) !== 0;
    // An offset of 0 and nothing more to come is a whole packet (RFC 6946).
    this.isFragment = this.fragmentOffset !== 0 || this.moreFragments;
    this.identification =
      ((bytes[at + 4]! << 24) | (bytes[at + 5]! << 16) | (bytes[at + 6]! << 8) | bytes[at + 7]!) >>> 0;
  }
}

/** How many extension headers one packet may have. */
const MAX_EXTENSION_HEADERS = 16;
