import { ipv4Text } from "../go/text.ts";
import { GoPanic } from "./gopacket-version.ts";
import { type DecodeContext, Layer, readUint16 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";

const ADVERTISEMENT = 1;
const AUTHENTICATION_NAMES = ["No Authentication", "Reserved", "Reserved"];

/** VRRP version 2 (RFC 3768), as gopacket 1.5.0 reads it: it never clears the addresses of the packets before. */
export class VrrpLayer extends Layer {
  version = 0;
  type = 0;
  routerId = 0;
  priority = 0;
  addressCount = 0;
  authentication = 0;
  interval = 0;
  checksum = 0;
  #addresses: Uint8Array[] = [];

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    const length = end - start;
    this.setRanges(bytes, start, end, end);
    this.version = bytes[start]! >> 4;
    this.type = bytes[start]! & 0x0f;
    if (this.type !== ADVERTISEMENT) return "Unrecognized VRRPv2 type field.";
    this.routerId = byteAt(bytes, start, 1, length);
    this.priority = byteAt(bytes, start, 2, length);
    this.addressCount = byteAt(bytes, start, 3, length);
    if (this.addressCount < 1) return "VRRPv2 number of IP addresses is not valid.";
    this.authentication = byteAt(bytes, start, 4, length);
    this.interval = byteAt(bytes, start, 5, length);
    checkSlice(start, 8, context);
    this.checksum = readUint16(bytes, start + 6);
    for (let i = 0; i < this.addressCount; i++) {
      checkSlice(start, 12 + i * 4, context);
      this.#addresses.push(bytes.subarray(start + 8 + i * 4, start + 12 + i * 4));
    }
    return undefined;
  }

  nextLayer(): number {
    return LayerType.NONE;
  }

  typeName(): string {
    return this.type === ADVERTISEMENT ? "VRRPv2 Advertisement" : "";
  }

  format(tab: string): string {
    const addresses = this.#addresses;
    const list =
      addresses.length > 4
        ? `[..${addresses.length}..]`
        : `[${addresses.map((address) => ipv4Text(address, 0)).join(", ")}]`;
    return (
      `VRRP${tab}{${this.formatRanges()} Version=${this.version} Type=${this.typeName()} VirtualRtrID=${this.routerId}` +
      ` Priority=${this.priority} CountIPAddr=${this.addressCount} AuthType=${AUTHENTICATION_NAMES[this.authentication] ?? ""}` +
      ` AdverInt=${this.interval} Checksum=${this.checksum} IPAddress=${list}}`
    );
  }

  reset(): void {
    this.type = this.routerId = this.priority = 0;
    this.#addresses = [];
  }
}

function byteAt(bytes: Uint8Array, start: number, index: number, length: number): number {
  if (index >= length) throw new GoPanic(`runtime error: index out of range [${index}] with length ${length}`);
  return bytes[start + index]!;
}

function checkSlice(start: number, end: number, context: DecodeContext): void {
  if (start + end > context.limit)
    throw new GoPanic(`runtime error: slice bounds out of range [:${end}] with capacity ${context.limit - start}`);
}
