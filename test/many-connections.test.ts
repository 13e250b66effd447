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
