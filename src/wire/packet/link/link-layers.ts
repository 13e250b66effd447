import { EtherType } from "../protocol-numbers.ts";

/** Where a layer's content starts, and its EtherType: 0 where it is none that is known. */
export interface Layer {
  readonly payloadStart: number;
  readonly etherType: number;
}

/**
 * A layer between frame and packet that is told by its EtherType, and of which nothing is kept: service headers (RFC 8300), bridged
 * frames, the tags of `TAG_SIZES`, MACsec that only authenticates, backbone frames (802.1ah), TRILL (RFC 6325) and B.A.T.M.A.N. `short` where
 * the bytes end inside it, undefined for other types.
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
    case EtherType.METADATA:
      // Its version, how many options it has, and these, of four bytes each.
      return tagged(bytes, at + 2 + (bytes[at + 1] ?? 0) * 4, end);
    case EtherType.MACSEC:
      return skipSecurityTag(bytes, at, end);
    case EtherType.BACKBONE:
      return frame(bytes, at + 4, end);
    case EtherType.TRILL:
      return frame(bytes, at + 6 + ((readUint16(bytes, at) >>> 6) & 0x1f) * 4, end);
    case EtherType.BATMAN:
      return skipMeshHeader(bytes, at, end);
    default: {
      const size = TAG_SIZES.get(type);
      return size === undefined ? undefined : tagged(bytes, at + size, end);
    }
  }
}

/** B.A.T.M.A.N. advanced, version 15 (Linux, batadv_packet.h): frames to one station or to all; others carry none, or a piece of one. */
function skipMeshHeader(bytes: Uint8Array, at: number, end: number): Layer | "short" | undefined {
  const size = bytes[at + 1] === 15 ? MESH_HEADERS.get(bytes[at]!) : undefined;
  return size === undefined ? undefined : frame(bytes, at + size, end);
}

/** Bytes of the headers of broadcast, unicast, and unicast with four addresses. */
const MESH_HEADERS: ReadonlyMap<number, number> = new Map([
  [0x01, 14],
  [0x40, 10],
  [0x42, 18],
]);

/** How many bytes stand between a tag's EtherType and the next one. */
const TAG_SIZES: ReadonlyMap<number, number> = new Map<number, number>([
  [EtherType.VN_TAG, 4],
  [EtherType.E_TAG, 6],
  [EtherType.R_TAG, 4],
  [EtherType.REDUNDANT_RING, 4],
]);

/** 802.1AE, clause 9: what is only authenticated can be read, up to its check value; undefined where it is encrypted. */
function skipSecurityTag(bytes: Uint8Array, at: number, end: number): Layer | "short" | undefined {
  const control = bytes[at] ?? 0;
  if ((control & 0x0c) !== 0) return undefined;
  return tagged(bytes, at + ((control & 0x20) === 0 ? 6 : 14), end);
}

/** RFC 8300 section 2.2. */
const SERVICE_TYPES: readonly number[] = [
  ...[0, EtherType.IPV4, EtherType.IPV6, EtherType.BRIDGED, EtherType.SERVICE_HEADER, EtherType.MPLS],
];

function behind(bytes: Uint8Array, at: number, end: number, etherType: number): Layer | "short" {
  if (at > end) return "short";
  return etherType === EtherType.BRIDGED ? frame(bytes, at, end) : { payloadStart: at, etherType };
}

/** The next EtherType stands there. */
function tagged(bytes: Uint8Array, at: number, end: number): Layer | "short" {
  return end - at < 2 ? "short" : { payloadStart: at + 2, etherType: readUint16(bytes, at) };
}

function frame(bytes: Uint8Array, at: number, end: number): Layer | "short" {
  return end - at < 14 ? "short" : { payloadStart: at + 14, etherType: readUint16(bytes, at + 12) };
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
