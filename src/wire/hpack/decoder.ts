import type { Header } from "../../model/index.ts";
import { DynamicTable, sizeOfEntry } from "./dynamic-table.ts";
import { STATIC_LENGTH, STATIC_TABLE } from "./static-table.ts";
import { decodeName, decodeString } from "./string-literal.ts";

/** The table's limit before SETTINGS_HEADER_TABLE_SIZE says otherwise (RFC 9113 §6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;

export interface HpackOptions {
  /** The blocks before the first that is decoded were not seen: the table may hold anything. Default false. */
  readonly joined?: boolean;
  /** Bytes of the dynamic table kept at most, whatever the sender may use (64 KiB). What does not fit is unknown when it is named. */
  readonly tableBytes?: number;
  /** Size of a block's header list by the measure of RFC 9113 §6.5.2 (64 KiB); fields beyond are decoded but not given. */
  readonly listBytes?: number;
  /** Fields given of a block (1000). */
  readonly fieldCount?: number;
}

/**
 * Why a block cannot be decoded; all of them are COMPRESSION_ERROR to a receiver.
 * - `truncated-block`: it ends within a field.
 * - `integer-overflow`: an integer of more than 28 bits (§5.1).
 * - `bad-huffman`: EOS, or padding that is none, in a string (§5.2).
 * - `invalid-index`: 0, or beyond both tables (§2.3.3).
 * - `table-size-exceeded`: a table size above what the receiver allows (§6.3).
 * - `misplaced-table-size`: a table size after a field (§4.2).
 */
export type HpackError =
  | "truncated-block"
  | "integer-overflow"
  | "bad-huffman"
  | "invalid-index"
  | "table-size-exceeded"
  | "misplaced-table-size";

/**
 * Decodes the header blocks of one direction of one connection, in the order of the wire (RFC 7541).
 *
 * It need not have seen the first block: a header whose name or value stands in an entry that was not seen inserted is given
 * without it, and as soon as the sender inserts it again it is known (see `DynamicTable`). After an error, and after `forget`,
 * it is as if it had just joined. It never throws.
 *
 * Names and values are strings of octets (latin1). Headers are shared between blocks: nobody may change them.
 */
export class HpackDecoder {
  /** In the last block: how many of its fields have an unknown name or value. */
  unknownFields = 0;
  /** In the last block: how many of its fields were beyond the limits, and the bytes that they took in it. */
  omittedFields = 0;
  omittedBytes = 0;

  readonly #table: DynamicTable;
  readonly #listBytes: number;
  readonly #fieldCount: number;
  /** The largest table size that the receiver ever allowed; Infinity when that may not have been seen. */
  #allowedTableSize: number;

  #block: Uint8Array = NOTHING;
  #at = 0;
  #end = 0;
  #error: HpackError | undefined;

  constructor(options: HpackOptions = {}) {
    const joined = options.joined ?? false;
    const capacity = joined ? Number.POSITIVE_INFINITY : DEFAULT_TABLE_SIZE;
    this.#table = new DynamicTable(options.tableBytes ?? 64 * 1024, capacity, joined);
    this.#listBytes = options.listBytes ?? 64 * 1024;
    this.#fieldCount = options.fieldCount ?? 1000;
    this.#allowedTableSize = capacity;
  }

  /** Whether the sender may name entries that were not seen. */
  get hasUnseenEntries(): boolean {
    return this.#table.hasUnseen;
  }

  /** Bytes of the entries kept (RFC 7541 §4.1). */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * The receiver has announced SETTINGS_HEADER_TABLE_SIZE. The sender's limit changes only when it says so in a block; and as
   * nobody but the two can tell when a lower limit came into force, a higher one that was announced before stays allowed.
   */
  allowTableSize(bytes: number): void {
    if (bytes > this.#allowedTableSize) this.#allowedTableSize = bytes;
  }

  /** Blocks may have been missed, or their receiver's settings: what was inserted before cannot be named any more. */
  forget(): void {
    this.#table.forget();
    this.#allowedTableSize = Number.POSITIVE_INFINITY;
  }

  /**
   * Decodes the header block `block[start, end)` and appends its fields to `headers`. With an error, the fields before it
   * stand there and the table is forgotten.
   */
  decode(block: Uint8Array, headers: Header[], start = 0, end = block.length): HpackError | undefined {
    this.#block = block;
    this.#at = start;
    this.#end = end;
    this.#error = undefined;
    this.unknownFields = 0;
    this.omittedFields = 0;
    this.omittedBytes = 0;
    this.#readFields(headers);
    this.#block = NOTHING;
    if (this.#error !== undefined) this.forget();
    return this.#error;
  }

  #readFields(headers: Header[]): void {
    const limit = headers.length + this.#fieldCount;
    let room = this.#listBytes;
    let first = true;
    while (this.#at < this.#end) {
      const start = this.#at;
      const byte = this.#block[start]!;
      let header: Header | undefined;
      if (byte >= 0x80) header = this.#readIndexed();
      else if (byte >= 0x40) {
        header = this.#readLiteral(6, false);
        if (header !== undefined) this.#table.insert(header);
      } else if (byte >= 0x20) {
        if (!first) this.#error = "misplaced-table-size";
        else this.#readTableSize();
        if (this.#error !== undefined) return;
        continue;
      } else header = this.#readLiteral(4, byte >= 0x10);
      if (header === undefined) return;
      first = false;
      room -= sizeOfEntry(header);
      if (room < 0 || headers.length >= limit) {
        room = -1;
        this.omittedFields++;
        this.omittedBytes += this.#at - start;
      } else headers.push(header);
      if (header.name === undefined || header.value === undefined) this.unknownFields++;
    }
  }

  #readIndexed(): Header | undefined {
    const index = this.#readInteger(7);
    if (index < 0) return undefined;
    return this.#lookUp(index);
  }

  #readLiteral(prefixBits: number, sensitive: boolean): Header | undefined {
    const index = this.#readInteger(prefixBits);
    if (index < 0) return undefined;
    let name: string | undefined;
    if (index === 0) {
      name = this.#readString(true);
      if (name === undefined) return undefined;
    } else {
      const named = this.#lookUp(index);
      if (named === undefined) return undefined;
      name = named.name;
    }
    const value = this.#readString(false);
    if (value === undefined) return undefined;
    return sensitive ? { name, value, sensitive } : { name, value };
  }

  #readTableSize(): void {
    const size = this.#readInteger(5);
    if (size < 0) return;
    if (size > this.#allowedTableSize) this.#error = "table-size-exceeded";
    else this.#table.resize(size);
  }

  #lookUp(index: number): Header | undefined {
    if (index <= STATIC_LENGTH && index > 0) return STATIC_TABLE[index];
    const header = index === 0 ? undefined : this.#table.get(index - STATIC_LENGTH);
    if (header !== undefined) return header;
    if (index > 0 && this.#table.hasUnseen) return UNKNOWN_HEADER;
    this.#error = "invalid-index";
    return undefined;
  }

  /** An integer with a prefix of that many bits (§5.1), or -1 after an error. */
  #readInteger(prefixBits: number): number {
    const mask = (1 << prefixBits) - 1;
    let value = this.#block[this.#at++]! & mask;
    if (value < mask) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      if (this.#at >= this.#end) return this.#fail("truncated-block");
      const byte = this.#block[this.#at++]!;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return this.#fail("integer-overflow");
  }

  /** A string literal (§5.2), or undefined after an error. It is bounded by the block that it stands in. */
  #readString(isName: boolean): string | undefined {
    if (this.#at >= this.#end) {
      this.#error = "truncated-block";
      return undefined;
    }
    const isHuffman = this.#block[this.#at]! >= 0x80;
    const length = this.#readInteger(7);
    if (length < 0) return undefined;
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) {
      this.#error = "truncated-block";
      return undefined;
    }
    this.#at = end;
    const decode = isName ? decodeName : decodeString;
    const text = decode(this.#block, start, end, isHuffman);
    if (text === undefined) this.#error = "bad-huffman";
    return text;
  }

  #fail(error: HpackError): -1 {
    this.#error = error;
    return -1;
  }
}

/** Stands for an entry of the table that was never seen. */
const UNKNOWN_HEADER: Header = { name: undefined, value: undefined };

const NOTHING: Uint8Array = new Uint8Array(0);
