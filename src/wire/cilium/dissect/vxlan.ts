import { type DecodeContext, Layer, readUint16 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";

/** VXLAN (RFC 7348) with the group policy extension. */
export class VxlanLayer extends Layer {
  flags = 0;
  policyFlags = 0;
  groupPolicyId = 0;
  vni = 0;

  decode(bytes: Uint8Array, start: number, end: number, _context: DecodeContext): string | undefined {
    if (end - start < 8) return "vxlan packet too small";
    this.flags = bytes[start]!;
    this.policyFlags = bytes[start + 1]!;
    this.groupPolicyId = readUint16(bytes, start + 2);
    this.vni = (bytes[start + 4]! << 16) | readUint16(bytes, start + 5);
    this.setRanges(bytes, start, start + 8, end);
    return undefined;
  }

  nextLayer(): number {
    return LayerType.ETHERNET;
  }

  format(tab: string): string {
    return (
      `VXLAN${tab}{${this.formatRanges()} ValidIDFlag=${(this.flags & 0x08) !== 0} VNI=${this.vni} GBPExtension=${(this.flags & 0x80) !== 0}` +
      ` GBPDontLearn=${(this.policyFlags & 0x40) !== 0} GBPApplied=${(this.policyFlags & 0x80) !== 0} GBPGroupPolicyID=${this.groupPolicyId}}`
    );
  }

  reset(): void {}
}
