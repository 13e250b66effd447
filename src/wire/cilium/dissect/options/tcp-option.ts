import { hexText } from "../../go/text.ts";
import { GoPanic } from "../gopacket-version.ts";
import { readUint16, readUint32 } from "../layer.ts";
import { formatMultipathOption } from "./multipath-tcp.ts";

export const TcpOptionKind = { END_LIST: 0, NO_OPERATION: 1, MSS: 2, TIMESTAMPS: 8, MULTIPATH: 30 } as const;

/** One option that the walk has accepted, as gopacket's TCPOption.String shows it. */
export function formatTcpOption(bytes: Uint8Array, at: number, isGopacket15: boolean, faithful: boolean): string {
  const kind = bytes[at]!;
  const name = KIND_NAMES[kind] ?? `Unknown(${kind})`;
  if (kind <= TcpOptionKind.NO_OPERATION) return `TCPOption(${name}:)`;
  if (isGopacket15 && kind === TcpOptionKind.MULTIPATH) return formatMultipathOption(bytes, at);
  const size = bytes[at + 1]! - 2;
  const hex = size === 0 ? "" : ` 0x${hexText(bytes, at + 2, at + 2 + size)}`;
  if (kind === TcpOptionKind.MSS) {
    if (size >= 2) return `TCPOption(MSS:${readUint16(bytes, at + 2)}${hex})`;
    if (!isGopacket15 && faithful) throw new GoPanic(`runtime error: index out of range [1] with length ${size}`);
  }
  if (kind === TcpOptionKind.TIMESTAMPS && size === 8)
    return `TCPOption(Timestamps:${readUint32(bytes, at + 2)}/${readUint32(bytes, at + 6)}${hex})`;
  return `TCPOption(${name}:${hex})`;
}

const KIND_NAMES: readonly string[] = [
  "EndList",
  "NOP",
  "MSS",
  "WindowScale",
  "SACKPermitted",
  "SACK",
  "Echo",
  "EchoReply",
  "Timestamps",
  "PartialOrderConnectionPermitted",
  "PartialOrderServiceProfile",
  "CC",
  "CCNew",
  "CCEcho",
  "AltChecksum",
  "AltChecksumData",
];
