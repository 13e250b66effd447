import type { Timestamp } from "../../model/index.ts";
import { GrowableBuffer } from "./growable-buffer.ts";
import { LinkType } from "./link-type.ts";
import type { PacketFacts, PacketWriter } from "./packet-writer.ts";
import { DEFAULT_SNAP_LENGTH } from "./pcap-writer.ts";
import { BlockType, BYTE_ORDER_MAGIC, OptionCode, PacketFlags, padded, SecretsType } from "./pcapng-format.ts";

export interface PcapngWriterOptions {
  /** The program that wrote the file (`shb_userappl`). */
  readonly application?: string;
  readonly comment?: string;
}

export interface PcapngInterfaceOptions {
  readonly name?: string;
  readonly description?: string;
  /** Default Ethernet. */
  readonly linkType?: number;
  /** Default 262 144; 0 says there is no limit. Packets are not cut to it. */
  readonly snapLength?: number;
  /** Resolution of the timestamps; finer ones are cut off, not rounded. Default `nanoseconds`. */
  readonly resolution?: "microseconds" | "nanoseconds";
}

/**
 * Writes a pcapng file of one section, little-endian (draft-ietf-opsawg-pcapng). It only makes bytes: `take` gives what has
 * gathered, beginning with the Section Header Block. An interface must be added before the first packet that refers to it.
 */
export class PcapngWriter implements PacketWriter {
  readonly #buffer = new GrowableBuffer(64 * 1024);
  /** Per interface: nanoseconds in one unit of its timestamps. */
  readonly #nanosPerUnit: number[] = [];

  constructor(options: PcapngWriterOptions = {}) {
    const start = this.#beginBlock(BlockType.SECTION_HEADER, 16);
    const { view } = this.#buffer;
    view.setUint32(start + 8, BYTE_ORDER_MAGIC, true);
    view.setUint16(start + 12, 1, true);
    view.setUint16(start + 14, 0, true);
    // The section's length is not known beforehand: -1.
    view.setUint32(start + 16, 0xffffffff, true);
    view.setUint32(start + 20, 0xffffffff, true);
    const hasOptions = options.comment !== undefined || options.application !== undefined;
    if (options.comment !== undefined) this.#appendText(OptionCode.COMMENT, options.comment);
    if (options.application !== undefined) this.#appendText(OptionCode.SHB_USER_APPLICATION, options.application);
    if (hasOptions) this.#appendEndOfOptions();
    this.#endBlock(start);
  }

  /** Writes an Interface Description Block; gives the number that packets refer to it by, from 0. */
  addInterface(options: PcapngInterfaceOptions = {}): number {
    const nanoseconds = options.resolution !== "microseconds";
    const start = this.#beginBlock(BlockType.INTERFACE_DESCRIPTION, 8);
    const { view } = this.#buffer;
    view.setUint16(start + 8, options.linkType ?? LinkType.ETHERNET, true);
    view.setUint16(start + 10, 0, true);
    view.setUint32(start + 12, options.snapLength ?? DEFAULT_SNAP_LENGTH, true);
    if (options.name !== undefined) this.#appendText(OptionCode.IF_NAME, options.name);
    if (options.description !== undefined) this.#appendText(OptionCode.IF_DESCRIPTION, options.description);
    this.#appendOption(OptionCode.IF_TSRESOL, Uint8Array.of(nanoseconds ? 9 : 6));
    this.#appendEndOfOptions();
    this.#endBlock(start);
    return this.#nanosPerUnit.push(nanoseconds ? 1 : 1000) - 1;
  }

  /** Writes an Enhanced Packet Block. */
  writePacket(
    time: Timestamp,
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    facts?: PacketFacts,
  ): void {
    const interfaceId = facts?.interfaceId ?? 0;
    const nanosPerUnit = this.#nanosPerUnit[interfaceId];
    if (nanosPerUnit === undefined) throw new RangeError(`interface ${interfaceId} was not added`);
    const captured = end - start;
    const block = this.#beginBlock(BlockType.ENHANCED_PACKET, 20 + captured + 3);
    const buffer = this.#buffer;
    const { view } = buffer;
    view.setUint32(block + 8, interfaceId, true);
    writeTimestamp(view, block + 12, time, nanosPerUnit);
    view.setUint32(block + 20, captured, true);
    view.setUint32(block + 24, originalLength, true);
    buffer.length = block + 28;
    buffer.append(bytes, start, end);
    this.#appendPadding();
    if (facts?.direction !== undefined || (facts?.comments !== undefined && facts.comments.length > 0)) {
      for (const comment of facts.comments ?? []) this.#appendText(OptionCode.COMMENT, comment);
      if (facts.direction !== undefined) this.#appendFlags(facts.direction);
      this.#appendEndOfOptions();
    }
    this.#endBlock(block);
  }

  /** Writes a Decryption Secrets Block with an NSS key log; it stands before the packets that it decrypts. */
  writeTlsSecrets(keyLog: Uint8Array): void {
    const start = this.#beginBlock(BlockType.DECRYPTION_SECRETS, 8);
    this.#buffer.view.setUint32(start + 8, SecretsType.TLS_KEY_LOG, true);
    this.#buffer.view.setUint32(start + 12, keyLog.length, true);
    this.#buffer.append(keyLog, 0, keyLog.length);
    this.#appendPadding();
    this.#endBlock(start);
  }

  /** How many bytes `take` would give. */
  get pending(): number {
    return this.#buffer.length;
  }

  /** The bytes written since the last call: whole blocks, the caller's for good. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#buffer.take();
  }

  /** Opens a block whose fixed part has `fixed` bytes; gives where the block starts. Its length is filled in by `#endBlock`. */
  #beginBlock(type: number, fixed: number): number {
    const buffer = this.#buffer;
    buffer.reserve(12 + fixed);
    const start = buffer.length;
    buffer.view.setUint32(start, type, true);
    buffer.length = start + 8 + fixed;
    return start;
  }

  #endBlock(start: number): void {
    const buffer = this.#buffer;
    buffer.reserve(4);
    const total = buffer.length + 4 - start;
    buffer.view.setUint32(start + 4, total, true);
    buffer.view.setUint32(buffer.length, total, true);
    buffer.length += 4;
  }

  #appendText(code: number, text: string): void {
    const encoded = ENCODER.encode(text);
    this.#appendOption(code, encoded.length > MAX_OPTION ? encoded.subarray(0, MAX_OPTION) : encoded);
  }

  #appendOption(code: number, value: Uint8Array): void {
    const buffer = this.#buffer;
    buffer.reserve(4 + value.length + 3);
    buffer.view.setUint16(buffer.length, code, true);
    buffer.view.setUint16(buffer.length + 2, value.length, true);
    buffer.length += 4;
    buffer.append(value, 0, value.length);
    this.#appendPadding();
  }

  #appendFlags(direction: "inbound" | "outbound"): void {
    const buffer = this.#buffer;
    buffer.reserve(8);
    buffer.view.setUint16(buffer.length, OptionCode.EPB_FLAGS, true);
    buffer.view.setUint16(buffer.length + 2, 4, true);
    buffer.view.setUint32(
      buffer.length + 4,
      direction === "inbound" ? PacketFlags.INBOUND : PacketFlags.OUTBOUND,
      true,
    );
    buffer.length += 8;
  }

  #appendEndOfOptions(): void {
    this.#buffer.reserve(4);
    this.#buffer.view.setUint32(this.#buffer.length, 0, true);
    this.#buffer.length += 4;
  }

  #appendPadding(): void {
    const buffer = this.#buffer;
    const end = padded(buffer.length);
    buffer.reserve(3);
    while (buffer.length < end) buffer.bytes[buffer.length++] = 0;
  }
}

const ENCODER = new TextEncoder();

/** An option's length has 16 bits. */
const MAX_OPTION = 0xffff;

const TWO_TO_32 = 0x1_0000_0000;

/** The 64-bit count of units since the epoch, high half first; exact although it exceeds 2^53. */
function writeTimestamp(view: DataView, offset: number, time: Timestamp, nanosPerUnit: number): void {
  // seconds * unitsPerSecond in two halves, so that each product stays below 2^53.
  const unitsPerSecond = 1e9 / nanosPerUnit;
  const low = (time.seconds % 65_536) * unitsPerSecond + Math.trunc(time.nanos / nanosPerUnit);
  const high = Math.floor(time.seconds / 65_536) * unitsPerSecond;
  // high counts units of 2^16: its upper 48 bits go up by 16, its lower 16 bits join the low half.
  const lowSum = low + (high % 65_536) * 65_536;
  view.setUint32(offset, Math.floor(high / 65_536) + Math.floor(lowSum / TWO_TO_32), true);
  view.setUint32(offset + 4, lowSum % TWO_TO_32, true);
}
