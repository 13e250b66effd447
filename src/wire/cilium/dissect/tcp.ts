import { type DecodeContext, EMPTY_BYTES, formatBytes, Layer, readUint16, readUint32 } from "./layer.ts";
import { LayerType } from "./layer-type.ts";
import { tcpPortText } from "./names/port-names.ts";
import { readMultipathOption } from "./options/multipath-tcp.ts";
import { formatTcpOption, TcpOptionKind } from "./options/tcp-option.ts";

export class TcpLayer extends Layer {
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgement = 0;
  dataOffset = 0;
  /** CWR ECE URG ACK PSH RST SYN FIN, from the highest bit. */
  flags = 0;
  nonceSum = false;
  window = 0;
  checksum = 0;
  urgent = 0;
  multipath = false;
  #isGopacket15 = false;
  #faithful = false;
  #optionBytes: Uint8Array = EMPTY_BYTES;
  /** Where each option begins; reused. */
  readonly #optionOffsets: number[] = [];
  #optionCount = 0;
  #paddingBytes: Uint8Array = EMPTY_BYTES;
  #paddingStart = 0;
  #paddingEnd = 0;

  decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    if (end - start < 20) {
      context.truncated = true;
      return `Invalid TCP header. Length ${end - start} less than 20`;
    }
    this.#isGopacket15 = context.version !== "1.1.17";
    this.#faithful = context.faithful;
    this.sourcePort = readUint16(bytes, start);
    this.destinationPort = readUint16(bytes, start + 2);
    this.sequence = readUint32(bytes, start + 4);
    this.acknowledgement = readUint32(bytes, start + 8);
    this.dataOffset = bytes[start + 12]! >> 4;
    this.nonceSum = (bytes[start + 12]! & 1) !== 0;
    this.flags = bytes[start + 13]!;
    this.window = readUint16(bytes, start + 14);
    this.checksum = readUint16(bytes, start + 16);
    this.urgent = readUint16(bytes, start + 18);
    this.#optionCount = 0;
    // 1.1.17 only assigns the padding where an option list ends early: other packets show the one before.
    if (this.#isGopacket15) this.#paddingStart = this.#paddingEnd = 0;
    if (this.dataOffset < 5) return `Invalid TCP data offset ${this.dataOffset} < 5`;
    const dataStart = start + this.dataOffset * 4;
    if (dataStart > end) {
      context.truncated = true;
      this.setRanges(bytes, start, end, end);
      return "TCP data offset greater than packet length";
    }
    this.setRanges(bytes, start, dataStart, end);
    return dataStart > start + 20 ? this.#walkOptions(bytes, start + 20, dataStart, context) : undefined;
  }

  nextLayer(): number {
    return LayerType.UNSUPPORTED;
  }

  /** The flags in a connection summary. */
  flagSummary(): string {
    return tcpFlagSummary(this.flags);
  }

  format(tab: string): string {
    const { flags } = this;
    const padding = formatBytes(this.#paddingBytes, this.#paddingStart, this.#paddingEnd);
    return (
      `TCP${tab}{${this.formatRanges()} SrcPort=${tcpPortText(this.sourcePort, this.#isGopacket15)} DstPort=${tcpPortText(this.destinationPort, this.#isGopacket15)}` +
      ` Seq=${this.sequence} Ack=${this.acknowledgement} DataOffset=${this.dataOffset}${FLAG_TEXTS[flags] ?? describeFlags(flags)} NS=${this.nonceSum}` +
      ` Window=${this.window} Checksum=${this.checksum} Urgent=${this.urgent} Options=${this.#formatOptions()} Padding=${padding}` +
      `${this.#isGopacket15 ? ` Multipath=${this.multipath}}` : "}"}`
    );
  }

  reset(): void {
    this.#paddingStart = this.#paddingEnd = 0;
    this.multipath = false;
  }

  #walkOptions(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined {
    this.#optionBytes = bytes;
    let at = start;
    while (at < end) {
      const kind = bytes[at]!;
      this.#optionOffsets[this.#optionCount++] = at;
      if (kind === TcpOptionKind.END_LIST) {
        this.#paddingBytes = bytes;
        this.#paddingStart = at + 1;
        this.#paddingEnd = end;
        // 1.1.17 goes on after the end: every byte of the padding is an option again.
        if (this.#isGopacket15) return undefined;
        at++;
      } else if (kind === TcpOptionKind.NO_OPERATION) at++;
      else if (this.#isGopacket15 && kind === TcpOptionKind.MULTIPATH) {
        this.multipath = true;
        const length = readMultipathOption(bytes, at, end, context);
        if (typeof length === "string") return length;
        at += length;
      } else {
        const left = end - at;
        if (left < 2) {
          context.truncated = true;
          return `Invalid TCP option length. Length ${left} less than 2`;
        }
        const length = bytes[at + 1]!;
        if (length < 2) return `Invalid TCP option length ${length} < 2`;
        if (length > left) {
          context.truncated = true;
          return `Invalid TCP option length ${length} exceeds remaining ${left} bytes`;
        }
        at += length;
      }
    }
    return undefined;
  }

  #formatOptions(): string {
    const count = this.#optionCount;
    if (count === 0) return "[]";
    if (count > 4) return `[..${count}..]`;
    const texts: string[] = [];
    for (let i = 0; i < count; i++)
      texts.push(formatTcpOption(this.#optionBytes, this.#optionOffsets[i]!, this.#isGopacket15, this.#faithful));
    return `[${texts.join(", ")}]`;
  }
}

/** By FIN, SYN, RST (bits 0 to 2) and ACK (bit 3), in the order the summary has them. */
/** `SYN, ACK`: Cilium tells of FIN, SYN, RST and ACK. @param flags the flags' byte */
export function tcpFlagSummary(flags: number): string {
  return FLAG_SUMMARIES[(flags & 7) | ((flags & 16) >> 1)]!;
}

const FLAG_SUMMARIES: readonly string[] = Array.from({ length: 16 }, (_, bits) =>
  [bits & 2 ? "SYN" : "", bits & 8 ? "ACK" : "", bits & 4 ? "RST" : "", bits & 1 ? "FIN" : ""]
    .filter((flag) => flag !== "")
    .join(", "),
);

const FLAG_TEXTS: string[] = [];

function describeFlags(flags: number): string {
  const names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
  const text = names.map((name, bit) => ` ${name}=${(flags & (1 << bit)) !== 0}`).join("");
  FLAG_TEXTS[flags] = text;
  return text;
}
