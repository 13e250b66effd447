import { ipv4Text } from "../go/text.ts";
import { type DecodeContext, EMPTY_BYTES, formatBytes, Layer, readUint16 } from "./layer.ts";
import { LayerType, layerOfIpProtocol } from "./layer-type.ts";
import { ipProtocolName } from "./names/protocol-names.ts";

const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;
const MORE_FRAGMENTS = 1;

export class Ipv4Layer extends Layer {
  version = 0;
  ihl = 0;
  tos = 0;
  length = 0;
  id = 0;
  flags = 0;
  fragmentOffset = 0;
  ttl = 0;
  protocol = 0;
  checksum = 0;
  /** The addresses stand at 12 and 16 of the header that begins here. */
  addressBytes: Uint8Array = EMPTY_BYTES;
  header = 0;
  optionCount = 0;
  #optionBytes: Uint8Array = EMPTY_BYTES;
  #optionsStart = 0;
  #paddingBytes: Uint8Array = EMPTY_BYTES;
  #paddingStart = 0;
  #paddingEnd = 0;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 20) {
      context.truncated = true;
      return `Invalid ip4 header. Length ${end - start} less than 20`;
    }
    const early = context.version === "1.1.17";
    this.ihl = bytes[start]! & 0x0f;
    // Segmentation offload leaves the length zero: then the packet is what is there.
    this.length = readUint16(bytes, start + 2) || (end - start) & 0xffff;
    if (early) {
      this.#readHeader(bytes, start);
      this.optionCount = 0;
      this.#paddingStart = this.#paddingEnd = 0;
      this.setRanges(bytes, start, end, end);
    }
    const headerLength = this.ihl * 4;
    if (this.length < 20) return `Invalid (too small) IP length (${this.length} < 20)`;
    if (this.ihl < 5) return `Invalid (too small) IP header length (${this.ihl} < 5)`;
    if (headerLength > this.length) return `Invalid IP header length > IP length (${this.ihl} > ${this.length})`;
    let packetEnd = end;
    if (end - start > this.length) packetEnd = start + this.length;
    else if (end - start < this.length) {
      context.truncated = true;
      if (headerLength > end - start) return "Not all IP header bytes available";
    }
    this.optionCount = 0;
    this.setRanges(bytes, start, start + headerLength, packetEnd);
    if (headerLength > 20) {
      const error = this.#walkOptions(bytes, start + 20, start + headerLength, context);
      if (error !== undefined) return error;
    }
    if (!early) this.#readHeader(bytes, start);
    return undefined;
  }

  nextLayer(): number {
    if ((this.flags & MORE_FRAGMENTS) !== 0 || this.fragmentOffset !== 0) return LayerType.UNSUPPORTED;
    return layerOfIpProtocol(this.protocol);
  }

  sourceText(): string {
    return ipv4Text(this.addressBytes, this.header + 12);
  }

  destinationText(): string {
    return ipv4Text(this.addressBytes, this.header + 16);
  }

  format(tab: string): string {
    const padding = formatBytes(this.#paddingBytes, this.#paddingStart, this.#paddingEnd);
    return (
      `IPv4${tab}{${this.formatRanges()} Version=${this.version} IHL=${this.ihl} TOS=${this.tos} Length=${this.length} Id=${this.id}` +
      ` Flags=${FLAG_TEXTS[this.flags]} FragOffset=${this.fragmentOffset} TTL=${this.ttl} Protocol=${ipProtocolName(this.protocol)}` +
      ` Checksum=${this.checksum} SrcIP=${this.sourceText()} DstIP=${this.destinationText()} Options=${this.#formatOptions()} Padding=${padding}}`
    );
  }

  reset(): void {
    this.#paddingStart = this.#paddingEnd = 0;
  }

  #readHeader(bytes: Uint8Array, start: number): void {
    const fragment = readUint16(bytes, start + 6);
    this.version = bytes[start]! >> 4;
    this.tos = bytes[start + 1]!;
    this.id = readUint16(bytes, start + 4);
    this.flags = fragment >> 13;
    this.fragmentOffset = fragment & 0x1fff;
    this.ttl = bytes[start + 8]!;
    this.protocol = bytes[start + 9]!;
    this.checksum = readUint16(bytes, start + 10);
    this.addressBytes = bytes;
    this.header = start;
  }

  #walkOptions(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    this.#optionBytes = bytes;
    this.#optionsStart = start;
    let at = start;
    while (at < end) {
      const type = bytes[at]!;
      if (type === END_OF_OPTIONS) {
        this.optionCount++;
        this.#paddingBytes = bytes;
        this.#paddingStart = at + 1;
        this.#paddingEnd = end;
        return undefined;
      }
      if (type === NO_OPERATION) {
        this.optionCount++;
        at++;
        continue;
      }
      const left = end - at;
      if (left < 2) {
        context.truncated = true;
        return `Invalid ip4 option length. Length ${left} less than 2`;
      }
      const length = bytes[at + 1]!;
      if (left < length) {
        context.truncated = true;
        return `IP option length exceeds remaining IP header size, option type ${type} length ${length}`;
      }
      if (length <= 2) return `Invalid IP option type ${type} length ${length}. Must be greater than 2`;
      this.optionCount++;
      at += length;
    }
    return undefined;
  }

  #formatOptions(): string {
    if (this.optionCount === 0) return "[]";
    if (this.optionCount > 4) return `[..${this.optionCount}..]`;
    const bytes = this.#optionBytes;
    const texts: string[] = [];
    let at = this.#optionsStart;
    for (let i = 0; i < this.optionCount; i++) {
      const type = bytes[at]!;
      const length = type <= NO_OPERATION ? 1 : bytes[at + 1]!;
      texts.push(`IPv4Option(${type}:[${bytes.subarray(at + 2, at + length).join(" ")}])`);
      at += length;
    }
    return `[${texts.join(", ")}]`;
  }
}

/** Bit 4 is the evil bit (RFC 3514), 2 don't fragment, 1 more fragments. */
const FLAG_TEXTS = ["", "MF", "DF", "DF|MF", "Evil", "Evil|MF", "Evil|DF", "Evil|DF|MF"] as const;
