import { type Dialect, isAtLeast } from "../dialect.ts";
import { goJsonValue } from "../go/json-value.ts";
import { nativeUint16, nativeUint64 } from "../go/read-native.ts";
import { ipText, netipText } from "../go/text.ts";
import { checkDecoded } from "./message-error.ts";

/** Bytes of the message in v1.19; 38, without padding between the fields, from v1.13 to v1.18. */
export const TraceSockNotifyLen = 40;
const EARLY_LENGTH = 38;

export const XlatePointUnknown = 0;
export const XlatePointPreDirectionFwd = 1;
export const XlatePointPostDirectionFwd = 2;
export const XlatePointPreDirectionRev = 3;
export const XlatePointPostDirectionRev = 4;
export const L4ProtocolUnknown = 0;
export const L4ProtocolTCP = 1;
export const L4ProtocolUDP = 2;
export const TraceSockNotifyFlagIPv6 = 1;

/**
 * The address of a socket was translated (v1.13 and later).
 *
 *     0 Type | 1 XlatePoint | 2 DstIP:16 | 18 DstPort:2 | 20 SockCookie:8 | 28 CgroupId:8 | 36 L4Proto | 37 Flags    38 bytes
 *     0 Type | 1 XlatePoint | 2 L4Proto | 3 Flags | 4 DstPort:2 | 6 pad:2 | 8 SockCookie:8 | 16 CgroupId:8 | 24 DstIP:16  v1.19
 */
export class TraceSockNotify {
  type = 0;
  xlatePoint = 0;
  readonly dstIP = new Uint8Array(16);
  dstPort = 0;
  sockCookie = 0n;
  cgroupId = 0n;
  l4Proto = 0;
  flags = 0;

  xlatePointStr(): string {
    return (
      ["unknown", "pre-xlate-fwd", "post-xlate-fwd", "pre-xlate-rev", "post-xlate-rev"][this.xlatePoint] ?? "unknown"
    );
  }

  l4ProtoStr(): string {
    return ["unknown", "tcp", "udp"][this.l4Proto] ?? "unknown";
  }

  /** The line `cilium monitor -v` prints, without its trailing space. */
  dump(prefix: string, dialect?: Dialect): string {
    return `${prefix} [${this.xlatePointStr()}] cgroup_id: ${this.cgroupId} sock_cookie: ${this.sockCookie}, dst [${this.ip(dialect)}]:${this.dstPort} ${this.l4ProtoStr()}`;
  }

  /** Tapline's own: Cilium has no JSON of it. */
  dumpJSON(cpuPrefix: string, dialect?: Dialect): string {
    return (
      `{"cpu":"${cpuPrefix}","type":"trace-sock","xlatePoint":"${this.xlatePointStr()}","cgroupId":${this.cgroupId},"sockCookie":${this.sockCookie}` +
      `,"dstIP":"${this.ip(dialect)}","dstPort":${this.dstPort},"proto":"${this.l4ProtoStr()}"}\n`
    );
  }

  /** For `JSON.stringify`: Go's JSON (v1.19's order). */
  toJSON(): unknown {
    const { type: Type, xlatePoint: XlatePoint, l4Proto: L4Proto, flags: Flags, dstPort: DstPort } = this;
    const { sockCookie: SockCookie, cgroupId: CgroupId } = this;
    const DstIP = [...this.dstIP];
    return goJsonValue({ Type, XlatePoint, L4Proto, Flags, DstPort, SockCookie, CgroupId, DstIP });
  }

  /** The text of the destination address: since v1.20 an IPv4 address in 16 bytes shows that it is one. */
  ip(dialect: Dialect = "v1.9"): string {
    const text = isAtLeast(dialect, "v1.20") ? netipText : ipText;
    return text(this.dstIP, 0, (this.flags & TraceSockNotifyFlagIPv6) !== 0 ? 16 : 4);
  }
}

/** @throws TaplineError `input` with Go's text when it is too short. */
export function decodeTraceSockNotify(data: Uint8Array, dialect: Dialect = "v1.9"): TraceSockNotify {
  const notify = new TraceSockNotify();
  checkDecoded(readTraceSockNotify(notify, data, 0, data.length, dialect, false));
  return notify;
}

/**
 * Decodes `bytes[start, end)` into `into`, or gives Go's error text. Unless `strict`, the two layouts are told apart by the
 * length, where padding hides it by the bytes, and where these could be either by the dialect.
 */
export function readTraceSockNotify(
  into: TraceSockNotify,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  strict: boolean,
): string | undefined {
  const length = end - start;
  const layouts = traceSockLayouts(bytes, start, length);
  const early = !strict && (layouts.early === layouts.later ? dialect === "v1.9" : layouts.early);
  const needed = early ? EARLY_LENGTH : TraceSockNotifyLen;
  if (length < needed) {
    const expected = isAtLeast(dialect, "v1.19") ? TraceSockNotifyLen : needed;
    return `unexpected TraceSockNotify data length, expected ${expected} but got ${length}`;
  }
  into.type = bytes[start]!;
  into.xlatePoint = bytes[start + 1]!;
  into.l4Proto = bytes[start + (early ? 36 : 2)]!;
  into.flags = bytes[start + (early ? 37 : 3)]!;
  into.dstPort = nativeUint16(bytes, start + (early ? 18 : 4));
  into.sockCookie = nativeUint64(bytes, start + (early ? 20 : 8));
  into.cgroupId = nativeUint64(bytes, start + (early ? 28 : 16));
  const address = start + (early ? 2 : 24);
  for (let i = 0; i < 16; i++) into.dstIP[i] = bytes[address + i]!;
  return undefined;
}

/** Which layouts a message can have: its protocol is TCP or UDP, its flags are 0 or 1, what is padding is zero. */
export function traceSockLayouts(
  bytes: Uint8Array,
  start: number,
  length: number,
): { readonly early: boolean; readonly later: boolean } {
  if (length <= TraceSockNotifyLen) return { early: length < TraceSockNotifyLen, later: length === TraceSockNotifyLen };
  const has = (proto: number, flags: number) =>
    (bytes[start + proto] === L4ProtocolTCP || bytes[start + proto] === L4ProtocolUDP) && bytes[start + flags]! <= 1;
  return { early: has(36, 37), later: has(2, 3) && nativeUint16(bytes, start + 6) === 0 };
}
