import { type DecodeContext, Layer, readUint16, readUint32 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";
import { sctpPortText } from "./names/port-names.ts";

export class SctpLayer extends Layer {
  sourcePort = 0;
  destinationPort = 0;
  verificationTag = 0;
  checksum = 0;

  decode(bytes: Uint8Array, start: number, end: number, _context: DecodeContext): string | undefined {
    if (end - start < 12) return "Invalid SCTP common header length";
    this.sourcePort = readUint16(bytes, start);
    this.destinationPort = readUint16(bytes, start + 2);
    this.verificationTag = readUint32(bytes, start + 4);
    this.checksum = readUint32(bytes, start + 8);
    this.setRanges(bytes, start, start + 12, end);
    return undefined;
  }

  nextLayer(): number {
    return LayerType.UNSUPPORTED;
  }

  format(tab: string): string {
    return `SCTP${tab}{${this.formatRanges()} SrcPort=${sctpPortText(this.sourcePort)} DstPort=${sctpPortText(this.destinationPort)} VerificationTag=${this.verificationTag} Checksum=${this.checksum}}`;
  }

  reset(): void {}
}
