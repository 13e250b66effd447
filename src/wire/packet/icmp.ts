import type { DecodeProblem } from "./decode-problem.ts";

/**
 * The header of ICMP (RFC 792) and ICMPv6 (RFC 4443). One object is decoded into again and again; offsets are into the bytes
 * it was decoded from.
 */
export class IcmpHeader {
  start = 0;
  type = 0;
  code = 0;
  checksum = 0;
  /** Bytes 4 and 5, and 6 and 7: what they are depends on the type; identifier and sequence number of an echo. */
  identifier = 0;
  sequence = 0;
  payloadStart = 0;
  payloadEnd = 0;

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    if (end - start < 8) return "short-transport-header";
    this.type = bytes[start]!;
    this.code = bytes[start + 1]!;
    this.checksum = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.identifier = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    this.sequence = (bytes[start + 6]! << 8) | bytes[start + 7]!;
    this.payloadStart = start + 8;
    this.payloadEnd = end;
    return undefined;
  }
}
