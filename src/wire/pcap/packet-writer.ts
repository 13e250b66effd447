import type { Timestamp } from "../../model/index.ts";

/** Where packets go: a capture file's writer, or whatever stands in for one. */
export interface PacketWriter {
  /**
   * Appends one packet, `bytes[start, end)` from its link-layer header on. The bytes are borrowed: the writer copies them
   * before it returns.
   *
   * @param originalLength the packet's length on the wire; more than `end - start` where it was cut
   * @param facts what the format can say about the packet beyond that; classic pcap has no place for it
   */
  writePacket(
    time: Timestamp,
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    facts?: PacketFacts,
  ): void;
}

export interface PacketFacts {
  /** The id that `PcapngWriter.addInterface` returned; the first interface by default. */
  readonly interfaceId?: number;
  /** As seen from the machine that captured. */
  readonly direction?: "inbound" | "outbound";
  readonly comments?: readonly string[];
}
