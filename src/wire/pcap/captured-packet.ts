import { type Timestamp, UNKNOWN_TIME } from "../../model/index.ts";

/** Where packets were captured: an Interface Description Block, or the one interface of a classic pcap file. */
export interface CaptureInterface {
  /** Counts through the whole file, from 0, over all its sections. */
  readonly id: number;
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLength: number;
  readonly name?: string;
  readonly description?: string;
}

/**
 * One packet of a capture file. A reader has one such object and fills it again and again; the bytes are borrowed, and valid
 * until the handler returns.
 */
export class CapturedPacket {
  /** The packet is `bytes[start, end)`, from its link-layer header on. */
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;
  /** The packet's length on the wire; more than `end - start` where it was cut. */
  originalLength = 0;
  /**
   * Since the epoch. Where the file has no time for it (`hasTime` false: Simple Packet Blocks, times beyond the year 9999), the one
   * before it.
   */
  hasTime = true;
  seconds = 0;
  nanos = 0;
  interface: CaptureInterface = UNKNOWN_INTERFACE;
  /** Where its record or block starts in the file. */
  fileOffset = 0;
  /** pcapng's options of the packet are `bytes[optionsStart, optionsEnd)`: see `readPacketFacts`. */
  optionsStart = 0;
  optionsEnd = 0;
  optionsLittleEndian = true;

  get linkType(): number {
    return this.interface.linkType;
  }

  get time(): Timestamp {
    return this.hasTime ? { seconds: this.seconds, nanos: this.nanos } : UNKNOWN_TIME;
  }
}

const NO_BYTES = new Uint8Array(0);
const UNKNOWN_INTERFACE: CaptureInterface = { id: 0, linkType: 0, snapLength: 0 };

/** Gets what a capture file holds, in the order of the file. All bytes are borrowed. */
export interface CaptureHandler {
  packet(packet: CapturedPacket): void;
  interface?(description: CaptureInterface): void;
  /** A Decryption Secrets Block; `type` is one of `SecretsType` or unknown. */
  secrets?(type: number, bytes: Uint8Array): void;
  /** The name of an address of 4 or 16 bytes, from a Name Resolution Block. */
  name?(address: Uint8Array, name: string): void;
  /** Counts of the capturing machine for an interface. */
  statistics?(description: CaptureInterface, statistics: InterfaceStatistics): void;
  /** Something in the file is not as it should be; what was whole has been handed on, and reading goes on where it can. */
  damage?(damage: CaptureDamage): void;
}

/** Counts of an Interface Statistics Block; absent where it has none. */
export interface InterfaceStatistics {
  readonly received?: number;
  /** By the interface, or by the operating system, for lack of room. */
  readonly dropped?: number;
}

export interface CaptureDamage {
  /** Where in the file it was found, and how many bytes of the file are lost with it. */
  readonly offset: number;
  readonly size: number;
  /** The value found, and the one expected. */
  readonly message: string;
}
