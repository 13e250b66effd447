/**
 * Reading captures: packets a second and bytes a second of CPU, from the file's bytes to socket events, against tshark's TCP
 * reassembly of the same file in the same run; and the memory that a long capture takes, whatever its connections do.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SocketEvent, Timestamp } from "../src/model/index.ts";
import { openCapture } from "../src/source/capture-file/index.ts";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { PcapngWriter, PcapReader, PcapWriter } from "../src/wire/pcap/index.ts";
import { findProgram } from "../test/support/needs.ts";

const MIB = 1024 * 1024;
const ONE = Uint8Array.of(1);
const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
const bulkMib = Number(process.env["BENCH_CAPTURE_MIB"] ?? 256);

try {
  if (process.argv[2] === "--read") await readOnce(process.argv[3]!);
  else await main();
} finally {
  rmSync(folder, { recursive: true });
}

async function main(): Promise<void> {
  const bulk = writeCapture("bulk.pcap", bulkMib * MIB, 16_384, 1);
  const small = writeCapture("small.pcap", (bulkMib / 4) * MIB, 64, 500);
  measureReader("pcap reader alone, bulk", bulk);
  measureReader("pcap reader alone, small packets", small);
  const ours = await measureSource("reassembly, bulk (1460-byte segments, 1 connection at a time)", bulk);
  await measureSource("reassembly, small packets (64-byte segments, 500 connections)", small);
  measureWriters();
  measureTshark(bulk, ours);
  measureMemory();
}

/** Conversations of `size` bytes in all, `width` connections at once, each exchanging `message`-byte messages. */
function writeCapture(name: string, size: number, message: number, width: number): string {
  const path = join(folder, name);
  const file = openSync(path, "w");
  const writer = new PcapWriter();
  const payload = new Uint8Array(message).fill(0x61);
  let nanos = 0;
  const now = (): Timestamp => {
    nanos += 1000;
    return { seconds: 1_700_000_000 + Math.floor(nanos / 1e9), nanos: nanos % 1e9 };
  };
  let written = 0;
  for (let round = 0; written < size; round++) {
    const connections = Array.from({ length: width }, (_, i) => {
      const port = 1024 + ((round * width + i) % 60_000);
      const remote = { kind: "ip", address: "10.0.0.2", port } as const;
      const local = { kind: "ip", address: "10.0.0.1", port: 80 } as const;
      return new SyntheticConnection(writer, local, remote, { handshake: true });
    });
    for (let i = 0; i < 100; i++)
      for (const connection of connections) {
        connection.data(
          now(),
          i % 2 === 0 ? "read" : "write",
          payload,
          0,
          i % 2 === 0 ? Math.min(message, 200) : message,
        );
        if (writer.pending > MIB) written += writeSync(file, writer.take());
      }
    for (const connection of connections) connection.close(now(), "fin");
  }
  writeSync(file, writer.take());
  closeSync(file);
  return path;
}

function measureReader(name: string, path: string): void {
  const bytes = readFileSync(path);
  let packets = 0;
  const seconds = medianCpu(() => {
    packets = 0;
    const reader = new PcapReader({ packet: () => void packets++ });
    for (let at = 0; at < bytes.length; at += MIB / 2) reader.push(bytes.subarray(at, at + MIB / 2));
    reader.end();
  });
  report(name, packets, bytes.length, seconds);
}

async function measureSource(name: string, path: string): Promise<number> {
  const times: number[] = [];
  let packets = 0;
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    let delivered = 0;
    const observe = (event: SocketEvent) => {
      if (event.kind === "data") delivered += event.data.length;
    };
    packets = (await openCapture(path, { observer: { observe } })).packets;
    times.push(cpuSince(before));
    if (delivered === 0) throw new Error("nothing was delivered");
  }
  const seconds = times.sort((a, b) => a - b)[1]!;
  report(name, packets, statSync(path).size, seconds);
  return seconds;
}

function measureWriters(): void {
  const payload = new Uint8Array(200);
  const count = 500_000;
  const time: Timestamp = { seconds: 1_700_000_000, nanos: 1 };
  const facts = { direction: "inbound" } as const;
  const pcapng = new PcapngWriter();
  pcapng.addInterface();
  for (const [name, writer] of [
    ["pcap", new PcapWriter()],
    ["pcapng", pcapng],
  ] as const) {
    const seconds = medianCpu(() => {
      for (let i = 0; i < count; i++) {
        writer.writePacket(time, payload, 0, 200, 200, facts);
        if (writer.pending > MIB) writer.take();
      }
    });
    report(`${name} writer, 200-byte packets`, count, count * 200, seconds);
  }
  const local = { kind: "ip", address: "10.0.0.1", port: 80 } as const;
  const big = new Uint8Array(8192);
  const writer = new PcapWriter();
  const connection = new SyntheticConnection(writer, local, { ...local, port: 5555 });
  const seconds = medianCpu(() => {
    for (let i = 0; i < 100_000; i++) {
      connection.data(time, "read", big, 0, 8192);
      if (writer.pending > MIB) writer.take();
    }
  });
  report("synthetic frames with checksums, 8 KiB events", 100_000, 100_000 * 8192, seconds);
}

function measureTshark(path: string, ours: number): void {
  if (findProgram("tshark") === undefined) {
    console.log("tshark: missing (scripts/setup-tests installs it)");
    return;
  }
  const { stderr } = spawnSync(
    "bash",
    ["-c", `TIMEFORMAT='%U %S'; time tshark -r '${path}' -T fields -e tcp.stream -e tcp.len >/dev/null 2>/dev/null`],
    { encoding: "utf8" },
  );
  const seconds = stderr
    .trim()
    .split("\n")
    .at(-1)!
    .split(" ")
    .reduce((sum, part) => sum + Number(part), 0);
  console.log(
    `tshark -T fields -e tcp.stream, bulk: ${seconds.toFixed(2)} CPU s; ours takes 1/${(seconds / ours).toFixed(0)}`,
  );
}

/** In a process of its own: the most memory it ever had. */
function measureMemory(): void {
  for (const [name, path] of [
    ["bulk", join(folder, "bulk.pcap")],
    ["a flood of SYNs", writeFlood()],
    ["holes everywhere", writeHoles()],
  ] as const) {
    const { stdout } = spawnSync(process.execPath, [import.meta.filename, "--read", path], { encoding: "utf8" });
    console.log(`memory, ${name} (${(statSync(path).size / MIB).toFixed(0)} MiB): ${stdout.trim()}`);
  }
}

/** Every packet is a connection of its own. */
function writeFlood(): string {
  return writePackets("flood.pcap", (writer, i, time) => {
    const remote = { kind: "ip", address: `10.${(i >> 24) & 255}.${(i >> 16) & 255}.1`, port: i & 0xffff } as const;
    new SyntheticConnection(writer, { kind: "ip", address: "10.0.0.1", port: 80 }, remote).data(
      time,
      "read",
      ONE,
      0,
      1,
    );
  });
}

/** 1000 connections, each of whose segments but the first is behind a hole. */
function writeHoles(): string {
  const connections: SyntheticConnection[] = [];
  const payload = new Uint8Array(1400);
  return writePackets("holes.pcap", (writer, i, time) => {
    const local = { kind: "ip", address: "10.0.0.1", port: 80 } as const;
    const remote = { kind: "ip", address: "10.0.0.2", port: 1024 + (i % 1000) } as const;
    connections[i % 1000] ??= new SyntheticConnection(writer, local, remote);
    const connection = connections[i % 1000]!;
    connection.data(time, "read", payload, 0, payload.length);
    if (i % 7000 < 1000) connection.gap("read", 1400, "lost-segment");
  });
}

function writePackets(name: string, write: (writer: PcapWriter, i: number, time: Timestamp) => void): string {
  const path = join(folder, name);
  const file = openSync(path, "w");
  const writer = new PcapWriter();
  let size = 0;
  for (let i = 0; size < bulkMib * MIB; i++) {
    write(writer, i, { seconds: 1_700_000_000 + Math.floor(i / 100_000), nanos: (i % 100_000) * 10_000 });
    if (writer.pending > MIB) size += writeSync(file, writer.take());
  }
  closeSync(file);
  return path;
}

async function readOnce(path: string): Promise<void> {
  const before = process.cpuUsage();
  const summary = await openCapture(path, { observer: { observe() {} } });
  const { maxRSS } = process.resourceUsage();
  const { evictedConnections, gaps } = summary.counters;
  console.log(
    `${(maxRSS / 1024).toFixed(0)} MiB at most; ${summary.packets} packets in ${cpuSince(before).toFixed(2)} CPU s, ` +
      `${summary.counters.connections} connections (${evictedConnections} evicted), ${gaps} gaps`,
  );
}

function medianCpu(work: () => void): number {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage();
    work();
    times.push(cpuSince(before));
  }
  return times.sort((a, b) => a - b)[1]!;
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function report(name: string, packets: number, bytes: number, seconds: number): void {
  const rate = `${(packets / seconds / 1e6).toFixed(2)} M packets/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s`;
  console.log(`${name}: ${rate} of CPU`);
}
