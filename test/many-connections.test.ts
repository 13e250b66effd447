import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { PcapWriter } from "../src/wire/pcap/index.ts";
import { frameOf, type Segment } from "./support/tcp-script.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
after(folder.remove);

test("10 000 connections that are open at once are followed at the default, and what a lower limit costs is said", () => {
  const path = join(folder.path, "many.pcap");
  writeFileSync(path, captureOpenConnections(10_000));
  const whole = read(path);
  assert.deepEqual(whole.qualities, { complete: 10_000 });
  assert.doesNotMatch(whole.stderr, /made room/);

  const bounded = read(path, "--limit", "connections=5000");
  assert.ok((bounded.qualities["complete"] ?? 0) < 10_000);
  assert.match(bounded.stderr, /\d{4,} connections made room for others: --limit connections=N/);

  const { stderr } = read(path, "--limit", "reassembly.connections=1");
  assert.match(stderr, /there is no limit reassembly\.connections/);
});

test("idle connections give way before those that are active, when memory is short", () => {
  const path = join(folder.path, "idle.pcap");
  writeFileSync(path, captureIdleAndActive(3000, 40));
  const { qualities, stderr } = read(path, "--memory", "8");
  // All that were idle had had their exchange before.
  assert.deepEqual(qualities, { complete: 3040 }, stderr);
  assert.match(stderr, /\d{4,} connections made room for others/);
});

function read(path: string, ...flags: string[]): { qualities: Record<string, number>; stderr: string } {
  const tapline = join(import.meta.dirname, "../bin/tapline");
  const { stdout, stderr } = spawnSync(tapline, ["read", path, "-T", "fields", "-e", "quality", ...flags], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  const qualities: Record<string, number> = {};
  for (const quality of stdout.split("\n").slice(0, -1)) qualities[quality] = (qualities[quality] ?? 0) + 1;
  return { qualities, stderr };
}

/** Many have one exchange and stay open; then some others get long bodies, a piece at a time in turns, and in the wrong order. */
function captureIdleAndActive(idle: number, active: number): Uint8Array {
  const writer = new PcapWriter();
  const request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  let packets = 0;
  const write = (segment: Segment): void => {
    const frame = frameOf(segment);
    const time = { seconds: 1_700_000_000, nanos: packets++ * 10_000 };
    writer.writePacket(time, frame, 0, frame.length, frame.length);
  };
  const open = (clientPort: number, response: string): void => {
    const asked = 101 + request.length;
    write({ clientPort, from: "C", flags: "S", sequence: 100 });
    write({ clientPort, from: "S", flags: "SA", sequence: 500, acknowledgment: 101 });
    write({ clientPort, from: "C", flags: "A", sequence: 101, acknowledgment: 501, data: request });
    write({ clientPort, from: "S", flags: "A", sequence: 501, acknowledgment: asked, data: response });
  };
  for (let one = 0; one < idle; one++) open(10_000 + one, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const piece = "x".repeat(1000);
  const pieces = 20;
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${pieces * piece.length}\r\n\r\n`;
  for (let one = 0; one < active; one++) open(40_000 + one, head);
  for (let at = 0; at < pieces; at += 2)
    for (const swapped of [at + 1, at])
      for (let one = 0; one < active; one++) {
        const sequence = 501 + head.length + swapped * piece.length;
        write({
          clientPort: 40_000 + one,
          from: "S",
          flags: "A",
          sequence,
          acknowledgment: 101 + request.length,
          data: piece,
        });
      }
  return writer.take();
}

/** All are opened, then all ask, then all are answered; none is closed. */
function captureOpenConnections(count: number): Uint8Array {
  const request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const steps: readonly Segment[] = [
    { from: "C", flags: "S", sequence: 100 },
    { from: "S", flags: "SA", sequence: 500, acknowledgment: 101 },
    { from: "C", flags: "A", sequence: 101, acknowledgment: 501 },
    { from: "C", flags: "A", sequence: 101, acknowledgment: 501, data: request },
    { from: "S", flags: "A", sequence: 501, acknowledgment: 101 + request.length, data: response },
  ];
  const writer = new PcapWriter();
  let packets = 0;
  for (const step of steps)
    for (let connection = 0; connection < count; connection++) {
      const time = { seconds: 1_700_000_000 + Math.floor(packets / 10_000), nanos: (packets % 10_000) * 100_000 };
      packets++;
      const frame = frameOf({ ...step, clientPort: 10_000 + connection });
      writer.writePacket(time, frame, 0, frame.length, frame.length);
    }
  return writer.take();
}
