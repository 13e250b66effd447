import { GoPanic } from "../gopacket-version.ts";
import { type DecodeContext, EMPTY_BYTES, formatBytes, readUint32 } from "../layer.ts";
import { ipProtocolName } from "../names/protocol-names.ts";

const PAD_1 = 0;
const JUMBO_PAYLOAD = 0xc2;
const MAX_PLAIN_LENGTH = 65535;

/** The hop-by-hop options header (RFC 8200 section 4.3), which gopacket reads as a part of the IPv6 header. */
export class HopByHop {
  nextHeader = 0;
  headerLength = 0;
  /** Bytes of the header. */
  actualLength = 0;
  #options: Option[] = [];
  #bytes: Uint8Array = EMPTY_BYTES;
  #start = 0;
  #end = 0;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    const available = end - start;
    if (available < 2) {
      context.truncated = true;
      return `Invalid ip6-extension header. Length ${available} less than 2`;
    }
    const length = bytes[start + 1]! * 8 + 8;
    if (available < length)
      return `Invalid ip6-extension header. Length ${available} less than specified length ${length}`;
    this.nextHeader = bytes[start]!;
    this.headerLength = bytes[start + 1]!;
    this.actualLength = length;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    // 1.1.17 appends to the options of the packets before for ever.
    if (context.version !== "1.1.17") this.#options = [];
    for (let at = start + 2; at < start + length; ) {
      const option = readOption(bytes, at, end, context);
      if (typeof option === "string") return option;
      this.#options.push(option);
      at += option.actualLength;
    }
    return undefined;
  }

  /** The length of a jumbogram (RFC 2675), undefined where there is none, or the error of a wrong one. */
  jumboLength(): number | string | undefined {
    const option = this.#options.find(({ type }) => type === JUMBO_PAYLOAD);
    if (option === undefined) return undefined;
    if (option.data.length !== 4) return "Jumbo length TLV data must have length 4";
    const length = readUint32(option.data, 0);
    if (length <= MAX_PLAIN_LENGTH) return `Jumbo length cannot be less than ${MAX_PLAIN_LENGTH + 1}`;
    return length;
  }

  format(): string {
    const contents = formatBytes(this.#bytes, this.#start, this.#start + this.actualLength);
    const payload = formatBytes(this.#bytes, this.#start + this.actualLength, this.#end);
    const options =
      this.#options.length > 4 ? `[..${this.#options.length}..]` : `[${this.#options.map(formatOption).join(", ")}]`;
    return `{ Contents=${contents} Payload=${payload} NextHeader=${ipProtocolName(this.nextHeader)} HeaderLength=${this.headerLength} ActualLength=${this.actualLength} Options=${options}}`;
  }

  reset(): void {
    this.#options = [];
  }
}

interface Option {
  readonly type: number;
  readonly length: number;
  readonly actualLength: number;
  readonly data: Uint8Array;
}

function readOption(bytes: Uint8Array, at: number, end: number, context: DecodeContext): Option | string {
  const available = end - at;
  const early = context.version === "1.1.17";
  if (!early && available < 2) {
    context.truncated = true;
    return "IPv6 header option too small";
  }
  if (bytes[at] === PAD_1) return { type: 0, length: 0, actualLength: 1, data: EMPTY_BYTES };
  if (available < 2) throw new GoPanic(`runtime error: index out of range [1] with length ${available}`);
  const length = bytes[at + 1]!;
  if (!early && available < length + 2) {
    context.truncated = true;
    return "IPv6 header TLV option too small";
  }
  // 1.1.17 does not check, and Go lets a slice reach to the end of the buffer.
  if (at + length + 2 > context.limit)
    throw new GoPanic(`runtime error: slice bounds out of range [:${length + 2}] with capacity ${context.limit - at}`);
  return { type: bytes[at]!, length, actualLength: length + 2, data: bytes.subarray(at + 2, at + 2 + length) };
}

function formatOption(option: Option): string {
  return `{OptionType=${option.type} OptionLength=${option.length} ActualLength=${option.actualLength} OptionData=${formatBytes(option.data, 0, option.data.length)} OptionAlignment=[0 0]}`;
}
