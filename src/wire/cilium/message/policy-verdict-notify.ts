import type { Dialect } from "../dialect.ts";
import type { DecodeOptions } from "../dissect/dissector.ts";
import { nativeUint16, nativeUint32 } from "../go/read-native.ts";
import { endOfMessage } from "./message-error.ts";

/** Bytes of the header in v1.9; 40 in v1.19. */
export const PolicyVerdictNotifyLen = 32;
const LATER_LENGTH = 40;

export const PolicyVerdictNotifyFlagDirection = 0x3;
export const PolicyVerdictNotifyFlagIsIPv6 = 0x4;
export const PolicyVerdictNotifyFlagMatchType = 0x38;
export const PolicyVerdictNotifyFlagIsAudited = 0x40;
/** v1.19 and later. */
export const PolicyVerdictNotifyFlagIsL3 = 0x80;
export const PolicyVerdictNotifyFlagMatchTypeBitOffset = 3;

export const PolicyIngress = 1;
export const PolicyEgress = 2;

/**
 * The policy's verdict on a packet.
 *
 *      0 Type | 1 SubType | 2 Source:2 | 4 Hash:4 | 8 OrigLen:4 | 12 CapLen:2 | 14 Version:2 | 16 RemoteLabel:4
 *     20 Verdict:4 (signed) | 24 DstPort:2 | 26 Proto | 27 Flags | 28 AuthType (v1.14 on) | 29 pad:3     32 bytes
 *     32 Cookie:4 | 36 pad:4                                                                             40 bytes: v1.19
 */
export class PolicyVerdictNotify implements DecodeOptions {
  type = 0;
  subType = 0;
  source = 0;
  hash = 0;
  origLen = 0;
  capLen = 0;
  version = 0;
  extVersion = 0;
  remoteLabel = 0;
  verdict = 0;
  dstPort = 0;
  proto = 0;
  flags = 0;
  /** v1.9's name for the four bytes that begin with `authType` since v1.14. */
  pad1 = 0;
  authType = 0;
  cookie = 0;
  /** Bytes of the header that it was decoded from: 32 or 40. */
  headerLength = PolicyVerdictNotifyLen;

  isTrafficIngress(): boolean {
    return (this.flags & PolicyVerdictNotifyFlagDirection) === PolicyIngress;
  }

  isTrafficIPv6(): boolean {
    return (this.flags & PolicyVerdictNotifyFlagIsIPv6) !== 0;
  }

  isTrafficL3Device(): boolean {
    return (this.flags & PolicyVerdictNotifyFlagIsL3) !== 0;
  }

  /** The traffic was allowed because of the audit mode. */
  isTrafficAudited(): boolean {
    return (this.flags & PolicyVerdictNotifyFlagIsAudited) !== 0;
  }

  getPolicyMatchType(): number {
    return (this.flags & PolicyVerdictNotifyFlagMatchType) >> PolicyVerdictNotifyFlagMatchTypeBitOffset;
  }

  /** Where the packet begins in the message. */
  dataOffset(): number {
    return this.headerLength;
  }

  get isL3Device(): boolean {
    return this.isTrafficL3Device();
  }

  get isIPv6(): boolean {
    return this.isTrafficIPv6();
  }

  get isVXLAN(): boolean {
    return false;
  }

  get isGeneve(): boolean {
    return false;
  }
}

/** Decodes `bytes[start, end)` into `into`; see `readDropNotify`. */
export function readPolicyVerdictNotify(
  into: PolicyVerdictNotify,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  strict: boolean,
): string | undefined {
  const length = end - start;
  let header = dialect === "v1.9" ? PolicyVerdictNotifyLen : LATER_LENGTH;
  if (!strict && fitsPolicyHeader(bytes, start, length, PolicyVerdictNotifyLen)) header = PolicyVerdictNotifyLen;
  else if (!strict && fitsPolicyHeader(bytes, start, length, LATER_LENGTH)) header = LATER_LENGTH;
  if (length < header) {
    Object.assign(into, new PolicyVerdictNotify());
    return dialect === "v1.9"
      ? endOfMessage(length)
      : `unexpected PolicyVerdictNotify data length, expected ${header} but got ${length}`;
  }
  into.type = bytes[start]!;
  into.subType = bytes[start + 1]!;
  into.source = nativeUint16(bytes, start + 2);
  into.hash = nativeUint32(bytes, start + 4);
  into.origLen = nativeUint32(bytes, start + 8);
  into.capLen = nativeUint16(bytes, start + 12);
  // Two bytes in v1.9; a byte, and one more for extensions, later.
  into.version = dialect === "v1.9" ? nativeUint16(bytes, start + 14) : bytes[start + 14]!;
  into.extVersion = bytes[start + 15]!;
  into.remoteLabel = nativeUint32(bytes, start + 16);
  into.verdict = nativeUint32(bytes, start + 20) | 0;
  into.dstPort = nativeUint16(bytes, start + 24);
  into.proto = bytes[start + 26]!;
  into.flags = bytes[start + 27]!;
  into.pad1 = nativeUint32(bytes, start + 28);
  into.authType = bytes[start + 28]!;
  into.headerLength = header;
  into.cookie = header === LATER_LENGTH ? nativeUint32(bytes, start + 32) : 0;
  return undefined;
}

/** Whether the packet that the message says it has captured ends, with at most 7 bytes of padding, where the message does. */
export function fitsPolicyHeader(
  bytes: Uint8Array,
  start: number,
  length: number,
  header: typeof PolicyVerdictNotifyLen | typeof LATER_LENGTH,
): boolean {
  if (length < header) return false;
  const rest = length - header - nativeUint16(bytes, start + 12);
  return rest >= 0 && rest <= 7;
}
