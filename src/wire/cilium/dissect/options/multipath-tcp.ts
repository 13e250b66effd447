import { ipText } from "../../go/text.ts";
import { GoPanic } from "../gopacket-version.ts";
import { type DecodeContext, readUint16 } from "../layer.ts";

const Subtype = {
  CAPABLE: 0,
  JOIN: 1,
  DSS: 2,
  ADD_ADDRESS: 3,
  REMOVE_ADDRESS: 4,
  PRIORITY: 5,
  FAIL: 6,
  FAST_CLOSE: 7,
  RESET: 8,
} as const;

const SUBTYPE_NAMES = [
  "MP_CAPABLE",
  "MP_JOIN",
  "DSS",
  "ADD_ADDR",
  "REMOVE_ADDR",
  "MP_PRIO",
  "MP_FAIL",
  "MP_FASTCLOSE",
  "MP_TCPRST",
] as const;

const CAPABLE_LENGTHS = [4, 12, 20, 22, 24];
const JOIN_LENGTHS = [12, 16, 24];
const ADDRESS_LENGTHS = [8, 10, 20, 22];

/**
 * Checks a Multipath TCP option (RFC 8684) at `at` as gopacket 1.5.0 reads it, and gives its length, or the error. It reads
 * before it checks, so an option that is cut ends in what Go says of an index out of range.
 *
 * One thing is not as there: of a subtype it does not know, with the length 0, gopacket 1.5.0 makes options for ever.
 */
export function readMultipathOption(
  bytes: Uint8Array,
  at: number,
  end: number,
  { limit, version }: Pick<DecodeContext, "limit" | "version">,
): number | string {
  const option = new OptionBytes(bytes, at, end, limit);
  const length = option.byte(1);
  if (length === 0 && version === "1.6.1") return "MPTCP bad option length 0";
  const subtype = option.byte(2) >> 4;
  const error = checkSubtype(option, subtype, length);
  if (error !== undefined) return error;
  if (length === 0) return "MPTCP option of length 0";
  option.checkTail(length);
  return length;
}

function checkSubtype(option: OptionBytes, subtype: number, length: number): string | undefined {
  switch (subtype) {
    case Subtype.CAPABLE:
      if (!CAPABLE_LENGTHS.includes(length)) return `MP_CAPABLE bad option length ${length}`;
      option.byte(3);
      for (const end of CAPABLE_LENGTHS) if (end > 4 && length >= end) option.checkSlice(end);
      return undefined;
    case Subtype.JOIN:
      if (!JOIN_LENGTHS.includes(length)) return `MP_JOIN bad option length ${length}`;
      if (length !== 24) option.byte(3);
      option.checkSlice(length);
      return undefined;
    case Subtype.DSS:
      return checkDataSequenceSignal(option, length);
    case Subtype.ADD_ADDRESS:
      return checkAddAddress(option, length);
    case Subtype.REMOVE_ADDRESS:
      if (length < 4) return `Rem_ADDR bad option length ${length}`;
      for (let i = 3; i < length; i++) option.byte(i);
      return undefined;
    case Subtype.PRIORITY:
      if (length !== 3 && length !== 4) return `MP_PRIO bad option length ${length}`;
      if (length === 4) option.byte(3);
      return undefined;
    case Subtype.FAIL:
      if (length !== 12) return `MP_FAIL bad option length ${length}`;
      option.checkSlice(12);
      return undefined;
    case Subtype.FAST_CLOSE:
      if (length !== 12) return `MP_FASTCLOSE bad option length ${length}`;
      option.checkSlice(12);
      return undefined;
    case Subtype.RESET:
      if (length !== 4) return `MP_TCPRST bad option length ${length}`;
      option.byte(3);
      return undefined;
    default:
      return undefined;
  }
}

function checkDataSequenceSignal(option: OptionBytes, length: number): string | undefined {
  const flags = option.byte(3);
  const acknowledgement = flags & 1 ? (flags & 2 ? 8 : 4) : 0;
  const mapping = flags & 4 ? (flags & 8 ? 14 : 10) : 0;
  const plain = 4 + acknowledgement + mapping;
  if (length !== plain && length !== plain + (mapping > 0 ? 2 : 0)) return `DSS bad option length ${length}`;
  if (acknowledgement > 0) option.checkSlice(4 + acknowledgement);
  if (mapping > 0) {
    const sequence = mapping - 6;
    for (const part of [sequence, sequence + 4, mapping]) option.checkSlice(4 + acknowledgement + part);
    if (length === plain + 2) option.checkSlice(plain + 2);
  }
  return undefined;
}

function checkAddAddress(option: OptionBytes, length: number): string | undefined {
  const version0 = (option.byte(2) & 0x0f) > 1;
  const echo = !version0 && (option.byte(2) & 1) !== 0;
  const signed = !version0 && !echo;
  const plain = signed ? (length - 8) & 0xff : length;
  if (!ADDRESS_LENGTHS.includes(plain)) return `ADD_ADDR bad option length ${length}`;
  option.byte(3);
  if (signed) option.checkTail(length - 8);
  option.checkSlice(plain >= 20 ? 20 : 8);
  if (plain % 4 === 2) option.checkSlice(plain);
  return undefined;
}

/** The option as gopacket's MPTCP String has it. Only for options that `readMultipathOption` has accepted. */
export function formatMultipathOption(bytes: Uint8Array, at: number): string {
  const length = bytes[at + 1]!;
  const subtype = bytes[at + 2]! >> 4;
  const name = SUBTYPE_NAMES[subtype];
  if (name === undefined) return "TCPOption(MultipathTCP:)";
  const low = bytes[at + 2]! & 0x0f;
  const fourth = bytes[at + 3]!;
  switch (subtype) {
    case Subtype.CAPABLE:
      return `MPTCPOption(${name} Version ${low})`;
    case Subtype.JOIN:
      return length === 24
        ? `MPTCPOption(${name} Backup false;Address ID 0)`
        : `MPTCPOption(${name} Backup ${(low & 1) !== 0};Address ID ${fourth})`;
    case Subtype.PRIORITY:
      return `MPTCPOption(${name} Backup ${(low & 1) !== 0};Address ID ${length === 4 ? fourth : 0})`;
    case Subtype.ADD_ADDRESS: {
      const plain = low > 1 || (low & 1) !== 0 ? length : length - 8;
      const size = plain >= 20 ? 16 : 4;
      const port = plain % 4 === 2 ? readUint16(bytes, at + 4 + size) : 0;
      return `MPTCPOption(${name} Address ID ${fourth};Address ${ipText(bytes, at + 4, size)};Port ${port})`;
    }
    case Subtype.REMOVE_ADDRESS:
      return `MPTCPOption(${name} Address ID [${bytes.subarray(at + 3, at + length).join(" ")}])`;
    case Subtype.RESET:
      return `MPTCPOption(${name} Transient ${(low & 1) !== 0}; Reason ${fourth})`;
    default:
      return `MPTCPOption(${name})`;
  }
}

/** The option list from this option on, read as Go reads a slice: an index must be below its length, a bound below its capacity. */
class OptionBytes {
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #length: number;
  readonly #capacity: number;

  constructor(bytes: Uint8Array, at: number, end: number, limit: number) {
    this.#bytes = bytes;
    this.#at = at;
    this.#length = end - at;
    this.#capacity = limit - at;
  }

  byte(index: number): number {
    if (index >= this.#length)
      throw new GoPanic(`runtime error: index out of range [${index}] with length ${this.#length}`);
    return this.#bytes[this.#at + index]!;
  }

  checkSlice(end: number): void {
    if (end > this.#capacity)
      throw new GoPanic(`runtime error: slice bounds out of range [:${end}] with capacity ${this.#capacity}`);
  }

  checkTail(start: number): void {
    if (start > this.#length) throw new GoPanic(`runtime error: slice bounds out of range [${start}:${this.#length}]`);
  }
}
