import { macText } from "../go/text.ts";
import { type DecodeContext, Layer, readUint16 } from "./layer.ts";
import { layerOfEtherType } from "./layer-type.ts";
import { etherTypeName } from "./names/protocol-names.ts";

export class EthernetLayer extends Layer {
  etherType = 0;
  length = 0;
  /** Where the two addresses stand in `bytes`: the destination, then the source. */
  addresses = 0;
  #isGopacket15 = false;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 14) return "Ethernet packet too small";
    this.#isGopacket15 = context.version !== "1.1.17";
    this.addresses = start;
    this.etherType = readUint16(bytes, start + 12);
    this.length = 0;
    let payloadEnd = end;
    if (this.etherType < 0x0600) {
      // IEEE 802.3: the field is a length, and a frame of it is LLC.
      this.length = this.etherType;
      this.etherType = 0;
      const excess = end - start - 14 - this.length;
      if (excess < 0) context.truncated = true;
      else payloadEnd = end - excess;
    }
    this.setRanges(bytes, start, start + 14, payloadEnd);
    return undefined;
  }

  nextLayer(): number {
    return layerOfEtherType(this.etherType, this.#isGopacket15);
  }

  sourceText(): string {
    return macText(this.bytes, this.addresses + 6);
  }

  destinationText(): string {
    return macText(this.bytes, this.addresses);
  }

  typeName(): string {
    return etherTypeName(this.etherType, this.#isGopacket15);
  }

  format(tab: string): string {
    return `Ethernet${tab}{${this.formatRanges()} SrcMAC=${this.sourceText()} DstMAC=${this.destinationText()} EthernetType=${this.typeName()} Length=${this.length}}`;
  }

  reset(): void {}
}
