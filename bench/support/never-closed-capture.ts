import { globSync, readFileSync } from "node:fs";
import type { Timestamp } from "../../src/model/index.ts";
import { createCaptureReader, detectCaptureFormat, LinkType } from "../../src/wire/pcap/index.ts";
import type { CaptureFile } from "./capture-file.ts";

/** An Ethernet frame of TCP over IPv4. */
interface Frame {
  readonly bytes: Uint8Array;
  /** Where its IP header begins. */
  readonly ip: number;
  /** The numbers of its two ends among all. */
  readonly ends: readonly [source: number, destination: number];
}

/** Packets that were captured once, to be written again and again. */
export class CapturedTraffic {
  readonly #frames: Frame[] = [];
  readonly #ends = new Map<string, number>();

  /** @param pattern of captures; what is no TCP over IPv4 over Ethernet in them is left out, and connections lose their FIN and RST */
  constructor(pattern: string) {
    for (const path of globSync(pattern).sort()) this.#read(path);
    if (this.#frames.length === 0) throw new Error(`${pattern}: no capture of TCP over IPv4`);
  }

  get endCount(): number {
    return this.#ends.size;
  }

  /**
   * Writes so many copies, which take turns with each packet: the ends are those of one copy alone, times are the file's next ones.
   * @param first the number of the first
   */
  writeCopies(file: CaptureFile, first: number, count: number): void {
    for (const { bytes, ip, ends } of this.#frames)
      for (let copy = first; copy < first + count; copy++) {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        view.setUint32(ip + 12, addressOf(copy * this.endCount + ends[0]));
        view.setUint32(ip + 16, addressOf(copy * this.endCount + ends[1]));
        const time: Timestamp = file.nextTime();
        file.packets.writePacket(time, bytes, 0, bytes.length, bytes.length);
        file.flush();
      }
  }

  /** Which copy an end is of. */
  copyOf(address: string): number {
    const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) - FIRST;
    return Math.floor(number / this.endCount);
  }

  #read(path: string): void {
    const data = readFileSync(path);
    const format = detectCaptureFormat(data);
    if (format === undefined) return;
    const reader = createCaptureReader(format, {
      packet: (packet) => {
        if (packet.linkType !== LinkType.ETHERNET) return;
        this.#add(path, new Uint8Array(packet.bytes.subarray(packet.start, packet.end)));
      },
    });
    reader.push(data);
  }

  #add(path: string, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer);
    const ip = 14;
    if (bytes.length < 54 || view.getUint16(12) !== 0x0800 || view.getUint8(ip + 9) !== 6) return;
    const flags = ip + (bytes[ip]! & 15) * 4 + 13;
    if ((bytes[flags]! & RST) !== 0) return;
    bytes[flags]! &= ~FIN;
    const numberOf = (at: number): number => {
      const key = `${path} ${view.getUint32(at)}`;
      const known = this.#ends.get(key) ?? this.#ends.size;
      this.#ends.set(key, known);
      return known;
    };
    this.#frames.push({ bytes, ip, ends: [numberOf(ip + 12), numberOf(ip + 16)] });
  }
}

const [FIN, RST] = [1, 4];
/** 10.0.0.1. */
const FIRST = 0x0a000001;

function addressOf(number: number): number {
  return FIRST + number;
}
