import { type Dialect, isAtLeast } from "../dialect.ts";
import { nativeUint16, nativeUint32, nativeUint64 } from "../go/read-native.ts";
import { ipText, netipText } from "../go/text.ts";
import {
  TraceReasonCtReply,
  TraceReasonEncryptMask,
  TraceReasonSRv6Decap,
  TraceReasonSRv6Encap,
  TraceReasonUnknown,
} from "../names/trace-reasons.ts";
import { FlaggedNotify } from "./flagged-notify.ts";

export {
  FLAG_GENEVE as TraceNotifyFlagIsGeneve,
  FLAG_IPV6 as TraceNotifyFlagIsIPv6,
  FLAG_L3_DEVICE as TraceNotifyFlagIsL3Device,
  FLAG_VXLAN as TraceNotifyFlagIsVXLAN,
} from "./flagged-notify.ts";

export const TraceNotifyVersion0 = 0;
export const TraceNotifyVersion1 = 1;
/** v1.19 and later. */
export const TraceNotifyVersion2 = 2;

/** Bytes of the header by version. */
export const traceNotifyLengths: readonly number[] = [32, 48, 56];
const COMMON_LENGTH = 16;

/**
 * A packet passed an observation point of the datapath.
 *
 *      0 Type | 1 ObsPoint | 2 Source:2 | 4 Hash:4 | 8 OrigLen:4 | 12 CapLen:2 | 14 Version:1 | 15 ExtVersion:1
 *     16 SrcLabel:4 | 20 DstLabel:4 | 24 DstID:2 | 26 Reason | 27 Flags | 28 Ifindex:4     version 0
 *     32 OrigIP:16                                                                         version 1
 *     48 IPTraceID:8                                                                       version 2
 *
 * Little endian (the datapath's own order). Up to v1.18 the version has the two bytes 14 and 15.
 */
export class TraceNotify extends FlaggedNotify {
  type = 0;
  obsPoint = 0;
  /** The endpoint that sent it. */
  source = 0;
  hash = 0;
  /** Bytes of the packet, and of them captured. */
  origLen = 0;
  capLen = 0;
  version = 0;
  extVersion = 0;
  srcLabel = 0;
  dstLabel = 0;
  /** The endpoint it goes to; a port, at `to-proxy`. */
  dstID = 0;
  reason = 0;
  flags = 0;
  ifindex = 0;
  /** The address before translation: 16 bytes, an IPv4 address in the first 4. */
  readonly origIP = new Uint8Array(16);
  ipTraceID = 0n;

  /** Where the packet begins in the message; 0 for a version that is not known. */
  dataOffset(): number {
    return traceNotifyLengths[this.version] ?? 0;
  }

  /** The text of the address before translation: since v1.20 an IPv4 address in 16 bytes shows that it is one. */
  originalIP(dialect: Dialect = "v1.9"): string {
    const text = isAtLeast(dialect, "v1.20") ? netipText : ipText;
    return text(this.origIP, 0, this.isIPv6 ? 16 : 4);
  }

  isEncrypted(): boolean {
    return (this.reason & TraceReasonEncryptMask) !== 0;
  }

  /** The reason without the encryption bit. */
  traceReason(): number {
    return this.reason & ~TraceReasonEncryptMask;
  }

  traceReasonIsKnown(): boolean {
    return this.traceReason() !== TraceReasonUnknown;
  }

  traceReasonIsReply(): boolean {
    return this.traceReason() === TraceReasonCtReply;
  }

  traceReasonIsEncap(): boolean {
    return this.traceReason() === TraceReasonSRv6Encap;
  }

  traceReasonIsDecap(): boolean {
    return this.traceReason() === TraceReasonSRv6Decap;
  }
}

/** The fields of version 0, with which later versions begin. */
export type TraceNotifyV0 = Pick<
  TraceNotify,
  | "type"
  | "obsPoint"
  | "source"
  | "hash"
  | "origLen"
  | "capLen"
  | "version"
  | "srcLabel"
  | "dstLabel"
  | "dstID"
  | "reason"
  | "flags"
  | "ifindex"
>;

/** The fields of version 1. */
export type TraceNotifyV1 = TraceNotifyV0 & Pick<TraceNotify, "origIP">;

/**
 * Decodes `bytes[start, end)` into `into`. Gives Go's error text; `into` is all zero then, as it is in Go.
 * @param strict take only what that Cilium version takes (v1.9 does not know version 2).
 */
export function readTraceNotify(
  into: TraceNotify,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  strict: boolean,
): string | undefined {
  const length = end - start;
  const error = dialect === "v1.9" ? checkEarly(bytes, start, length, strict) : checkLate(bytes, start, length);
  if (error !== undefined) {
    clear(into);
    return error;
  }
  const version = bytes[start + 14]!;
  into.type = bytes[start]!;
  into.obsPoint = bytes[start + 1]!;
  into.source = nativeUint16(bytes, start + 2);
  into.hash = nativeUint32(bytes, start + 4);
  into.origLen = nativeUint32(bytes, start + 8);
  into.capLen = nativeUint16(bytes, start + 12);
  into.version = version;
  into.extVersion = bytes[start + 15]!;
  into.srcLabel = nativeUint32(bytes, start + 16);
  into.dstLabel = nativeUint32(bytes, start + 20);
  into.dstID = nativeUint16(bytes, start + 24);
  into.reason = bytes[start + 26]!;
  into.flags = bytes[start + 27]!;
  into.ifindex = nativeUint32(bytes, start + 28);
  const { origIP } = into;
  if (version === TraceNotifyVersion0) for (let i = 0; i < 16; i++) origIP[i] = 0;
  else for (let i = 0; i < 16; i++) origIP[i] = bytes[start + 32 + i]!;
  into.ipTraceID = version === TraceNotifyVersion2 ? nativeUint64(bytes, start + 48) : 0n;
  return undefined;
}

function checkEarly(bytes: Uint8Array, start: number, length: number, strict: boolean): string | undefined {
  if (length < COMMON_LENGTH) return "Unknown trace event";
  const version = nativeUint16(bytes, start + 14);
  if (version > (strict ? TraceNotifyVersion1 : TraceNotifyVersion2))
    return `Unrecognized trace event (version ${version})`;
  return length < traceNotifyLengths[version]! ? "unexpected EOF" : undefined;
}

function checkLate(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length < 32) return `unexpected TraceNotify data length, expected at least 32 but got ${length}`;
  const version = bytes[start + 14]!;
  const needed = traceNotifyLengths[version];
  if (needed === undefined) return `Unrecognized trace event (version ${version})`;
  return length < needed
    ? `unexpected TraceNotify data length (version ${version}), expected at least ${needed} but got ${length}`
    : undefined;
}

function clear(notify: TraceNotify): void {
  const { origIP } = notify;
  Object.assign(notify, new TraceNotify(), { origIP });
  origIP.fill(0);
}
