import type { Timestamp } from "../../src/model/index.ts";
import { parseIpAddress, TcpFlag, TcpFrameBuilder } from "../../src/wire/packet/index.ts";
import { PcapngWriter } from "../../src/wire/pcap/index.ts";

/** An address and a port, as `10.0.0.9:51000`. */
export type End = string;

/** Bytes that one end sends, and when: milliseconds since 1970. */
export interface Message {
  readonly from: "client" | "server";
  readonly at: number;
  readonly data: Uint8Array | string;
}

/** Packets of many connections, written in the order of their times. */
export class Packets {
  readonly #frames: { readonly at: number; readonly frame: Uint8Array }[] = [];

  /** One TCP connection from handshake to close: it opens a millisecond before the first message, and closes one after the last. */
  talk(client: End, server: End, messages: readonly Message[]): void {
    const next = { client: 1000, server: 9000 };
    const first = messages[0]!.at;
    const last = messages.at(-1)!.at;
    const send = (from: "client" | "server", at: number, flags: number, data: Uint8Array): void => {
      const to = from === "client" ? "server" : "client";
      const ends = from === "client" ? [client, server] : [server, client];
      this.#frames.push({ at, frame: frameOf(ends[0]!, ends[1]!, flags, next[from], next[to], data) });
      next[from] += data.length + ((flags & (TcpFlag.SYN | TcpFlag.FIN)) === 0 ? 0 : 1);
    };
    send("client", first - 1, TcpFlag.SYN, NOTHING);
    send("server", first - 0.7, TcpFlag.SYN | TcpFlag.ACK, NOTHING);
    send("client", first - 0.4, TcpFlag.ACK, NOTHING);
    for (const { from, at, data } of messages) {
      const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
      for (let start = 0; start < bytes.length; start += LONGEST)
        send(from, at, TcpFlag.ACK | TcpFlag.PSH, bytes.subarray(start, start + LONGEST));
    }
    send("client", last + 1, TcpFlag.FIN | TcpFlag.ACK, NOTHING);
    send("server", last + 1.2, TcpFlag.FIN | TcpFlag.ACK, NOTHING);
    send("client", last + 1.4, TcpFlag.ACK, NOTHING);
  }

  /** One datagram over UDP and IPv4, without a checksum, which IPv4 allows. */
  datagram(from: End, to: End, at: number, data: Uint8Array): void {
    const [source, destination] = [partsOf(from), partsOf(to)];
    const frame = new Uint8Array(14 + 20 + 8 + data.length);
    const view = new DataView(frame.buffer);
    view.setUint16(12, 0x0800);
    view.setUint16(14, 0x4500);
    view.setUint16(16, 28 + data.length);
    view.setUint16(22, 0x4011);
    frame.set(source.address, 26);
    frame.set(destination.address, 30);
    view.setUint16(24, headerChecksum(view));
    view.setUint16(34, source.port);
    view.setUint16(36, destination.port);
    view.setUint16(38, 8 + data.length);
    frame.set(data, 42);
    this.#frames.push({ at, frame });
  }

  /** A pcapng file of all of them. */
  write(): Uint8Array {
    const writer = new PcapngWriter({ application: "Tapline's scripts/sample" });
    writer.addInterface({ name: "eth0" });
    const sorted = this.#frames.toSorted((a, b) => a.at - b.at);
    for (const { at, frame } of sorted) writer.writePacket(timeOf(at), frame, 0, frame.length, frame.length);
    return writer.take().slice();
  }
}

/** An Ethernet frame with one segment in it. */
export function frameOf(
  source: End,
  destination: End,
  flags: number,
  sequence: number,
  acknowledgment: number,
  data: Uint8Array,
): Uint8Array {
  const [from, to] = [partsOf(source), partsOf(destination)];
  const builder = new TcpFrameBuilder({
    sourceMac: Uint8Array.of(2, 0, ...from.address),
    destinationMac: Uint8Array.of(2, 0, ...to.address),
    sourceAddress: from.address,
    destinationAddress: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
  });
  const end = builder.build({ sequence, acknowledgment, flags, window: 502, options: NOTHING }, data, 0, data.length);
  return TcpFrameBuilder.frame.slice(TcpFrameBuilder.FRAME_START, end);
}

const NOTHING = new Uint8Array(0);
const LONGEST = 1448;

function partsOf(end: End): { readonly address: Uint8Array; readonly port: number } {
  const [address = "", port = ""] = end.split(":");
  return { address: parseIpAddress(address)!, port: Number(port) };
}

function timeOf(millis: number): Timestamp {
  const seconds = Math.floor(millis / 1000);
  return { seconds, nanos: Math.round((millis - seconds * 1000) * 1e6) };
}

function headerChecksum(view: DataView): number {
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~(sum + (sum >>> 16)) & 0xffff;
}
