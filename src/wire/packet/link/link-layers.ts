import { EtherType } from "../protocol-numbers.ts";

/** Where a layer's content starts, and its EtherType: 0 where it is none that is known. */
export interface Layer {
  readonly payloadStart: number;
  readonly etherType: number;
}

/**
 * A layer between frame and packet that is told by its EtherType, and of which nothing is kept: service headers (RFC 8300), bridged
 * frames, VN-Tags, backbone frames (802.1ah) and TRILL (RFC 6325). `short` where the bytes end inside it, undefined for other types.
 */
export function skipLayer(type: number, bytes: Uint8Array, at: number, end: number): Layer | "short" | undefined {
  switch (type) {
    case EtherType.SERVICE_HEADER: {
      if (end - at < 8) return "short";
      const length = (bytes[at + 1]! & 0x3f) << 2;
      return behind(bytes, at + Math.max(8, length), end, SERVICE_TYPES[bytes[at + 3]!] ?? 0);
    }
    case EtherType.BRIDGED:
      return frame(bytes, at, end);
    case EtherType.VN_TAG:
      return end - at < 6 ? "short" : { payloadStart: at + 6, etherType: readUint16(bytes, at + 4) };
    case EtherType.BACKBONE:
      return frame(bytes, at + 4, end);
    case EtherType.TRILL:
      return frame(bytes, at + 6 + ((readUint16(bytes, at) >>> 6) & 0x1f) * 4, end);
    default:
      return undefined;
  }
}

/** RFC 8300 section 2.2. */
const SERVICE_TYPES: readonly number[] = [
  ...[0, EtherType.IPV4, EtherType.IPV6, EtherType.BRIDGED, EtherType.SERVICE_HEADER, EtherType.MPLS],
];

function behind(bytes: Uint8Array, at: number, end: number, etherType: number): Layer | "short" {
  if (at > end) return "short";
  return etherType === EtherType.BRIDGED ? frame(bytes, at, end) : { payloadStart: at, etherType };
}

function frame(bytes: Uint8Array, at: number, end: number): Layer | "short" {
  return end - at < 14 ? "short" : { payloadStart: at + 14, etherType: readUint16(bytes, at + 12) };
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
