import { checksumOf, sumBytes, sumWords } from "../checksum.ts";
import { EtherType, IpProtocol } from "../protocol-numbers.ts";

/** One direction of a synthetic connection: who sends to whom. Addresses are both of 4 or both of 16 bytes. */
export interface FlowAddresses {
  readonly sourceMac: Uint8Array;
  readonly destinationMac: Uint8Array;
  readonly sourceAddress: Uint8Array;
  readonly destinationAddress: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** The fields that differ from segment to segment. Sequence numbers are taken modulo 2^32. */
export interface SegmentFields {
  sequence: number;
  acknowledgment: number;
  flags: number;
  window: number;
  /** A whole number of 32-bit words, at most 40 bytes. */
  options: Uint8Array;
}

/**
 * Builds Ethernet frames with an IPv4 or IPv6 packet and a TCP segment, the way Wireshark's text2pcap does: IPv4 identifier
 * 0x1234, no flags, TTL 255; IPv6 hop limit 32; valid checksums; zero-padded to 60 bytes.
 *
 * The headers of the direction are laid out once; `build` fills in what differs.
 */
export class TcpFrameBuilder {
  /** The frame stands in `TcpFrameBuilder.frame[FRAME_START, build(…))` until the next `build` of any builder. */
  static readonly frame = new Uint8Array(2 + 14 + 40 + 60 + 0xffff + 3);
  static readonly FRAME_START = 2;

  readonly #template: Uint8Array;
  readonly #isIpv6: boolean;
  /** The sums over what never changes: the IPv4 header, and the pseudo-header with the ports. */
  readonly #ipSum: number;
  readonly #tcpSum: number;

  constructor(flow: FlowAddresses) {
    this.#isIpv6 = flow.sourceAddress.length === 16;
    this.#template = layOutHeaders(flow, this.#isIpv6);
    this.#ipSum = this.#isIpv6 ? 0 : sumBytes(this.#template, 14, 34);
    const transport = this.#template.length - 20;
    this.#tcpSum =
      sumBytes(flow.sourceAddress, 0, flow.sourceAddress.length) +
      sumBytes(flow.destinationAddress, 0, flow.destinationAddress.length) +
      IpProtocol.TCP +
      sumBytes(this.#template, transport, transport + 4);
  }

  /** The most payload that fits: the length fields of IP have 16 bits, and IPv4's counts its own header. */
  get maxPayload(): number {
    return 0xffff - (this.#isIpv6 ? 20 : 40);
  }

  /**
   * Builds the frame of one segment with `payload[start, end)`, at most `maxPayload` minus the options.
   * @returns where the frame ends in `TcpFrameBuilder.frame`
   */
  build(fields: SegmentFields, payload: Uint8Array, start: number, end: number): number {
    const frame = TcpFrameBuilder.frame;
    const ip = TcpFrameBuilder.FRAME_START + 14;
    const tcp = TcpFrameBuilder.FRAME_START + this.#template.length - 20;
    const payloadStart = tcp + 20 + fields.options.length;
    const frameEnd = payloadStart + end - start;
    frame.set(this.#template, TcpFrameBuilder.FRAME_START);
    frame.set(fields.options, tcp + 20);
    copyPayload(payload, start, end, payloadStart);
    // Zeros behind the end: padding of short frames, and the rest of the last word of the checksum.
    frame.fill(0, frameEnd, Math.max(frameEnd + 3, TcpFrameBuilder.FRAME_START + MIN_FRAME));
    this.#writeIpLength(ip, frameEnd - tcp);
    writeUint32(tcp + 4, fields.sequence);
    writeUint32(tcp + 8, fields.acknowledgment);
    frame[tcp + 12] = ((20 + fields.options.length) >> 2) << 4;
    frame[tcp + 13] = fields.flags;
    writeUint16(tcp + 14, fields.window);
    // The ports are in the sum already; the checksum's own field is zero.
    const words = sumWords(FRAME_WORDS, (tcp + 4) >> 1, (frameEnd + 1) >> 1);
    writeUint16(tcp + 16, checksumOf(this.#tcpSum + (frameEnd - tcp) + words));
    return Math.max(frameEnd, TcpFrameBuilder.FRAME_START + MIN_FRAME);
  }

  #writeIpLength(ip: number, transportLength: number): void {
    if (this.#isIpv6) writeUint16(ip + 4, transportLength);
    else {
      writeUint16(ip + 2, transportLength + 20);
      writeUint16(ip + 10, checksumOf(this.#ipSum + transportLength + 20));
    }
  }
}

/** Ethernet's minimum, without the frame check sequence. */
const MIN_FRAME = 60;

// Two bytes in front of the Ethernet header put the IP and TCP headers on even offsets, for sums of whole words.
const FRAME_WORDS = new Uint16Array(TcpFrameBuilder.frame.buffer, 0, TcpFrameBuilder.frame.length >> 1);

function layOutHeaders(flow: FlowAddresses, isIpv6: boolean): Uint8Array {
  const ipLength = isIpv6 ? 40 : 20;
  const bytes = new Uint8Array(14 + ipLength + 20);
  const view = new DataView(bytes.buffer);
  bytes.set(flow.destinationMac, 0);
  bytes.set(flow.sourceMac, 6);
  view.setUint16(12, isIpv6 ? EtherType.IPV6 : EtherType.IPV4);
  if (isIpv6) {
    view.setUint32(14, 0x6000_0000);
    bytes[20] = IpProtocol.TCP;
    bytes[21] = 32;
    bytes.set(flow.sourceAddress, 22);
    bytes.set(flow.destinationAddress, 38);
  } else {
    bytes[14] = 0x45;
    view.setUint16(18, 0x1234);
    bytes[22] = 255;
    bytes[23] = IpProtocol.TCP;
    bytes.set(flow.sourceAddress, 26);
    bytes.set(flow.destinationAddress, 30);
  }
  view.setUint16(14 + ipLength, flow.sourcePort);
  view.setUint16(14 + ipLength + 2, flow.destinationPort);
  return bytes;
}

function copyPayload(payload: Uint8Array, start: number, end: number, to: number): void {
  const frame = TcpFrameBuilder.frame;
  // A loop is quicker than making a view, for little.
  if (end - start <= 96) for (let from = start, at = to; from < end; from++, at++) frame[at] = payload[from]!;
  else if (start === 0 && end === payload.length) frame.set(payload, to);
  else frame.set(payload.subarray(start, end), to);
}

function writeUint16(at: number, value: number): void {
  TcpFrameBuilder.frame[at] = value >>> 8;
  TcpFrameBuilder.frame[at + 1] = value;
}

function writeUint32(at: number, value: number): void {
  TcpFrameBuilder.frame[at] = value >>> 24;
  TcpFrameBuilder.frame[at + 1] = value >>> 16;
  TcpFrameBuilder.frame[at + 2] = value >>> 8;
  TcpFrameBuilder.frame[at + 3] = value;
}
