import { durationText, ipv4Text } from "../go/text.ts";
import { type DecodeContext, EMPTY_BYTES, Layer, readUint16 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";

const TYPE_NAMES: Readonly<Record<number, string>> = {
  17: "IGMP Membership Query",
  18: "IGMPv1 Membership Report",
  22: "IGMPv2 Membership Report",
  23: "Leave Group",
  34: "IGMPv3 Membership Report",
};

/** IGMP versions 1 and 2 (RFC 2236), as gopacket 1.5.0 reads every version. */
export class IgmpLayer extends Layer {
  type = 0;
  /** Tenths of a second. */
  maxResponseTime = 0;
  checksum = 0;
  #bytes: Uint8Array = EMPTY_BYTES;
  #group = 0;

  decode(bytes: Uint8Array, start: number, end: number, _context: DecodeContext): string | undefined {
    if (end - start < 8) return "IGMP Packet too small";
    this.type = bytes[start]!;
    this.maxResponseTime = decodeTime(bytes[start + 1]!);
    this.checksum = readUint16(bytes, start + 2);
    this.#bytes = bytes;
    this.#group = start + 4;
    return undefined;
  }

  nextLayer(): number {
    return LayerType.NONE;
  }

  typeName(): string {
    return TYPE_NAMES[this.type] ?? "";
  }

  groupText(): string {
    return ipv4Text(this.#bytes, this.#group);
  }

  format(tab: string): string {
    return `IGMP${tab}{Contents=[] Payload=[] Type=${this.typeName()} MaxResponseTime=${durationText(this.maxResponseTime * 100)} Checksum=${this.checksum} GroupAddress=${this.groupText()} Version=0}`;
  }

  reset(): void {}
}

/** RFC 3376 section 4.1.1, with what 8 bits of Go make of the mantissa's shift. */
function decodeTime(code: number): number {
  if ((code & 0x80) === 0) return code;
  const mantissa = ((code & 0x70) >> 4) | 0x10;
  const shift = (code & 0x0f) + 3;
  return shift > 7 ? 0 : (mantissa << shift) & 0xff;
}
