import type { DecodeProblem } from "./decode-problem.ts";

/** An IPv4 header (RFC 791). One object is decoded into again and again; offsets are into the bytes it was decoded from. */
export class Ipv4Header {
  start = 0;
  /** In bytes, options included. */
  headerLength = 0;
  typeOfService = 0;
  /** As it stands in the header; 0 in packets that were captured before the network card cut them into segments. */
  totalLength = 0;
  identification = 0;
  /** Bit 0: more fragments; bit 1: do not fragment; bit 2: reserved. */
  flags = 0;
  /** In bytes. */
  fragmentOffset = 0;
  timeToLive = 0;
  protocol = 0;
  checksum = 0;
  /** The payload as far as it was captured, without what the link added behind it. */
  payloadStart = 0;
  payloadEnd = 0;
  /** How many bytes of the payload were not captured. */
  missing = 0;

  /** Where the addresses stand, 4 bytes each. */
  get sourceAddress(): number {
    return this.start + 12;
  }

  get destinationAddress(): number {
    return this.start + 16;
  }

  get moreFragments(): boolean {
    return (this.flags & 1) !== 0;
  }

  get isFragment(): boolean {
    return (this.flags & 1) !== 0 || this.fragmentOffset !== 0;
  }

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    if (end - start < 20) return "short-network-header";
    const first = bytes[start]!;
    this.headerLength = (first & 0x0f) << 2;
    this.typeOfService = bytes[start + 1]!;
    this.totalLength = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.identification = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    this.flags = bytes[start + 6]! >>> 5;
    this.fragmentOffset = (((bytes[start + 6]! & 0x1f) << 8) | bytes[start + 7]!) << 3;
    this.timeToLive = bytes[start + 8]!;
    this.protocol = bytes[start + 9]!;
    this.checksum = (bytes[start + 10]! << 8) | bytes[start + 11]!;
    if (first >>> 4 !== 4 || this.headerLength < 20) return "malformed-network-header";
    if (this.totalLength !== 0 && this.totalLength < this.headerLength) return "malformed-network-header";
    if (end - start < this.headerLength) return "short-network-header";
    this.payloadStart = start + this.headerLength;
    const packetEnd = this.totalLength === 0 ? end : start + this.totalLength;
    this.payloadEnd = packetEnd < end ? packetEnd : end;
    this.missing = packetEnd - this.payloadEnd;
    return undefined;
  }
}
