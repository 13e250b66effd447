import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Analyzer } from "../../src/analysis/analyzer.ts";
import { DETECTORS } from "../../src/analysis/detectors.ts";
import { exchangeDocument } from "../../src/analysis/protocols/index.ts";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import { createTlsDetector } from "../../src/analysis/tls/tls-detector.ts";
import { Ledger } from "../../src/model/index.ts";
import { DecodedPacket, TcpFlag } from "../../src/wire/packet/index.ts";
import { CapturedPacket, createCaptureReader, detectCaptureFormat, LinkType } from "../../src/wire/pcap/index.ts";
import { KeyLog } from "../../src/wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../src/wire/tls/node-tls-crypto.ts";

/** A packet of a capture, kept. */
export interface KeptPacket {
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly interface: CapturedPacket["interface"];
}

export function loadPackets(path: string): KeptPacket[] {
  const file = readFileSync(path);
  // No Buffer: slices of it would share its memory.
  const bytes = Uint8Array.from(file[0] === 0x1f && file[1] === 0x8b ? gunzipSync(file) : file);
  const packets: KeptPacket[] = [];
  const reader = createCaptureReader(detectCaptureFormat(bytes)!, {
    packet: ({ bytes, start, end, originalLength, seconds, nanos, interface: its }) =>
      void packets.push({ bytes: bytes.slice(start, end), originalLength, seconds, nanos, interface: its }),
    damage() {},
  });
  reader.push(bytes);
  reader.end(false);
  return packets;
}

/** Each TCP segment as segments of at most `size` bytes. Those in tunnels and those that were cut stay as they are. */
export function resegment(packets: readonly KeptPacket[], size: number): KeptPacket[] {
  return packets.flatMap((packet) => {
    const decoded = decodeSegment(packet);
    if (decoded === undefined) return [packet];
    const { tcp } = decoded;
    const length = tcp.payloadEnd - tcp.payloadStart;
    if (length <= size) return [packet];
    const pieces: KeptPacket[] = [];
    for (let at = 0; at < length; at += size)
      pieces.push({ ...packet, ...piece(decoded, at, Math.min(size, length - at), at + size >= length) });
    return pieces;
  });
}

/** Every segment with data once more, right behind itself. */
export function retransmit(packets: readonly KeptPacket[]): KeptPacket[] {
  return packets.flatMap((packet) => {
    const decoded = decodeSegment(packet);
    return decoded !== undefined && decoded.tcp.payloadEnd > decoded.tcp.payloadStart ? [packet, packet] : [packet];
  });
}

/** The documents of the exchanges that packets make: times and what is counted in packets left out. */
export function documentsOf(packets: readonly KeptPacket[]): string[] {
  const documents: string[] = [];
  const ledger = new Ledger();
  const keyLog = new KeyLog();
  const analyzer = new Analyzer({
    emit: (exchange) => documents.push(JSON.stringify(exchangeDocument(exchange), withoutTimes)),
    detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: false }), ...DETECTORS],
  });
  const reassembler = new PacketReassembler({ observer: analyzer, ledger });
  const captured = new CapturedPacket();
  for (const { bytes, ...facts } of packets) {
    Object.assign(captured, facts, { bytes, start: 0, end: bytes.length });
    reassembler.push(captured);
  }
  reassembler.finish();
  analyzer.finish();
  return documents;
}

const TIMES: ReadonlySet<string> = new Set([
  ...["time", "times", "durationMs", "started", "finished", "dialled", "opened", "closed"],
]);

function withoutTimes(key: string, value: unknown): unknown {
  if (TIMES.has(key)) return undefined;
  // The end of a connection is told with the time that passed until then.
  return typeof value === "string" && /^(?:closed|reset|timed)/.test(value) ? value.replace(/[\d.]+ ?ms/g, "") : value;
}

/** A TCP segment that is whole and in no tunnel; undefined for every other packet. */
function decodeSegment({ bytes, interface: { linkType } }: KeptPacket): DecodedPacket | undefined {
  // NFLOG tells the packet's length in a header of its own.
  if (linkType === LinkType.NFLOG) return undefined;
  const decoded = new DecodedPacket();
  const kind = decoded.decode(linkType, bytes, 0, bytes.length);
  return kind === "tcp" && decoded.tunnel === undefined && decoded.missing === 0 ? decoded : undefined;
}

/** The segment's bytes `[at, at + size)` of its payload, as a packet: a SYN goes with the first, FIN and PSH with the last. */
function piece(
  { bytes, tcp, ipVersion, ipv4, ipv6 }: DecodedPacket,
  at: number,
  size: number,
  isLast: boolean,
): Pick<KeptPacket, "bytes" | "originalLength"> {
  const cut = new Uint8Array(tcp.payloadStart + size);
  cut.set(bytes.subarray(0, tcp.payloadStart));
  cut.set(bytes.subarray(tcp.payloadStart + at, tcp.payloadStart + at + size), tcp.payloadStart);
  const view = new DataView(cut.buffer);
  const isSyn = (tcp.flags & TcpFlag.SYN) !== 0;
  view.setUint32(tcp.start + 4, (tcp.sequence + at + (isSyn && at > 0 ? 1 : 0)) >>> 0);
  if (at > 0) cut[tcp.start + 13]! &= ~TcpFlag.SYN;
  if (!isLast) cut[tcp.start + 13]! &= ~(TcpFlag.FIN | TcpFlag.PSH);
  if (ipVersion === 4) view.setUint16(ipv4.start + 2, cut.length - ipv4.start);
  else view.setUint16(ipv6.start + 4, cut.length - ipv6.start - 40);
  return { bytes: cut, originalLength: cut.length };
}
