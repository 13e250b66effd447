/** Packets without a time, or of moments that no calendar of four digits has: what is unknown is not shown as known. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { LinkType } from "../src/wire/pcap/index.ts";
import { runProgram } from "./support/run-program.ts";
import { frameOf, type Segment } from "./support/tcp-script.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const { path: folder, remove } = makeTemporaryFolder();
after(remove);

/** Seconds of the last second of the year 9999, and of times that a file may hold all the same. */
const LAST = 253_402_300_799n;

test("times that are no moments are unknown in every output, and what has a time keeps it", async () => {
  const file = join(folder, "times.pcapng");
  writeFileSync(
    file,
    Buffer.concat([
      block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)),
      // One interface, whose times are in seconds (if_tsresol 0).
      block(1, words(LinkType.ETHERNET, 0, 0x0001_0009, 0, 0)),
      ...conversation(1, (i) => 1_700_000_000n + BigInt(i)),
      ...conversation(2, (i) => LAST + BigInt(i)),
      ...conversation(3, () => undefined),
      ...conversation(4, () => 2n ** 64n - 1n),
      ...conversation(5, (i) => LAST - 100n + BigInt(i)),
    ]),
  );
  const written = join(folder, "written.pcap");
  const { stdout, stderr, code } = await runProgram(process.execPath, [MAIN, "read", file, "-o", "json"]);
  assert.equal(code, 1, stderr);
  const [first, second, third, fourth, fifth] = JSON.parse(stdout) as Shown[];
  assert.deepEqual([first!.time, first!.durationMs, first!.problems], ["2023-11-14T22:13:22Z", 1000, []]);
  assert.deepEqual([fifth!.time, fifth!.durationMs, fifth!.problems], ["9999-12-31T23:58:21Z", 1000, []]);
  // The handshake began in the last second.
  assert.deepEqual(second!.times, { connectStart: "9999-12-31T23:59:59Z" });
  for (const shown of [second, third, fourth]) {
    assert.deepEqual([shown!.time, shown!.durationMs, shown!.problems], [undefined, undefined, ["time-unknown"]]);
    assert.equal(shown!.quality, "complete");
  }
  for (const shown of [third, fourth]) assert.deepEqual(shown!.times, {});
  assert.match(stderr, /a packet of the year 10000: its time is taken for unknown/);
  const writing = await runProgram(process.execPath, [MAIN, "read", file, "-w", written]);
  assert.match(writing.stderr, /16 packets have no time, or one that the file cannot hold/);
  const table = await runProgram(process.execPath, [MAIN, "read", file]);
  assert.equal(table.stdout.match(/^\? .* \? {2}complete \(time-unknown\)/gm)?.length, 3, table.stdout);
  assert.deepEqual(secondsOf(readFileSync(written)), [
    ...[0, 1, 2, 3].map((i) => 1_700_000_000 + i),
    ...Array.from({ length: 16 }, () => 0),
  ]);
});

test("packets that have no time by their format are written, which is told: nothing failed", async () => {
  const file = join(folder, "simple.pcapng");
  const head = block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff));
  writeFileSync(
    file,
    Buffer.concat([head, block(1, words(LinkType.ETHERNET, 0)), ...conversation(1, () => undefined)]),
  );
  const { stderr, code } = await runProgram(process.execPath, [MAIN, "read", file, "-w", join(folder, "simple.pcap")]);
  assert.match(stderr, /4 packets have no time, or one that the file cannot hold/);
  assert.equal(code, 0, stderr);
});

interface Shown {
  readonly time?: string;
  readonly durationMs?: number;
  readonly times: object;
  readonly quality: string;
  readonly problems: readonly string[];
}

/** A handshake, a request and its response: of each packet its time, or none. */
function conversation(number: number, timeOf: (packet: number) => bigint | undefined): Buffer[] {
  const clientPort = 5000 + number;
  const segments: Segment[] = [
    { from: "C", flags: "S", sequence: 100, clientPort },
    { from: "S", flags: "SA", sequence: 500, acknowledgment: 101, clientPort },
    {
      from: "C",
      flags: "A",
      sequence: 101,
      acknowledgment: 501,
      data: "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      clientPort,
    },
    {
      ...{ from: "S", flags: "A", sequence: 501, acknowledgment: 128, clientPort },
      data: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    },
  ];
  return segments.map((segment, i) => {
    const frame = Buffer.from(frameOf(segment));
    const time = timeOf(i);
    if (time === undefined) return block(3, words(frame.length), frame);
    return block(6, words(0, Number(time >> 32n), Number(time & 0xffffffffn), frame.length, frame.length), frame);
  });
}

function block(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const padding = Buffer.alloc(-body.length & 3);
  const length = 12 + body.length + padding.length;
  return Buffer.concat([words(type, length), body, padding, words(length)]);
}

function words(...values: number[]): Buffer {
  return Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value);
      return bytes;
    }),
  );
}

function secondsOf(pcap: Buffer): number[] {
  const seconds: number[] = [];
  for (let at = 24; at < pcap.length; at += 16 + pcap.readUInt32LE(at + 8)) seconds.push(pcap.readUInt32LE(at));
  return seconds;
}
