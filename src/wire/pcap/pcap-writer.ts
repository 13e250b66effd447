import type { Timestamp } from "../../model/index.ts";
import { GrowableBuffer } from "./growable-buffer.ts";
import { LinkType } from "./link-type.ts";
import type { PacketWriter } from "./packet-writer.ts";

/** The magic numbers of classic pcap; read in the other byte order the file is of the other byte order. */
export const PCAP_MAGIC_MICROSECONDS = 0xa1b2c3d4;
export const PCAP_MAGIC_NANOSECONDS = 0xa1b23c4d;

/** libpcap's value where no limit was asked for. */
export const DEFAULT_SNAP_LENGTH = 262_144;

export interface PcapWriterOptions {
  /** Resolution of the timestamps; finer ones are cut off, not rounded. Default `microseconds`. */
  readonly resolution?: "microseconds" | "nanoseconds";
  /** Default Ethernet. */
  readonly linkType?: number;
  /** The longest packet the file says it holds. Default 262 144. Packets are not cut to it. */
  readonly snapLength?: number;
}

/**
 * Writes a classic pcap file, little-endian (draft-ietf-opsawg-pcap). It only makes bytes: `take` gives what has gathered,
 * beginning with the file's header. Seconds are kept modulo 2^32, as the format has it.
 */
export class PcapWriter implements PacketWriter {
  readonly #buffer = new GrowableBuffer(64 * 1024);
  readonly #nanosPerUnit: number;

  constructor(options: PcapWriterOptions = {}) {
    const nanoseconds = options.resolution === "nanoseconds";
    this.#nanosPerUnit = nanoseconds ? 1 : 1000;
    const { view } = this.#buffer;
    view.setUint32(0, nanoseconds ? PCAP_MAGIC_NANOSECONDS : PCAP_MAGIC_MICROSECONDS, true);
    view.setUint16(4, 2, true);
    view.setUint16(6, 4, true);
    view.setUint32(16, options.snapLength ?? DEFAULT_SNAP_LENGTH, true);
    view.setUint32(20, options.linkType ?? LinkType.ETHERNET, true);
    this.#buffer.length = 24;
  }

  writePacket(time: Timestamp, bytes: Uint8Array, start: number, end: number, originalLength: number): void {
    const buffer = this.#buffer;
    buffer.reserve(16 + end - start);
    const { view, length } = buffer;
    view.setUint32(length, time.seconds, true);
    view.setUint32(length + 4, Math.trunc(time.nanos / this.#nanosPerUnit), true);
    view.setUint32(length + 8, end - start, true);
    view.setUint32(length + 12, originalLength, true);
    buffer.length = length + 16;
    buffer.append(bytes, start, end);
  }

  /** How many bytes `take` would give. */
  get pending(): number {
    return this.#buffer.length;
  }

  /** The bytes written since the last call; the caller's for good. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#buffer.take();
  }
}
