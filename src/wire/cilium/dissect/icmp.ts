import { type DecodeContext, Layer, readUint16 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";
import { icmpv4TypeCodeName, icmpv6TypeCodeName } from "./names/protocol-names.ts";

export class Icmpv4Layer extends Layer {
  type = 0;
  code = 0;
  checksum = 0;
  id = 0;
  sequence = 0;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 8) {
      context.truncated = true;
      return "ICMP layer less then 8 bytes for ICMPv4 packet";
    }
    this.type = bytes[start]!;
    this.code = bytes[start + 1]!;
    this.checksum = readUint16(bytes, start + 2);
    this.id = readUint16(bytes, start + 4);
    this.sequence = readUint16(bytes, start + 6);
    this.setRanges(bytes, start, start + 8, end);
    return undefined;
  }

  nextLayer(): number {
    return LayerType.UNSUPPORTED;
  }

  typeCodeName(): string {
    return icmpv4TypeCodeName(this.type, this.code);
  }

  format(tab: string): string {
    return `ICMPv4${tab}{${this.formatRanges()} TypeCode=${this.typeCodeName()} Checksum=${this.checksum} Id=${this.id} Seq=${this.sequence}}`;
  }

  reset(): void {}
}

export class Icmpv6Layer extends Layer {
  type = 0;
  code = 0;
  checksum = 0;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 4) {
      context.truncated = true;
      return "ICMP layer less then 4 bytes for ICMPv6 packet";
    }
    this.type = bytes[start]!;
    this.code = bytes[start + 1]!;
    this.checksum = readUint16(bytes, start + 2);
    this.setRanges(bytes, start, start + 4, end);
    return undefined;
  }

  nextLayer(): number {
    return LayerType.UNSUPPORTED;
  }

  typeCodeName(): string {
    return icmpv6TypeCodeName(this.type, this.code);
  }

  format(tab: string): string {
    return `ICMPv6${tab}{${this.formatRanges()} TypeCode=${this.typeCodeName()} Checksum=${this.checksum} TypeBytes=[]}`;
  }

  reset(): void {}
}
