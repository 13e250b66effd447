import type { CapturedPacket } from "./captured-packet.ts";
import type { PacketFacts } from "./packet-writer.ts";
import { readUint32 } from "./pcap-reader.ts";
import { OptionCode, PacketFlags, padded } from "./pcapng-format.ts";

/** Calls `visit` with each option of a block: `bytes[start, end)` is its options, the value's place is given in the same bytes. */
export function visitOptions(
  bytes: Uint8Array,
  start: number,
  end: number,
  littleEndian: boolean,
  visit: (code: number, valueStart: number, valueEnd: number) => void,
): void {
  let at = start;
  while (end - at >= 4) {
    const code = readUint16(bytes, at, littleEndian);
    const length = readUint16(bytes, at + 2, littleEndian);
    const next = at + 4 + padded(length);
    if (code === OptionCode.END || at + 4 + length > end) return;
    visit(code, at + 4, at + 4 + length);
    at = next;
  }
}

/** Options of a packet in a pcapng file: its direction and comments. */
export function readPacketFacts(packet: CapturedPacket): PacketFacts {
  if (packet.optionsEnd <= packet.optionsStart) return {};
  const { bytes, optionsLittleEndian } = packet;
  const comments: string[] = [];
  let flags = 0;
  visitOptions(bytes, packet.optionsStart, packet.optionsEnd, optionsLittleEndian, (code, start, end) => {
    if (code === OptionCode.COMMENT) comments.push(readText(bytes, start, end));
    else if (code === OptionCode.EPB_FLAGS && end - start === 4) flags = readUint32(bytes, start, optionsLittleEndian);
  });
  const direction = DIRECTIONS[flags & PacketFlags.DIRECTION_MASK];
  return { ...(direction === undefined ? {} : { direction }), ...(comments.length === 0 ? {} : { comments }) };
}

const DIRECTIONS: Readonly<Record<number, "inbound" | "outbound">> = {
  [PacketFlags.INBOUND]: "inbound",
  [PacketFlags.OUTBOUND]: "outbound",
};

/** UTF-8, up to the first zero byte. */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const zero = bytes.subarray(start, end).indexOf(0);
  return DECODER.decode(bytes.subarray(start, zero < 0 ? end : start + zero));
}

const DECODER = new TextDecoder();

/** An unsigned 16-bit number of either byte order. */
export function readUint16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
}

/** A 64-bit number of either byte order; beyond 2^53 the nearest double. */
export function readUint64(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const first = readUint32(bytes, at, littleEndian);
  const second = readUint32(bytes, at + 4, littleEndian);
  return littleEndian ? second * 0x1_0000_0000 + first : first * 0x1_0000_0000 + second;
}
