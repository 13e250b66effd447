import type { Random } from "./random.ts";
import type { KeptPacket } from "./rewrite-packets.ts";

/** How a capture may lack or spoil what was sent. */
export const DAMAGES: Readonly<Record<string, (packets: readonly KeptPacket[], random: Random) => KeptPacket[]>> = {
  "3 % of the packets lost": (packets, random) => packets.filter(() => random.below(1000) >= 30),
  "a fifth of the packets lost": (packets, random) => packets.filter(() => random.below(5) > 0),
  "joined late": (packets, random) => packets.slice(random.below(packets.length)),
  "bytes changed": (packets, random) =>
    packets.map((packet) => (random.below(10) > 0 ? packet : spoil(packet, random))),
};

/** The same documents in an order, and with no numbers, that depend on when what is missing was given up. */
export function withoutOrder(documents: readonly string[]): string[] {
  return documents.map((document) => document.replace(/"id":\d+,/, "")).sort();
}

/** One byte behind the headers is another. */
function spoil(packet: KeptPacket, random: Random): KeptPacket {
  if (packet.bytes.length <= HEADER_BYTES) return packet;
  const bytes = packet.bytes.slice();
  bytes[HEADER_BYTES + random.below(bytes.length - HEADER_BYTES)] = random.below(256);
  return { ...packet, bytes };
}

/** Ethernet, IPv4 and TCP with its time stamps take so many. */
const HEADER_BYTES = 66;
