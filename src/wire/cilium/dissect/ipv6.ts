import { ipv6Text } from "../go/text.ts";
import { type DecodeContext, EMPTY_BYTES, Layer, readUint16, readUint32 } from "./layer.ts";
import { layerOfIpProtocol } from "./layer-type.ts";
import { ipProtocolName } from "./names/protocol-names.ts";
import { HopByHop } from "./options/hop-by-hop.ts";

const HOP_BY_HOP = 0;

export class Ipv6Layer extends Layer {
  version = 0;
  trafficClass = 0;
  flowLabel = 0;
  length = 0;
  nextHeader = 0;
  hopLimit = 0;
  /** The addresses stand at 8 and 24 of the header that begins here. */
  addressBytes: Uint8Array = EMPTY_BYTES;
  header = 0;
  hasHopByHop = false;
  readonly hopByHop = new HopByHop();

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 40) {
      context.truncated = true;
      return `Invalid ip6 header. Length ${end - start} less than 40`;
    }
    this.version = bytes[start]! >> 4;
    this.trafficClass = (readUint16(bytes, start) >> 4) & 0xff;
    this.flowLabel = readUint32(bytes, start) & 0xfffff;
    this.length = readUint16(bytes, start + 4);
    this.nextHeader = bytes[start + 6]!;
    this.hopLimit = bytes[start + 7]!;
    this.addressBytes = bytes;
    this.header = start;
    this.hasHopByHop = false;
    this.setRanges(bytes, start, start + 40, end);
    if (this.nextHeader === HOP_BY_HOP) {
      const error = this.hopByHop.decode(bytes, start + 40, end, context);
      if (error !== undefined) return error;
      this.hasHopByHop = true;
      const jumbo = this.hopByHop.jumboLength();
      if (typeof jumbo === "string") return jumbo;
      if (jumbo !== undefined && this.length === 0) {
        // The payload keeps the hop-by-hop header in front: so does gopacket's.
        if (jumbo > end - this.payloadStart) context.truncated = true;
        else this.payloadEnd = this.payloadStart + jumbo;
        return undefined;
      }
      if (jumbo !== undefined) return "IPv6 has jumbo length and IPv6 length is not 0";
      if (this.length === 0) return "IPv6 length 0, but HopByHop header does not have jumbogram option";
      this.payloadStart += this.hopByHop.actualLength;
    }
    if (this.length === 0) return `IPv6 length 0, but next header is ${ipProtocolName(this.nextHeader)}, not HopByHop`;
    if (this.length > this.payloadEnd - this.payloadStart) context.truncated = true;
    else this.payloadEnd = this.payloadStart + this.length;
    return undefined;
  }

  nextLayer(): number {
    return layerOfIpProtocol(this.hasHopByHop ? this.hopByHop.nextHeader : this.nextHeader);
  }

  sourceText(): string {
    return ipv6Text(this.addressBytes, this.header + 8);
  }

  destinationText(): string {
    return ipv6Text(this.addressBytes, this.header + 24);
  }

  format(tab: string): string {
    return (
      `IPv6${tab}{${this.formatRanges()} Version=${this.version} TrafficClass=${this.trafficClass} FlowLabel=${this.flowLabel}` +
      ` Length=${this.length} NextHeader=${ipProtocolName(this.nextHeader)} HopLimit=${this.hopLimit} SrcIP=${this.sourceText()}` +
      ` DstIP=${this.destinationText()} HopByHop=${this.hasHopByHop ? this.hopByHop.format() : "nil"}}`
    );
  }

  reset(): void {
    this.hopByHop.reset();
  }
}
