import { HuffmanTable, isDecodable } from "./huffman-table.ts";

const BLOCK_HEADER = 0;
const STORED_LENGTH = 1;
const STORED_BYTES = 2;
const TABLE_SIZES = 3;
const CODE_LENGTH_LENGTHS = 4;
const CODE_LENGTHS = 5;
const SYMBOL = 6;
const LENGTH_EXTRA = 7;
const DISTANCE = 8;
const DISTANCE_EXTRA = 9;
const STORED_CHECK = 10;
const ENDED = 11;
const FAILED = 12;

/**
 * Decompresses DEFLATE (RFC 1951) as it comes, split anywhere, with the 32 KiB of output that it may refer back to. It runs where
 * there is no zlib, and keeps its window from one message of a WebSocket to the next (RFC 7692 §7.2.2).
 */
export class Inflater {
  readonly #window = new Uint8Array(WINDOW);
  /** Where the next byte of output goes in the window, and up to where it was handed on. */
  #at = 0;
  #flushed = 0;
  /** How much of the window was ever written, up to its size: nothing before that may be referred to. */
  #filled = 0;
  #state = BLOCK_HEADER;
  #lastBlock = false;
  #bits = 0;
  #bitCount = 0;
  #literals: HuffmanTable = FIXED_LITERALS;
  #distances: HuffmanTable = FIXED_DISTANCES;
  #codeLengths: HuffmanTable = FIXED_DISTANCES;
  readonly #lengths = new Uint8Array(288 + 32);
  #literalCount = 0;
  #distanceCount = 0;
  #codeLengthCount = 0;
  #index = 0;
  #stored = 0;
  #symbol = 0;
  /** What is still to be copied from earlier output, and from how far back. */
  #copyLength = 0;
  #distance = 0;

  /** The input is not DEFLATE: nothing can be decompressed any more. */
  get failed(): boolean {
    return this.#state === FAILED;
  }

  /** The last block is over; what is pushed after it is ignored, until `reset`. */
  get ended(): boolean {
    return this.#state === ENDED;
  }

  /** Forgets everything, the window included. */
  reset(): void {
    this.#state = BLOCK_HEADER;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#at = 0;
    this.#flushed = 0;
    this.#filled = 0;
    this.#copyLength = 0;
  }

  /** After the last block another stream may follow, that refers to the same window. */
  continue(): void {
    if (this.#state !== ENDED) return;
    this.#state = BLOCK_HEADER;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  /**
   * Decompresses `data[start, end)`.
   * @param write called with each piece of the output: `bytes[start, end)`, valid during the call
   */
  push(
    data: Uint8Array,
    start: number,
    end: number,
    write: (bytes: Uint8Array, start: number, end: number) => void,
  ): void {
    let p = start;
    while (this.#state < ENDED) {
      if (this.#state === STORED_BYTES && this.#bitCount === 0) {
        if (p === end) break;
        p += this.#copyStored(data, p, end);
      } else {
        // More than any step takes, as long as there is input.
        while (this.#bitCount <= 16 && p < end) {
          this.#bits |= data[p++]! << this.#bitCount;
          this.#bitCount += 8;
        }
        if (!this.#step()) break;
      }
      if (this.#at === WINDOW) this.#flush(write);
    }
    this.#flush(write);
  }

  /** One step; false when there are too few bits for it. */
  #step(): boolean {
    switch (this.#state) {
      case BLOCK_HEADER:
        return this.#bitCount >= 3 && this.#beginBlock(this.#take(3));
      case STORED_LENGTH:
        if (this.#bitCount < 16) return false;
        this.#stored = this.#take(16);
        this.#state = STORED_CHECK;
        return true;
      case STORED_CHECK:
        if (this.#bitCount < 16) return false;
        if ((this.#take(16) ^ 0xffff) !== this.#stored) this.#state = FAILED;
        else if (this.#stored === 0) this.#endBlock();
        else this.#state = STORED_BYTES;
        return true;
      case STORED_BYTES:
        this.#output(this.#take(8));
        if (--this.#stored === 0) this.#endBlock();
        return true;
      case TABLE_SIZES:
        if (this.#bitCount < 14) return false;
        this.#literalCount = this.#take(5) + 257;
        this.#distanceCount = this.#take(5) + 1;
        this.#codeLengthCount = this.#take(4) + 4;
        this.#index = 0;
        this.#lengths.fill(0);
        this.#state = this.#literalCount > 286 || this.#distanceCount > 30 ? FAILED : CODE_LENGTH_LENGTHS;
        return true;
      case CODE_LENGTH_LENGTHS:
        if (this.#bitCount < 3) return false;
        this.#lengths[CODE_LENGTH_ORDER[this.#index]!] = this.#take(3);
        if (++this.#index === this.#codeLengthCount) this.#buildCodeLengths();
        return true;
      case CODE_LENGTHS:
        return this.#readCodeLength();
      case SYMBOL:
        return this.#readSymbol();
      case LENGTH_EXTRA: {
        const extra = LENGTH_EXTRA_BITS[this.#symbol]!;
        if (this.#bitCount < extra) return false;
        this.#copyLength = LENGTH_BASES[this.#symbol]! + this.#take(extra);
        this.#state = DISTANCE;
        return true;
      }
      case DISTANCE: {
        const symbol = this.#decode(this.#distances);
        if (symbol < 0) return this.failed;
        this.#symbol = symbol;
        this.#state = symbol < DISTANCE_BASES.length ? DISTANCE_EXTRA : FAILED;
        return true;
      }
      default: {
        const extra = DISTANCE_EXTRA_BITS[this.#symbol]!;
        if (this.#bitCount < extra) return false;
        this.#distance = DISTANCE_BASES[this.#symbol]! + this.#take(extra);
        this.#state = this.#distance > this.#filled ? FAILED : SYMBOL;
        if (this.#state === SYMBOL) this.#copy();
        return true;
      }
    }
  }

  #beginBlock(header: number): true {
    this.#lastBlock = (header & 1) === 1;
    switch (header >> 1) {
      case 0:
        this.#take(this.#bitCount & 7);
        this.#state = STORED_LENGTH;
        break;
      case 1:
        this.#literals = FIXED_LITERALS;
        this.#distances = FIXED_DISTANCES;
        this.#state = SYMBOL;
        break;
      case 2:
        this.#state = TABLE_SIZES;
        break;
      default:
        this.#state = FAILED;
    }
    return true;
  }

  #endBlock(): void {
    this.#state = this.#lastBlock ? ENDED : BLOCK_HEADER;
  }

  #buildCodeLengths(): void {
    const lengths = this.#lengths.slice(0, 19);
    this.#codeLengths = new HuffmanTable(lengths);
    this.#lengths.fill(0);
    this.#index = 0;
    this.#state = isDecodable(lengths) ? CODE_LENGTHS : FAILED;
  }

  #readCodeLength(): boolean {
    const bits = this.#bits;
    const bitCount = this.#bitCount;
    const symbol = this.#decode(this.#codeLengths);
    if (symbol < 0) return this.failed;
    let length = symbol;
    let repeat = 1;
    if (symbol >= 16) {
      const extra = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      if (this.#bitCount < extra) {
        this.#bits = bits;
        this.#bitCount = bitCount;
        return false;
      }
      repeat = this.#take(extra) + (symbol === 18 ? 11 : 3);
      length = symbol === 16 ? (this.#lengths[this.#index - 1] ?? 0) : 0;
    }
    const total = this.#literalCount + this.#distanceCount;
    if (this.#index + repeat > total || (symbol === 16 && this.#index === 0)) {
      this.#state = FAILED;
      return true;
    }
    this.#lengths.fill(length, this.#index, this.#index + repeat);
    this.#index += repeat;
    if (this.#index === total) this.#buildTables();
    return true;
  }

  #buildTables(): void {
    const literals = this.#lengths.slice(0, this.#literalCount);
    const distances = this.#lengths.slice(this.#literalCount, this.#literalCount + this.#distanceCount);
    if (literals[END_OF_BLOCK] === 0 || !isDecodable(literals) || !isDecodable(distances)) {
      this.#state = FAILED;
      return;
    }
    this.#literals = new HuffmanTable(literals);
    this.#distances = new HuffmanTable(distances);
    this.#state = SYMBOL;
  }

  #readSymbol(): boolean {
    const symbol = this.#decode(this.#literals);
    if (symbol < 0) return this.failed;
    if (symbol < END_OF_BLOCK) this.#output(symbol);
    else if (symbol === END_OF_BLOCK) this.#endBlock();
    else {
      this.#symbol = symbol - END_OF_BLOCK - 1;
      this.#state = this.#symbol < LENGTH_BASES.length ? LENGTH_EXTRA : FAILED;
    }
    return true;
  }

  /** The next symbol of the code; -1 when there are too few bits, or when it is none (then the state is FAILED). */
  #decode(table: HuffmanTable): number {
    const entry = table.entries[this.#bits & ((1 << table.bits) - 1)]!;
    const length = entry & 15;
    if (entry !== 0 && length <= this.#bitCount) {
      this.#take(length);
      return entry >> 4;
    }
    if (entry === 0 && this.#bitCount >= table.bits) this.#state = FAILED;
    return -1;
  }

  #take(count: number): number {
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #output(byte: number): void {
    this.#window[this.#at++] = byte;
    if (this.#filled < WINDOW) this.#filled++;
  }

  /** Copies from earlier output. What does not fit before the window's end is copied after it was handed on. */
  #copy(): void {
    const window = this.#window;
    const piece = Math.min(this.#copyLength, WINDOW - this.#at);
    for (let i = 0; i < piece; i++) {
      window[this.#at] = window[(this.#at - this.#distance) & (WINDOW - 1)]!;
      this.#at++;
    }
    this.#filled = Math.min(WINDOW, this.#filled + piece);
    this.#copyLength -= piece;
  }

  #copyStored(data: Uint8Array, p: number, end: number): number {
    const piece = Math.min(this.#stored, end - p, WINDOW - this.#at);
    this.#window.set(data.subarray(p, p + piece), this.#at);
    this.#at += piece;
    this.#filled = Math.min(WINDOW, this.#filled + piece);
    this.#stored -= piece;
    if (this.#stored === 0) this.#endBlock();
    return piece;
  }

  #flush(write: (bytes: Uint8Array, start: number, end: number) => void): void {
    for (;;) {
      if (this.#at > this.#flushed) write(this.#window, this.#flushed, this.#at);
      if (this.#at === WINDOW) this.#at = 0;
      this.#flushed = this.#at;
      if (this.#copyLength === 0 || this.#state !== SYMBOL) return;
      this.#copy();
    }
  }
}

const WINDOW = 32 * 1024;
const END_OF_BLOCK = 256;

const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTH_EXTRA_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const DISTANCE_EXTRA_BITS = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const DISTANCE_BASES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const FIXED_LITERALS = new HuffmanTable(
  Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
);
const FIXED_DISTANCES = new HuffmanTable(new Uint8Array(32).fill(5));
