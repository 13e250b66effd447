import { isAtLeast } from "../dialect.ts";
import { type ConnectionInfo, readConnectionInfo } from "../dissect/connection-info.ts";
import type { DissectSummary } from "../dissect/dissect-summary.ts";
import type { DecodeOptions } from "../dissect/dissector.ts";
import { GoPanic } from "../dissect/gopacket-version.ts";
import { connectionSummary, dissectSummaryJson, dissectText } from "../dissect/packet-text.ts";
import { goJsonValue } from "../go/json-value.ts";
import { type PrinterOptions, printerFor } from "./printer-for.ts";

/** Whose texts, and what is known of the packet beyond its bytes. */
export interface PacketOptions extends PrinterOptions, Partial<DecodeOptions> {}

/** Go's Dissect: the packet's layers as lines, or with `dissect` false its bytes in hexadecimal. */
export function dissect(dissect: boolean, data: Uint8Array, options?: PacketOptions): string {
  try {
    return dissectText(
      printerFor(options).dissector,
      dissect,
      data,
      0,
      data.length,
      data.length,
      decodeOptions(options),
    );
  } catch (error) {
    if (error instanceof GoPanic) return error.printed;
    throw error;
  }
}

/** Go's GetConnectionSummary: `1.1.1.1:2000 -> 2.2.2.2:80 tcp SYN`. */
export function getConnectionSummary(data: Uint8Array, options?: PacketOptions): string {
  return connectionSummary(printerFor(options).dissector, data, 0, data.length, data.length, decodeOptions(options));
}

/** Go's GetConnectionInfo. */
export function getConnectionInfo(data: Uint8Array, options?: PacketOptions): ConnectionInfo {
  const { dissector } = printerFor(options);
  dissector.clear();
  dissector.decodeOuter(data, 0, data.length, data.length, decodeOptions(options));
  dissector.decodeInner(decodeOptions(options));
  return withToJson(readConnectionInfo(dissector), dissector.isGopacket15);
}

/** For `JSON.stringify`: Go's JSON, with the fields that the version has. */
function withToJson(info: ConnectionInfo, isLater: boolean): ConnectionInfo {
  return Object.defineProperty(info, "toJSON", { value: () => goJsonValue(namedAsInGo(info, isLater)) });
}

function namedAsInGo(info: ConnectionInfo, isLater: boolean): object {
  const { srcIP: SrcIP, dstIP: DstIP, srcPort: SrcPort, dstPort: DstPort, proto: Proto, icmpCode: IcmpCode } = info;
  const early = { SrcIP, DstIP, SrcPort, DstPort, Proto, IcmpCode };
  if (!isLater) return early;
  const { vrrpType: VrrpType, vrrpVrID: VrrpVrID, vrrpPriority: VrrpPriority, tunnel } = info;
  const { igmpType: IgmpType, igmpGroupAddress: IgmpGroupAddress } = info;
  const Tunnel = tunnel === undefined ? null : namedAsInGo(tunnel, true);
  return { ...early, VrrpType, VrrpVrID, VrrpPriority, IgmpType, IgmpGroupAddress, Tunnel };
}

/**
 * Go's GetDissectSummary; undefined where Go gives nil (v1.19: a packet that cannot be decoded) and, under `compat`, where the
 * Go process would have stopped.
 */
export function getDissectSummary(data: Uint8Array, options?: PacketOptions): DissectSummary | undefined {
  const { dissector } = printerFor(options);
  if (dissector.isGopacket15 && data.length === 0) return undefined;
  try {
    const json = dissectSummaryJson(dissector, data, 0, data.length, data.length, decodeOptions(options));
    return json === undefined ? undefined : (JSON.parse(json) as DissectSummary);
  } catch (error) {
    if (error instanceof GoPanic) return undefined;
    throw error;
  }
}

function decodeOptions(options: PacketOptions | undefined): DecodeOptions | undefined {
  if (options === undefined || !isAtLeast(options.dialect ?? "v1.9", "v1.19")) return undefined;
  const { isL3Device = false, isIPv6 = false, isVXLAN = false, isGeneve = false } = options;
  return { isL3Device, isIPv6, isVXLAN, isGeneve };
}
