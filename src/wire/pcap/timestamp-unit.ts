import type { CapturedPacket } from "./captured-packet.ts";

/**
 * The unit of pcapng's 64-bit timestamps of one interface (`if_tsresol`: a negative power of 10 or of 2) and from when
 * (`if_tsoffset`, seconds). Exact to the nanosecond, rounded down, for every resolution.
 */
export class TimestampUnit {
  readonly #unitsPerSecond: number;
  /** 0 where that is no whole number. */
  readonly #nanosPerUnit: number;
  readonly #offset: number;
  readonly #exact: bigint | undefined;

  /**
   * @param resolution the option's byte: the exponent, with bit 7 set for a power of 2; by default 10^-6
   * @param offset added to the seconds
   */
  constructor(resolution = 6, offset = 0) {
    const exponent = resolution & 0x7f;
    const isBinary = (resolution & 0x80) !== 0;
    this.#offset = offset;
    this.#unitsPerSecond = isBinary ? 2 ** exponent : 10 ** exponent;
    this.#nanosPerUnit = isBinary ? 0 : 1e9 / this.#unitsPerSecond;
    // Beyond these the arithmetic below would leave the 53 bits of a double.
    const isFine = isBinary ? exponent > 23 : exponent > 9;
    this.#exact = isFine ? (isBinary ? 2n : 10n) ** BigInt(exponent) : undefined;
  }

  /** Sets the packet's time from the two halves of a timestamp. */
  setTime(packet: CapturedPacket, high: number, low: number): void {
    if (this.#exact !== undefined) this.#setFineTime(packet, high, low, this.#exact);
    else {
      // Long division in base 2^16: no remainder times 2^16 exceeds 2^53.
      const units = this.#unitsPerSecond;
      const first = high % units;
      const second = first * 65_536 + (low >>> 16);
      const third = (second % units) * 65_536 + (low & 0xffff);
      const seconds =
        Math.floor(high / units) * 0x1_0000_0000 + Math.floor(second / units) * 65_536 + Math.floor(third / units);
      packet.seconds = seconds + this.#offset;
      const rest = third % units;
      packet.nanos = this.#nanosPerUnit === 0 ? Math.floor((rest * 1e9) / units) : rest * this.#nanosPerUnit;
    }
  }

  #setFineTime(packet: CapturedPacket, high: number, low: number, unitsPerSecond: bigint): void {
    const units = (BigInt(high) << 32n) | BigInt(low);
    packet.seconds = Number(units / unitsPerSecond) + this.#offset;
    packet.nanos = Number(((units % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond);
  }
}
