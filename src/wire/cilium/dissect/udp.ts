import { type DecodeContext, Layer, readUint16 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";
import { udpPortText } from "./names/port-names.ts";

export class UdpLayer extends Layer {
  sourcePort = 0;
  destinationPort = 0;
  length = 0;
  checksum = 0;
  /** Where the buffer of the payload ends: a tunnel's payload may be that of an earlier packet. */
  limit = 0;
  #isGopacket15 = false;
  #isFaithful = false;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 8) {
      context.truncated = true;
      return `Invalid UDP header. Length ${end - start} less than 8`;
    }
    this.#isGopacket15 = context.version !== "1.1.17";
    this.#isFaithful = context.faithful;
    this.sourcePort = readUint16(bytes, start);
    this.destinationPort = readUint16(bytes, start + 2);
    this.length = readUint16(bytes, start + 4);
    this.checksum = readUint16(bytes, start + 6);
    this.setRanges(bytes, start, start + 8, start + 8);
    this.limit = context.limit;
    if (this.length >= 8) {
      if (this.length > end - start) context.truncated = true;
      this.payloadEnd = Math.min(end, start + this.length);
    } else if (this.length === 0) this.payloadEnd = end;
    else return `UDP packet too small: ${this.length} bytes`;
    return undefined;
  }

  /** A tunnel in a tunnel is gone into where gopacket does, which then shows the innermost fields for both. */
  nextLayer(): number {
    if (!this.#isFaithful) return LayerType.UNSUPPORTED;
    return KNOWN_PORTS.has(this.destinationPort) ? tunnelOf(this.destinationPort) : tunnelOf(this.sourcePort);
  }

  format(tab: string): string {
    return `UDP${tab}{${this.formatRanges()} SrcPort=${udpPortText(this.sourcePort, this.#isGopacket15)} DstPort=${udpPortText(this.destinationPort, this.#isGopacket15)} Length=${this.length} Checksum=${this.checksum}}`;
  }

  reset(): void {
    this.payloadStart = this.payloadEnd = this.limit = 0;
  }
}

function tunnelOf(port: number): number {
  return port === 4789 ? LayerType.VXLAN : port === 6081 ? LayerType.GENEVE : LayerType.UNSUPPORTED;
}

/** Whose payload gopacket has a layer for (its UDPPort.LayerType): the source's port does not count then. */
const KNOWN_PORTS: ReadonlySet<number> = new Set([
  53, 67, 68, 123, 546, 547, 623, 666, 1000, 1812, 2123, 2152, 2222, 3784, 3868, 4789, 5060, 5082, 5083, 6081, 6343,
  44818,
]);
