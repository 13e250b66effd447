import { sumBytes } from "../../src/wire/packet/checksum.ts";
import type { Random } from "./random.ts";

type Wrap = (frame: Uint8Array, random: Random) => Uint8Array;

/** Ethernet frames with IP in them, each in a tunnel: again a frame with IP in it. */
export const TUNNELS: Readonly<Record<string, Wrap>> = {
  VXLAN: (frame, random) => inUdp(random, 4789, join([8, 0, 0, 0, 0, 0, 77, 0], frame)),
  "VXLAN-GPE": (frame, random) =>
    inUdp(random, 4790, join([12, 0, 0, typeOf(frame) === 0x800 ? 1 : 2, 0, 0, 5, 0], inside(frame))),
  GENEVE: (frame, random) => inUdp(random, 6081, join([1, 0, 0x65, 0x58, 0, 0, 9, 0, 1, 2, 3, 0], frame)),
  "GENEVE of IP": (frame, random) =>
    inUdp(random, 6081, join([0, 0, ...number(typeOf(frame)), 0, 0, 9, 0], inside(frame))),
  GRE: (frame, random) => onIp(inIp(random, 47, join([0, 0, ...number(typeOf(frame))], inside(frame)))),
  "GRE with all fields": (frame, random) =>
    onIp(inIp(random, 47, join([0xb0, 0, ...number(typeOf(frame)), ...Array(12).fill(1)], inside(frame)))),
  "GRE of Ethernet": (frame, random) => onIp(inIp(random, 47, join([0x20, 0, 0x65, 0x58, 0, 0, 0, 7], frame))),
  "ERSPAN I": (frame, random) => onIp(inIp(random, 47, join([0, 0, 0x88, 0xbe], frame))),
  "ERSPAN II": (frame, random) =>
    onIp(inIp(random, 47, join([0x10, 0, 0x88, 0xbe, 0, 0, 0, 3, 0x10, 5, 0, 9, 0, 0, 0, 1], frame))),
  "ERSPAN III": (frame, random) =>
    onIp(inIp(random, 47, join([0x10, 0, 0x22, 0xeb, 0, 0, 0, 3, 0x20, 5, 0, 9, ...Array(8).fill(0)], frame))),
  "IP in IP": (frame, random) => onIp(inIp(random, typeOf(frame) === 0x800 ? 4 : 41, inside(frame))),
  "IP in UDP": (frame, random) => inUdp(random, 5555, inside(frame)),
  GUE: (frame, random) => inUdp(random, 6080, join([0, typeOf(frame) === 0x800 ? 4 : 41, 0, 0], inside(frame))),
  "GTP-U": (frame, random) =>
    inUdp(random, 2152, join([0x30, 0xff, ...number(frame.length - 14), 0, 0, 0, 99], inside(frame))),
};

function inUdp(random: Random, port: number, payload: Uint8Array): Uint8Array {
  const header = [...number(40_000 + random.below(1000)), ...number(port), ...number(8 + payload.length), 0, 0];
  return onIp(inIp(random, 17, join(header, payload)));
}

function inIp(random: Random, protocol: number, payload: Uint8Array): Uint8Array {
  const ends = [...Array(15).fill(0xfd), 1, ...Array(15).fill(0xfd), 2];
  if (random.chance(4)) return join([0x60, 0, 0, 0, ...number(payload.length), protocol, 64, ...ends], payload);
  const identification = number(random.below(65_536));
  const header = Uint8Array.from([
    ...[0x45, 0, ...number(20 + payload.length), ...identification, 0, 0],
    ...[64, protocol, 0, 0, 192, 168, 9, 1, 192, 168, 9, 2],
  ]);
  header.set(number(0xffff - sumBytes(header, 0, 20)), 10);
  return join(header, payload);
}

function onIp(packet: Uint8Array): Uint8Array {
  return join([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2], packet[0]! >>> 4 === 4 ? [8, 0] : [0x86, 0xdd], packet);
}

function typeOf(frame: Uint8Array): number {
  return (frame[12]! << 8) | frame[13]!;
}

function inside(frame: Uint8Array): Uint8Array {
  return frame.subarray(14);
}

function number(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

function join(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
