import { isKnownTime, Ledger, type LedgerBook } from "../../model/index.ts";
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from "./capture-limits.ts";
import { CapturedPacket, type CaptureHandler } from "./captured-packet.ts";
import { readUint32 } from "./pcap-reader.ts";
import { BlockType, BYTE_ORDER_MAGIC, padded } from "./pcapng-format.ts";
import { type PcapngInterface, readInterface, readStatistics } from "./pcapng-interface.ts";
import { visitNames } from "./pcapng-names.ts";
import { readUint16 } from "./pcapng-options.ts";
import { RecordReader } from "./record-reader.ts";

/**
 * Reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections, each in its own byte order, all block types, several
 * interfaces. Push bytes in chunks cut anywhere, then call `end`. Block types that it does not know are passed over.
 *
 * Behind a block that cannot be, it looks for the next place where a block of a known type with the same length at both
 * its ends stands, and says what it skipped.
 */
export class PcapngReader extends RecordReader {
  readonly #packet = new CapturedPacket();
  #littleEndian = true;
  /** Belongs to the current section. */
  #interfaces: PcapngInterface[] = [];
  #interfaceCount = 0;

  /** @param book see `RecordReader`; by default one that nobody sees */
  constructor(
    handler: CaptureHandler,
    book: LedgerBook = new Ledger().book("file-bytes"),
    limits: Partial<CaptureLimits> = {},
  ) {
    super(handler, book, { ...DEFAULT_CAPTURE_LIMITS, ...limits });
  }

  protected parse(bytes: Uint8Array, start: number, end: number): number {
    if (this.isDamaged) return this.#resynchronise(bytes, start, end);
    if (end - start < 12) return -12;
    const type = readUint32(bytes, start, this.#littleEndian);
    let littleEndian = this.#littleEndian;
    // The Section Header Block's type reads the same in both byte orders.
    if (type === BlockType.SECTION_HEADER) {
      const order = byteOrderAt(bytes, start + 8);
      if (order === undefined) return this.beginDamage("a section header without its byte-order magic");
      littleEndian = order;
    }
    const front = readUint32(bytes, start + 4, littleEndian);
    const isPossible = front >= 12 && front % 4 === 0 && front <= this.limits.blockBytes;
    const isWhole = isPossible && end - start >= front;
    if (isPossible && !isWhole && !this.ended) return -front;
    const trailer = isWhole ? readUint32(bytes, start + front - 4, littleEndian) : 0;
    let total = front;
    if (!isWhole || trailer !== front) {
      const wanted = 12 + (isWhole ? Math.max(front, FARTHEST_TRAILER) : FARTHEST_TRAILER);
      if (end - start < wanted && !this.ended) return -wanted;
      total = this.#findLength(bytes, start, end, littleEndian, isWhole ? front : 0);
      if (total === 0 && isPossible && !isWhole) return -front;
      if (total === 0)
        return this.beginDamage(
          isWhole
            ? `a block whose length is ${front} in front and ${trailer} behind`
            : `a block of ${front} bytes: lengths are multiples of 4 from 12 to ${this.limits.blockBytes}`,
        );
      const behind = readUint32(bytes, start + total - 4, littleEndian);
      const message = `a block of ${total} bytes whose length is ${front} in front and ${behind} behind`;
      this.damagedBytes += LENGTH_BYTES;
      this.handler.damage?.({ offset: this.fileOffset, size: LENGTH_BYTES, message });
    }
    this.#littleEndian = littleEndian;
    const problem = this.#readBlock(type, bytes, start, start + total - 4);
    if (problem !== undefined) {
      const told = total === front && trailer === total ? 0 : LENGTH_BYTES;
      this.damagedBytes += total - told;
      this.handler.damage?.({ offset: this.fileOffset + told, size: total - told, message: problem });
    }
    return total;
  }

  /**
   * The length of a block of which one of the two is damaged; 0 where none can be told. Behind it stands another block, or nothing.
   * @param front the length in front, 0 for one that cannot be
   */
  #findLength(bytes: Uint8Array, start: number, end: number, littleEndian: boolean, front: number): number {
    if (!KNOWN_TYPES.has(readUint32(bytes, start, littleEndian))) return 0;
    if (front > 0 && this.#isBlockBehind(bytes, start + front, end)) return front;
    const last = Math.min(end - start, FARTHEST_TRAILER, this.limits.blockBytes);
    for (let total = 12; total <= last; total += 4)
      if (
        readUint32(bytes, start + total - 4, littleEndian) === total &&
        this.#isBlockBehind(bytes, start + total, end)
      )
        return total;
    return 0;
  }

  #isBlockBehind(bytes: Uint8Array, at: number, end: number): boolean {
    return at === end ? this.ended : this.#looksLikeBlock(bytes, at, end) > 0;
  }

  /** Reads one whole block; its body is `bytes[start + 8, end)`. Gives what is wrong with it, or nothing. */
  #readBlock(type: number, bytes: Uint8Array, start: number, end: number): string | undefined {
    const body = start + 8;
    switch (type) {
      case BlockType.ENHANCED_PACKET:
        return this.#readPacket(bytes, body + 20, end, readUint32(bytes, body, this.#littleEndian));
      case BlockType.PACKET:
        return this.#readPacket(bytes, body + 20, end, readUint16(bytes, body, this.#littleEndian));
      case BlockType.SIMPLE_PACKET:
        return this.#readSimplePacket(bytes, start, end);
      case BlockType.INTERFACE_DESCRIPTION:
        return this.#readInterface(bytes, body, end);
      case BlockType.SECTION_HEADER:
        this.#interfaces = [];
        return end - body < 16 ? "a section header that is too short" : undefined;
      case BlockType.DECRYPTION_SECRETS:
        return this.#readSecrets(bytes, body, end);
      case BlockType.NAME_RESOLUTION:
        this.#readNames(bytes, body, end);
        return undefined;
      case BlockType.INTERFACE_STATISTICS:
        return this.#readStatistics(bytes, body, end);
      default:
        return undefined;
    }
  }

  /** An Enhanced Packet Block, or the obsolete Packet Block: they differ only in how the interface is numbered. */
  #readPacket(bytes: Uint8Array, data: number, end: number, interfaceId: number): string | undefined {
    if (data > end) return "a packet block that is too short";
    const source = this.#interfaces[interfaceId];
    if (source === undefined)
      return `a packet of interface ${interfaceId}, but the section has described ${this.#interfaces.length}`;
    const littleEndian = this.#littleEndian;
    const captured = readUint32(bytes, data - 8, littleEndian);
    if (captured > end - data) return `a packet of ${captured} bytes in a block that has ${end - data} for it`;
    const packet = this.#packet;
    packet.bytes = bytes;
    packet.start = data;
    packet.end = data + captured;
    const original = readUint32(bytes, data - 4, littleEndian);
    packet.originalLength = original < captured ? captured : original;
    const { seconds, nanos } = packet;
    source.unit.setTime(packet, readUint32(bytes, data - 16, littleEndian), readUint32(bytes, data - 12, littleEndian));
    packet.hasTime = isKnownTime(packet);
    if (!packet.hasTime) {
      const year = Math.round(1970 + packet.seconds / (365.2425 * 86_400));
      const message = `a packet of the year ${year}: its time is taken for unknown`;
      this.handler.damage?.({ offset: this.fileOffset, size: 0, message });
      Object.assign(packet, { seconds, nanos });
    }
    packet.optionsStart = Math.min(data + padded(captured), end);
    packet.optionsEnd = end;
    packet.optionsLittleEndian = littleEndian;
    this.#handOn(source);
    return undefined;
  }

  /** Simple Packet Blocks have no time, belong to the first interface, and are cut to its snap length without saying so. */
  #readSimplePacket(bytes: Uint8Array, start: number, end: number): string | undefined {
    const data = start + 12;
    if (data > end) return "a packet block that is too short";
    const source = this.#interfaces[0];
    if (source === undefined) return "a simple packet, but the section has described no interface";
    const packet = this.#packet;
    const original = readUint32(bytes, start + 8, this.#littleEndian);
    const { snapLength } = source.description;
    const captured = Math.min(original, snapLength === 0 ? original : snapLength, end - data);
    packet.bytes = bytes;
    packet.start = data;
    packet.end = data + captured;
    packet.originalLength = original;
    packet.hasTime = false;
    packet.optionsStart = 0;
    packet.optionsEnd = 0;
    this.#handOn(source);
    return undefined;
  }

  #handOn(source: PcapngInterface): void {
    const packet = this.#packet;
    packet.interface = source.description;
    packet.fileOffset = this.fileOffset;
    this.packetBytes += packet.end - packet.start;
    this.handler.packet(packet);
  }

  #readInterface(bytes: Uint8Array, body: number, end: number): string | undefined {
    if (end - body < 8) return "an interface description that is too short";
    if (this.#interfaces.length >= this.limits.interfaces)
      return `more interfaces in one section than the limit of ${this.limits.interfaces}`;
    const added = readInterface(bytes, body, end, this.#littleEndian, this.#interfaceCount++);
    this.#interfaces.push(added);
    this.handler.interface?.(added.description);
    return undefined;
  }

  #readSecrets(bytes: Uint8Array, body: number, end: number): string | undefined {
    if (end - body < 8) return "a decryption secrets block that is too short";
    const length = readUint32(bytes, body + 4, this.#littleEndian);
    if (length > end - body - 8) return `secrets of ${length} bytes in a block that has ${end - body - 8} for them`;
    this.handler.secrets?.(readUint32(bytes, body, this.#littleEndian), bytes.subarray(body + 8, body + 8 + length));
    return undefined;
  }

  #readNames(bytes: Uint8Array, body: number, end: number): void {
    const { handler } = this;
    if (handler.name === undefined) return;
    visitNames(bytes, body, end, this.#littleEndian, (address, size, name) =>
      handler.name?.(bytes.subarray(address, address + size), name),
    );
  }

  #readStatistics(bytes: Uint8Array, body: number, end: number): string | undefined {
    if (end - body < 12) return "interface statistics that are too short";
    const id = readUint32(bytes, body, this.#littleEndian);
    const source = this.#interfaces[id];
    if (source === undefined)
      return `statistics of interface ${id}, but the section has described ${this.#interfaces.length}`;
    this.handler.statistics?.(source.description, readStatistics(bytes, body + 12, end, this.#littleEndian));
    return undefined;
  }

  /** Consumes what cannot be a block, up to where one could start. */
  #resynchronise(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (; at < end; at++) {
      if (end - at >= 12 && !this.#mayStart(bytes, at)) continue;
      const total = this.#looksLikeBlock(bytes, at, end);
      if (total === 0) continue;
      if (total > 0 && end - at >= total) {
        const littleEndian = byteOrderOfBlock(bytes, at, this.#littleEndian);
        if (readUint32(bytes, at + total - 4, littleEndian) !== total) continue;
        this.finishDamage(at - start);
        return at > start ? at - start : this.parse(bytes, start, end);
      }
      if (this.ended) continue;
      if (at === start) return -(total > 0 ? total : 12);
      break;
    }
    this.damagedBytes += at - start;
    return at - start;
  }

  /** Whether a block could start here, by three of its bytes: a damaged length may leave hundreds of megabytes to look through. */
  #mayStart(bytes: Uint8Array, at: number): boolean {
    // A section header has a byte order of its own.
    if (bytes[at] === 0x0a && bytes[at + 1] === 0x0d) return true;
    const [low, high] = this.#littleEndian ? [at, at + 7] : [at + 3, at + 4];
    return bytes[high] === 0 && TYPE_ENDS[bytes[low]!] === 1;
  }

  /** The length of the block that could start here; 0 where none could, -1 where too little is there to tell. */
  #looksLikeBlock(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < 12) return -1;
    const littleEndian = byteOrderOfBlock(bytes, at, this.#littleEndian);
    const type = readUint32(bytes, at, littleEndian);
    if (!KNOWN_TYPES.has(type)) return 0;
    if (type === BlockType.SECTION_HEADER && byteOrderAt(bytes, at + 8) === undefined) return 0;
    const total = readUint32(bytes, at + 4, littleEndian);
    return total >= 12 && total % 4 === 0 && total <= this.limits.resyncBlockBytes ? total : 0;
  }
}

const LENGTH_BYTES = 4;

/** How far behind a length that is damaged the other one is looked for. */
const FARTHEST_TRAILER = 4096;

const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(BlockType));
/** Their lowest bytes. */
const TYPE_ENDS = new Uint8Array(256);
for (const type of KNOWN_TYPES) TYPE_ENDS[type & 0xff] = 1;

/** Whether the byte-order magic here is little-endian; undefined where there is none. */
function byteOrderAt(bytes: Uint8Array, at: number): boolean | undefined {
  if (readUint32(bytes, at, true) === BYTE_ORDER_MAGIC) return true;
  return readUint32(bytes, at, false) === BYTE_ORDER_MAGIC ? false : undefined;
}

/** The byte order of the block that starts here: a Section Header Block has its own, the others their section's. */
function byteOrderOfBlock(bytes: Uint8Array, at: number, ofSection: boolean): boolean {
  const isSection = readUint32(bytes, at, true) === BlockType.SECTION_HEADER;
  return isSection ? (byteOrderAt(bytes, at + 8) ?? ofSection) : ofSection;
}
