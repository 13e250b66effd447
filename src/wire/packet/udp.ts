import type { DecodeProblem } from "./decode-problem.ts";

/** A UDP header (RFC 768). One object is decoded into again and again; offsets are into the bytes it was decoded from. */
export class UdpHeader {
  start = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** As it stands in the header. */
  length = 0;
  checksum = 0;
  /** As far as it was captured. */
  payloadStart = 0;
  payloadEnd = 0;

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    if (end - start < 8) return "short-transport-header";
    this.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!;
    this.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.length = (bytes[start + 4]! << 8) | bytes[start + 5]!;
    this.checksum = (bytes[start + 6]! << 8) | bytes[start + 7]!;
    this.payloadStart = start + 8;
    // 0 stands for what is too long for the field (RFC 2675).
    const datagramEnd = this.length === 0 ? end : start + this.length;
    if (datagramEnd < this.payloadStart) return "malformed-transport-header";
    this.payloadEnd = datagramEnd < end ? datagramEnd : end;
    return undefined;
  }
}
