import type { DecodeProblem } from "./decode-problem.ts";

/** A TCP header (RFC 9293). One object is decoded into again and again; offsets are into the bytes it was decoded from. */
export class TcpHeader {
  start = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** 0 to 2^32 - 1. */
  sequence = 0;
  acknowledgment = 0;
  /** In bytes, options included. */
  headerLength = 0;
  /** `TcpFlag`s: the eight of the flags' byte, and NS in bit 8. */
  flags = 0;
  /** Not scaled. */
  window = 0;
  checksum = 0;
  urgentPointer = 0;
  /** As far as it was captured. Options stand from `start + 20` to `payloadStart`. */
  payloadStart = 0;
  payloadEnd = 0;

  decode(bytes: Uint8Array, start: number, end: number): DecodeProblem | undefined {
    this.start = start;
    if (end - start < 20) return "short-transport-header";
    this.sourcePort = (bytes[start]! << 8) | bytes[start + 1]!;
    this.destinationPort = (bytes[start + 2]! << 8) | bytes[start + 3]!;
    this.sequence = readUint32(bytes, start + 4);
    this.acknowledgment = readUint32(bytes, start + 8);
    this.headerLength = (bytes[start + 12]! >>> 4) << 2;
    this.flags = ((bytes[start + 12]! & 1) << 8) | bytes[start + 13]!;
    this.window = (bytes[start + 14]! << 8) | bytes[start + 15]!;
    this.checksum = (bytes[start + 16]! << 8) | bytes[start + 17]!;
    this.urgentPointer = (bytes[start + 18]! << 8) | bytes[start + 19]!;
    if (this.headerLength < 20) return "malformed-transport-header";
    this.payloadStart = start + this.headerLength;
    this.payloadEnd = end;
    return this.payloadStart > end ? "short-transport-header" : undefined;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
