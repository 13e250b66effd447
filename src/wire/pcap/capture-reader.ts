import type { LedgerBook } from "../../model/index.ts";
import type { CaptureLimits } from "./capture-limits.ts";
import type { CaptureHandler } from "./captured-packet.ts";
import { hasDamagedPcapMagic, isPcapMagic, PcapReader, readUint32 } from "./pcap-reader.ts";
import { BlockType } from "./pcapng-format.ts";
import { PcapngReader } from "./pcapng-reader.ts";
import type { RecordReader } from "./record-reader.ts";

export type CaptureFormat = "pcap" | "pcapng";

/** How many bytes `detectCaptureFormat` wants to see. */
export const CAPTURE_MAGIC_BYTES = 4;

/** Which capture file begins with these bytes, if any. */
export function detectCaptureFormat(head: Uint8Array): CaptureFormat | undefined {
  if (head.length < CAPTURE_MAGIC_BYTES) return undefined;
  if (isPcapMagic(readUint32(head, 0, true)) || isPcapMagic(readUint32(head, 0, false))) return "pcap";
  if (readUint32(head, 0, true) === BlockType.SECTION_HEADER) return "pcapng";
  return hasDamagedPcapMagic(head) ? "pcap" : undefined;
}

/** The reader of that format. */
export function createCaptureReader(
  format: CaptureFormat,
  handler: CaptureHandler,
  book?: LedgerBook,
  limits?: Partial<CaptureLimits>,
): RecordReader {
  return format === "pcap" ? new PcapReader(handler, book, limits) : new PcapngReader(handler, book, limits);
}
