import type { CaptureInterface, InterfaceStatistics } from "./captured-packet.ts";
import { readUint32 } from "./pcap-reader.ts";
import { OptionCode } from "./pcapng-format.ts";
import { readText, readUint16, readUint64, visitOptions } from "./pcapng-options.ts";
import { TimestampUnit } from "./timestamp-unit.ts";

/** An interface with what its packets' timestamps mean. */
export interface PcapngInterface {
  readonly description: CaptureInterface;
  readonly unit: TimestampUnit;
}

/** Reads the body of an Interface Description Block, `bytes[start, end)`, at least 8 bytes. */
export function readInterface(
  bytes: Uint8Array,
  start: number,
  end: number,
  littleEndian: boolean,
  id: number,
): PcapngInterface {
  let name: string | undefined;
  let description: string | undefined;
  let resolution: number | undefined;
  let offset = 0;
  visitOptions(bytes, start + 8, end, littleEndian, (code, from, to) => {
    if (code === OptionCode.IF_NAME) name = readText(bytes, from, to);
    else if (code === OptionCode.IF_DESCRIPTION) description = readText(bytes, from, to);
    else if (code === OptionCode.IF_TSRESOL && to > from) resolution = bytes[from]!;
    else if (code === OptionCode.IF_TSOFFSET && to - from === 8) offset = readInt64(bytes, from, littleEndian);
  });
  return {
    description: {
      id,
      linkType: readUint16(bytes, start, littleEndian),
      snapLength: readUint32(bytes, start + 4, littleEndian),
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    },
    unit: new TimestampUnit(resolution, offset),
  };
}

/** Reads the options of an Interface Statistics Block, `bytes[start, end)`. */
export function readStatistics(
  bytes: Uint8Array,
  start: number,
  end: number,
  littleEndian: boolean,
): InterfaceStatistics {
  let received: number | undefined;
  let dropped: number | undefined;
  visitOptions(bytes, start, end, littleEndian, (code, from, to) => {
    if (to - from !== 8) return;
    const value = readUint64(bytes, from, littleEndian);
    if (code === ISB_RECEIVED) received = value;
    else if (code === ISB_DROPPED || code === ISB_DROPPED_BY_SYSTEM) dropped = (dropped ?? 0) + value;
  });
  return { ...(received === undefined ? {} : { received }), ...(dropped === undefined ? {} : { dropped }) };
}

const ISB_RECEIVED = 4;
const ISB_DROPPED = 5;
const ISB_DROPPED_BY_SYSTEM = 7;

/** Signed: offsets may go back. */
function readInt64(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const high = readUint32(bytes, littleEndian ? at + 4 : at, littleEndian) | 0;
  const low = readUint32(bytes, littleEndian ? at : at + 4, littleEndian);
  return high * 0x1_0000_0000 + low;
}
