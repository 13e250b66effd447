import { GoPanic } from "./gopacket-version.ts";
import { type DecodeContext, formatBytes, Layer, readUint16 } from "./layer.ts";
import { layerOfEtherType } from "./layer-type.ts";
import { etherTypeName } from "./names/protocol-names.ts";

/** Geneve (RFC 8926), as gopacket reads it: 1.5.0 never clears the options of the packets before. */
export class GeneveLayer extends Layer {
  version = 0;
  optionsLength = 0;
  flags = 0;
  protocol = 0;
  vni = 0;
  #options: string[] = [];

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    const length = end - start;
    if (length < 7) {
      context.truncated = true;
      return "geneve packet too short";
    }
    this.version = bytes[start]! >> 7;
    this.optionsLength = (bytes[start]! & 0x3f) * 4;
    if (context.version === "1.6.1") this.#options = [];
    this.flags = bytes[start + 1]!;
    this.protocol = readUint16(bytes, start + 2);
    this.vni = (bytes[start + 4]! << 16) | readUint16(bytes, start + 5);
    if (length < this.optionsLength + 7) {
      context.truncated = true;
      return "geneve packet too short";
    }
    // The offset has eight bits in gopacket: behind 248 bytes of options it begins anew.
    let offset = 8;
    for (let left = this.optionsLength; left > 0; ) {
      if (offset > length) throw new GoPanic(`runtime error: slice bounds out of range [${offset}:${length}]`);
      const size = this.#readOption(bytes, start + offset, end, context);
      if (typeof size === "string") return size;
      left -= size;
      offset = (offset + size) & 0xff;
    }
    if (start + offset > context.limit)
      throw new GoPanic(`runtime error: slice bounds out of range [:${offset}] with capacity ${context.limit - start}`);
    if (offset > length) throw new GoPanic(`runtime error: slice bounds out of range [${offset}:${length}]`);
    this.setRanges(bytes, start, start + offset, end);
    return undefined;
  }

  nextLayer(): number {
    return layerOfEtherType(this.protocol, true);
  }

  format(tab: string): string {
    const options = this.#options.length > 4 ? `[..${this.#options.length}..]` : `[${this.#options.join(", ")}]`;
    return (
      `Geneve${tab}{${this.formatRanges()} Version=${this.version} OptionsLength=${this.optionsLength} OAMPacket=${(this.flags & 0x80) !== 0}` +
      ` CriticalOption=${(this.flags & 0x40) !== 0} Protocol=${etherTypeName(this.protocol, true)} VNI=${this.vni} Options=${options}}`
    );
  }

  reset(): void {
    this.#options = [];
  }

  #readOption(bytes: Uint8Array, at: number, end: number, context: DecodeContext): number | string {
    const available = end - at;
    if (available < 3) {
      context.truncated = true;
      return "geneve option too small";
    }
    if (available < 4) throw new GoPanic("runtime error: index out of range [3] with length 3");
    const last = bytes[at + 3]!;
    const length = (last & 0x1f) * 4 + 4;
    if (available < length) {
      context.truncated = true;
      return "geneve option too small";
    }
    // More than four are only counted. What is kept is bounded by the options of a packet, and by `MAX_KEPT`.
    if (this.#options.length < MAX_KEPT)
      this.#options.push(
        `{Class=${readUint16(bytes, at)} Type=${bytes[at + 2]} Flags=${last >> 5} Length=${length} Data=${formatBytes(bytes, at + 4, at + length)}}`,
      );
    return length;
  }
}

const MAX_KEPT = 1_000_000;
