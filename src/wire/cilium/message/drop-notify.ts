import type { Dialect } from "../dialect.ts";
import { nativeUint16, nativeUint32, nativeUint64 } from "../go/read-native.ts";
import { FlaggedNotify } from "./flagged-notify.ts";
import { endOfMessage } from "./message-error.ts";

export {
  FLAG_GENEVE as DropNotifyFlagIsGeneve,
  FLAG_IPV6 as DropNotifyFlagIsIPv6,
  FLAG_L3_DEVICE as DropNotifyFlagIsL3Device,
  FLAG_VXLAN as DropNotifyFlagIsVXLAN,
} from "./flagged-notify.ts";

/** Bytes of the header in v1.9. */
export const DropNotifyLen = 32;

/** Bytes of the header by version, from v1.13 on. */
const LENGTHS: readonly number[] = [36, 36, 40, 48];

/**
 * The datapath dropped a packet.
 *
 *      0 Type | 1 SubType | 2 Source:2 | 4 Hash:4 | 8 OrigLen:4 | 12 CapLen | 16 SrcLabel:4 | 20 DstLabel:4 | 24 DstID:4
 *     28 Unused:4                                                     32 bytes: v1.9, where it is 0
 *     28 Line:2 | 30 File | 31 ExtError                               32 bytes: up to v1.12
 *     28 Line:2 | 30 File | 31 ExtError | 32 Ifindex:4                36 bytes: v1.13 on (version 0 and 1)
 *     36 Flags | 37 pad:3                                             40 bytes: v1.18 (version 2)
 *     40 IPTraceID:8                                                  48 bytes: v1.19 (version 3)
 *
 * Little endian. CapLen is read as four bytes up to v1.16, though the datapath fills two, and the version in bytes 14 and 15.
 */
export class DropNotify extends FlaggedNotify {
  type = 0;
  /** The reason. */
  subType = 0;
  source = 0;
  hash = 0;
  origLen = 0;
  capLen = 0;
  version = 0;
  extVersion = 0;
  srcLabel = 0;
  dstLabel = 0;
  dstID = 0;
  /** For headers of 32 bytes. */
  unused = 0;
  /** Where in the datapath's source: the line, and the number of the file. */
  line = 0;
  file = 0;
  extError = 0;
  ifindex = 0;
  flags = 0;
  ipTraceID = 0n;
  /** Bytes of the header that it was decoded from: 32, 36, 40 or 48. */
  headerLength = DropNotifyLen;

  /** Where the packet begins in the message. */
  dataOffset(): number {
    return this.headerLength;
  }

  /** The message says where in the datapath's source it was made: no v1.9 does. */
  get hasPlace(): boolean {
    return this.hasIfindex || this.line !== 0;
  }

  get hasIfindex(): boolean {
    return this.headerLength > DropNotifyLen;
  }
}

/**
 * Decodes `bytes[start, end)` into `into`. Gives Go's error text; `into` is all zero then, as it is in Go.
 * @param strict take the header for that of the Cilium version, whatever the length says.
 */
export function readDropNotify(
  into: DropNotify,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  strict: boolean,
): string | undefined {
  const length = end - start;
  const header =
    strict && dialect === "v1.9"
      ? DropNotifyLen
      : strict
        ? headerOfVersion(bytes, start, length)
        : inferHeader(bytes, start, length, dialect);
  if (typeof header === "string" || length < header) {
    Object.assign(into, new DropNotify());
    return typeof header === "string" ? header : endOfMessage(length);
  }
  into.type = bytes[start]!;
  into.subType = bytes[start + 1]!;
  into.source = nativeUint16(bytes, start + 2);
  into.hash = nativeUint32(bytes, start + 4);
  into.origLen = nativeUint32(bytes, start + 8);
  into.srcLabel = nativeUint32(bytes, start + 16);
  into.dstLabel = nativeUint32(bytes, start + 20);
  into.dstID = nativeUint32(bytes, start + 24);
  into.headerLength = header;
  into.unused = header === DropNotifyLen ? nativeUint32(bytes, start + 28) : 0;
  const short = header === DropNotifyLen;
  into.capLen = short ? nativeUint32(bytes, start + 12) : nativeUint16(bytes, start + 12);
  into.version = short ? 0 : bytes[start + 14]!;
  into.extVersion = short ? 0 : bytes[start + 15]!;
  const hasPlace = !short || (!strict && hasShortPlace(bytes, start));
  into.line = hasPlace ? nativeUint16(bytes, start + 28) : 0;
  into.file = hasPlace ? bytes[start + 30]! : 0;
  into.extError = hasPlace ? (bytes[start + 31]! << 24) >> 24 : 0;
  into.ifindex = short ? 0 : nativeUint32(bytes, start + 32);
  into.flags = header >= 40 ? bytes[start + 36]! : 0;
  into.ipTraceID = header >= 48 ? nativeUint64(bytes, start + 40) : 0n;
  return undefined;
}

/** v1.19: the length by the version in byte 14, or its error. */
function headerOfVersion(bytes: Uint8Array, start: number, length: number): number | string {
  if (length < 36) return `unexpected DropNotify data length, expected at least 36 but got ${length}`;
  const version = bytes[start + 14]!;
  const header = LENGTHS[version];
  if (header === undefined) return `Unrecognized drop event (version ${version})`;
  if (version >= 2 && length < 40)
    return `unexpected DropNotify data length (version ${version}), expected at least 40 but got ${length}`;
  if (length < header)
    return `unexpected DropNotify data length (version ${version}), expected at least ${header} but got ${length}`;
  return header;
}

/**
 * Up to v1.16 nothing in the message says whether its header has 32 or 36 bytes: the version is 0 or 1 in both. What follows
 * the captured packet is at most 7 bytes of padding; where that leaves both, the one whose packet has an EtherType that is in
 * use; else what the dialect has.
 */
function inferHeader(bytes: Uint8Array, start: number, length: number, dialect: Dialect): number | string {
  if (length < DropNotifyLen) return dialect === "v1.9" ? endOfMessage(length) : headerOfVersion(bytes, start, length);
  // A captured length of four bytes that is beyond all packets has something in the upper one too.
  const isVersioned = bytes[start + 14]! > 1 && (dialect !== "v1.9" || bytes[start + 15] === 0);
  if (isVersioned) return headerOfVersion(bytes, start, length);
  return tellDropHeader(bytes, start, length) ?? (dialect === "v1.9" ? 32 : headerOfVersion(bytes, start, length));
}

/** Whether a header without a version, or of version 1, has 32 or 36 bytes, where the message shows that. */
export function tellDropHeader(bytes: Uint8Array, start: number, length: number): 32 | 36 | undefined {
  const captured = nativeUint16(bytes, start + 12);
  const fits32 = isPadding(length - 32 - captured);
  const fits36 = isPadding(length - 36 - captured);
  if (fits32 !== fits36) return fits32 ? 32 : 36;
  const likely32 = hasKnownEtherType(bytes, start + 32, start + length);
  const likely36 = hasKnownEtherType(bytes, start + 36, start + length);
  return likely32 === likely36 ? undefined : likely32 ? 32 : 36;
}

/** Whether a header of 32 bytes ends in the place in the source, as v1.12's does: a line, and one of its files. */
export function hasShortPlace(bytes: Uint8Array, start: number): boolean {
  return nativeUint16(bytes, start + 28) !== 0 && bytes[start + 30]! <= LAST_FILE_V1_12;
}

/** v1.12 has eight, and 0 for any other (pkg/datapath/loader/compile.go, sourceNameToId). */
const LAST_FILE_V1_12 = 8;

function isPadding(size: number): boolean {
  return size >= 0 && size <= 7;
}

function hasKnownEtherType(bytes: Uint8Array, packet: number, end: number): boolean {
  if (packet + 14 > end) return false;
  const etherType = (bytes[packet + 12]! << 8) | bytes[packet + 13]!;
  return etherType === 0x0800 || etherType === 0x86dd || etherType === 0x0806 || etherType === 0x8100;
}
