import { Ledger, type LedgerBook } from "../../model/index.ts";
import { type CaptureLimits, DEFAULT_CAPTURE_LIMITS } from "./capture-limits.ts";
import { CapturedPacket, type CaptureHandler, type CaptureInterface } from "./captured-packet.ts";
import { DEFAULT_SNAP_LENGTH, PCAP_MAGIC_MICROSECONDS, PCAP_MAGIC_NANOSECONDS } from "./pcap-writer.ts";
import { RecordReader } from "./record-reader.ts";

/** The magic number of Kuznetzov's variant: its record headers have 8 bytes more (wiki.wireshark.org/Development/LibpcapFileFormat). */
const PCAP_MAGIC_MODIFIED = 0xa1b2cd34;

/**
 * Reads classic pcap files (draft-ietf-opsawg-pcap): both byte orders, microseconds and nanoseconds. Push bytes in chunks cut
 * anywhere, then call `end`.
 *
 * Behind a record header that cannot be, it looks for the next place where two records in a row could stand, and says what
 * it skipped.
 */
export class PcapReader extends RecordReader {
  readonly #packet = new CapturedPacket();
  #interface: CaptureInterface | undefined;
  #littleEndian = true;
  #nanosPerUnit = 1000;
  #headerLength = 16;
  #maxPacket = DEFAULT_SNAP_LENGTH;
  #lastSeconds = -1;
  /** Bytes of a packet that is too long that are still to come. */
  #oversized = 0;

  /** @param book see `RecordReader`; by default one that nobody sees */
  constructor(
    handler: CaptureHandler,
    book: LedgerBook = new Ledger().book("file-bytes"),
    limits: Partial<CaptureLimits> = {},
  ) {
    super(handler, book, { ...DEFAULT_CAPTURE_LIMITS, ...limits });
  }

  protected parse(bytes: Uint8Array, start: number, end: number): number {
    const description = this.#interface;
    if (description === undefined) return end - start < 24 ? -24 : this.#parseFileHeader(bytes, start);
    if (this.#oversized > 0) return this.#skipOversized(end - start);
    if (this.isDamaged) return this.#resynchronise(bytes, start, end);
    if (end - start < this.#headerLength) return -this.#headerLength;
    const captured = this.#read(bytes, start + 8);
    if (captured > this.#maxPacket) {
      // A header that is right but for its length is believed: what is damaged rarely says so twice.
      if (this.#isPlausible(bytes, start)) this.#oversized = this.#headerLength + captured - 1;
      return this.beginDamage(`a packet of ${captured} bytes, more than the limit of ${this.#maxPacket}`);
    }
    const total = this.#headerLength + captured;
    if (end - start < total) return -total;
    const seconds = this.#read(bytes, start);
    let nanos = this.#read(bytes, start + 4) * this.#nanosPerUnit;
    const original = this.#read(bytes, start + 12);
    if (nanos >= 1e9 || original < captured || original > MAX_PLAUSIBLE_PACKET || this.#isFar(seconds)) {
      // Odd, but some programs write such: the record that follows decides.
      const next = this.#looksLikeRecord(bytes, start + total, end, seconds);
      if (next < 0 && !this.ended) return -(total + this.#headerLength);
      if (next === 0) return this.beginDamage("a record header with an impossible time or length");
    }
    const packet = this.#packet;
    packet.bytes = bytes;
    packet.start = start + this.#headerLength;
    packet.end = start + total;
    packet.originalLength = original < captured ? captured : original;
    packet.seconds = seconds;
    if (nanos >= 1e9) {
      packet.seconds += Math.floor(nanos / 1e9);
      nanos %= 1e9;
    }
    packet.nanos = nanos;
    packet.interface = description;
    packet.fileOffset = this.fileOffset;
    this.#lastSeconds = seconds;
    this.packetBytes += captured;
    this.handler.packet(packet);
    return total;
  }

  #parseFileHeader(bytes: Uint8Array, start: number): number {
    const magic = readUint32(bytes, start, true);
    this.#littleEndian = isPcapMagic(magic) || readUint32(bytes, start + 4, true) === VERSION;
    const written = this.#littleEndian ? magic : readUint32(bytes, start, false);
    const ownMagic = nearestMagic(written) ?? written;
    if (!isPcapMagic(written)) {
      this.handler.damage?.({ offset: 0, size: 0, message: "this is no pcap file: its magic number is another" });
    }
    this.#nanosPerUnit = ownMagic === PCAP_MAGIC_NANOSECONDS ? 1 : 1000;
    this.#headerLength = ownMagic === PCAP_MAGIC_MODIFIED ? 24 : 16;
    const snapLength = this.#read(bytes, start + 16);
    this.#maxPacket = Math.min(Math.max(snapLength, DEFAULT_SNAP_LENGTH), this.limits.blockBytes);
    // The upper half has the length of the frame check sequence.
    this.#interface = { id: 0, linkType: this.#read(bytes, start + 20) & 0xffff, snapLength };
    this.handler.interface?.(this.#interface);
    return 24;
  }

  /** A packet that is too long is passed over without being searched. */
  #skipOversized(available: number): number {
    const size = Math.min(this.#oversized, available);
    this.#oversized -= size;
    if (this.#oversized === 0) this.finishDamage(size);
    else this.damagedBytes += size;
    return size;
  }

  #isPlausible(bytes: Uint8Array, at: number): boolean {
    if (this.#isFar(this.#read(bytes, at))) return false;
    const captured = this.#read(bytes, at + 8);
    return (
      this.#read(bytes, at + 4) * this.#nanosPerUnit < 1e9 &&
      captured <= MAX_OVERSIZED &&
      this.#read(bytes, at + 12) === captured
    );
  }

  /** Consumes what cannot be a record, up to where two in a row could start (or one that ends with the file). */
  #resynchronise(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const first = this.#looksLikeRecord(bytes, at, end);
      const size = first > 0 ? first : this.#headerLength;
      const isWhole = first > 0 && at + size <= end;
      const second = isWhole ? this.#looksLikeRecord(bytes, at + size, end) : -1;
      if (isWhole && (second > 0 || (second < 0 && this.ended && at + size === end))) {
        this.finishDamage(at - start);
        return at > start ? at - start : this.parse(bytes, start, end);
      }
      if (first !== 0 && second < 0 && !this.ended) {
        if (at > start) break;
        return -(isWhole ? size + this.#headerLength : size);
      }
      at++;
    }
    this.damagedBytes += at - start;
    return at - start;
  }

  #isFar(seconds: number): boolean {
    return this.#lastSeconds >= 0 && Math.abs(seconds - this.#lastSeconds) > MAX_TIME_STEP;
  }

  /**
   * The size of the record whose header could stand here; 0 where none could, -1 where too little is there to tell.
   * @param before the time of a record that may stand before it, besides the last that was read
   */
  #looksLikeRecord(bytes: Uint8Array, at: number, end: number, before?: number): number {
    if (end - at < this.#headerLength) return -1;
    const seconds = this.#read(bytes, at);
    const follows = before !== undefined && Math.abs(seconds - before) <= MAX_TIME_STEP;
    if (!follows && this.#isFar(seconds)) return 0;
    if (this.#read(bytes, at + 4) * this.#nanosPerUnit >= 1e9) return 0;
    const captured = this.#read(bytes, at + 8);
    const original = this.#read(bytes, at + 12);
    const isPossible = captured > 0 && captured <= original && original <= MAX_PLAUSIBLE_PACKET;
    return isPossible && captured <= this.#maxPacket ? this.#headerLength + captured : 0;
  }

  #read(bytes: Uint8Array, at: number): number {
    return readUint32(bytes, at, this.#littleEndian);
  }
}

/** Seconds between two packets, beyond which a record header found behind damage is not believed: 30 days. */
const MAX_TIME_STEP = 30 * 86_400;
const MAX_PLAUSIBLE_PACKET = 1024 * 1024;
/** A longer packet is damage in any case. */
const MAX_OVERSIZED = 1024 * 1024 * 1024;

/** Whether this number, read in either byte order, opens a classic pcap file. */
export function isPcapMagic(magic: number): boolean {
  return magic === PCAP_MAGIC_MICROSECONDS || magic === PCAP_MAGIC_NANOSECONDS || magic === PCAP_MAGIC_MODIFIED;
}

/** Whether a classic pcap file begins so but for one byte of its magic number: its version stands behind that. */
export function hasDamagedPcapMagic(head: Uint8Array): boolean {
  if (head.length < 8) return false;
  for (const littleEndian of [true, false])
    if (readUint32(head, 4, littleEndian) === (littleEndian ? VERSION : VERSION_BIG_ENDIAN))
      return nearestMagic(readUint32(head, 0, littleEndian)) !== undefined;
  return false;
}

/** The magic number that differs in no more than one byte. */
function nearestMagic(magic: number): number | undefined {
  return MAGICS.find((known) => {
    const differing = (known ^ magic) >>> 0;
    return [0, 8, 16, 24].some((shift) => (differing & ~(0xff << shift)) === 0);
  });
}

const MAGICS = [PCAP_MAGIC_MICROSECONDS, PCAP_MAGIC_NANOSECONDS, PCAP_MAGIC_MODIFIED];
/** 2.4, the only one there is: major and minor, 16 bits each. */
const VERSION = 0x00040002;
const VERSION_BIG_ENDIAN = 0x00020004;

/** An unsigned 32-bit number of either byte order. */
export function readUint32(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const value = littleEndian
    ? bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    : (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return value >>> 0;
}
