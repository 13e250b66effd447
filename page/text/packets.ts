import { type CapturedPacket, PcapngReader } from "../../src/wire/pcap/index.ts";

/** A part of a packet: `bytes[from, to)`. */
export interface PacketPart {
  readonly name: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

export interface ShownPacket {
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly parts: readonly PacketPart[];
}

/** The packets that a collector makes of an exchange (IP without a link layer, TCP), with their fields and where these stand. */
export function readPackets(pcapng: Uint8Array): ShownPacket[] {
  const packets: ShownPacket[] = [];
  const reader = new PcapngReader({
    packet: ({ bytes: all, start, end, seconds, nanos }: CapturedPacket) => {
      const bytes = all.slice(start, end);
      packets.push({ time: seconds * 1e6 + Math.floor(nanos / 1000), bytes, parts: partsOf(bytes) });
    },
  });
  reader.push(pcapng);
  reader.end();
  return packets;
}

function partsOf(bytes: Uint8Array): PacketPart[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: PacketPart[] = [];
  const part = (name: string, from: number, length: number, value: string | number): void => {
    if (from + length <= bytes.length) parts.push({ name, value: String(value), from, to: from + length });
  };
  // With a link layer of Ethernet, or none.
  const link = bytes.length > 14 && (view.getUint16(12) === 0x0800 || view.getUint16(12) === 0x86dd) ? 14 : 0;
  if (link > 0) part("link layer", 0, link, "Ethernet");
  const version = bytes.length > link ? bytes[link]! >> 4 : 0;
  if ((version !== 4 || bytes.length < link + 20) && (version !== 6 || bytes.length < link + 40)) return parts;
  const size = version === 4 ? (bytes[link]! & 0x0f) * 4 : 40;
  // Behind the packet an Ethernet frame may be filled up.
  const packetEnd = link + (version === 4 ? view.getUint16(link + 2) : 40 + view.getUint16(link + 4));
  const end = Math.min(bytes.length, packetEnd);
  const [source, target, length] = version === 4 ? [12, 16, 4] : [8, 24, 16];
  part("IP version", link, 1, version);
  part("IP source", link + source, length, addressOf(bytes, link + source, length));
  part("IP destination", link + target, length, addressOf(bytes, link + target, length));
  const tcp = link + size;
  if (end < tcp + 20) return parts;
  const header = (bytes[tcp + 12]! >> 4) * 4;
  part("source port", tcp, 2, view.getUint16(tcp));
  part("destination port", tcp + 2, 2, view.getUint16(tcp + 2));
  part("sequence", tcp + 4, 4, view.getUint32(tcp + 4));
  part("acknowledgement", tcp + 8, 4, view.getUint32(tcp + 8));
  part("flags", tcp + 13, 1, FLAGS.filter((_, bit) => (bytes[tcp + 13]! >> bit) & 1).join(" "));
  part("window", tcp + 14, 2, view.getUint16(tcp + 14));
  const payload = end - tcp - header;
  if (payload > 0) part("payload", tcp + header, payload, `${payload} bytes`);
  return parts;
}

const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

function addressOf(bytes: Uint8Array, at: number, length: number): string {
  const part = bytes.subarray(at, at + length);
  if (length === 4) return part.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((part[2 * index]! << 8) | part[2 * index + 1]!).toString(16));
  return groups.join(":");
}
