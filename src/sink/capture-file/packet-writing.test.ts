import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fragmentIpv4, fragmentIpv6 } from "../../../test/support/ip-fragments.ts";
import { frameOf, type Segment } from "../../../test/support/tcp-script.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Analyzer } from "../../analysis/analyzer.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import { LinkType, PcapReader, PcapWriter } from "../../wire/pcap/index.ts";
import { PacketWriting } from "./packet-writing.ts";

const folder = makeTemporaryFolder();
after(folder.remove);

/** A request and its response, each of several fragments, on a connection of its own. */
function converse(clientPort: number, path: string): Segment[] {
  const request = `GET ${path} HTTP/1.1\r\nHost: h\r\nX-Pad: ${"q".repeat(150)}\r\n\r\n`;
  const response = `HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n${"r".repeat(200)}`;
  return [
    { from: "C", flags: "S", sequence: 99, clientPort },
    { from: "S", flags: "SA", sequence: 299, acknowledgment: 100, clientPort },
    { from: "C", flags: "A", sequence: 100, acknowledgment: 300, data: request, clientPort },
    { from: "S", flags: "A", sequence: 300, acknowledgment: 100 + request.length, data: response, clientPort },
  ];
}

interface Packet {
  readonly bytes: Uint8Array;
  readonly of: "a" | "b" | "neither";
}

type Cut = (packet: Uint8Array, size: number, identification: number) => Uint8Array[];

/** Two connections, the fragments of each datagram turned round and mixed with the other's, and of one only a piece. */
function capture(cut: Cut): Packet[] {
  const datagrams = [converse(5001, "/a"), converse(5002, "/b")].map((segments, index) =>
    segments.map((segment, i) => cut(frameOf(segment).subarray(14), 64, 10 * index + i).reverse()),
  );
  const packets: Packet[] = [];
  datagrams[0]!.forEach((ofA, i) => {
    const ofB = datagrams[1]![i]!;
    for (let k = 0; k < Math.max(ofA.length, ofB.length); k++) {
      if (ofA[k] !== undefined) packets.push({ bytes: ofA[k]!, of: "a" });
      if (ofB[k] !== undefined) packets.push({ bytes: ofB[k]!, of: "b" });
    }
    const stranger = frameOf({ from: "C", flags: "A", sequence: 1, data: "z".repeat(100), clientPort: 6000 });
    packets.push({ bytes: cut(stranger.subarray(14), 64, 90 + i)[0]!, of: "neither" });
  });
  return packets;
}

function writeCapture(packets: readonly Packet[]): string {
  const writer = new PcapWriter({ linkType: LinkType.RAW });
  packets.forEach(({ bytes }, i) => {
    writer.writePacket({ seconds: 1_700_000_000, nanos: i * 1000 }, bytes, 0, bytes.length, bytes.length);
  });
  const path = join(folder.path, "in.pcap");
  writeFileSync(path, writer.take());
  return path;
}

function readPackets(path: string): string[] {
  const packets: string[] = [];
  const reader = new PcapReader({ packet: ({ bytes, start, end }) => packets.push(toHex(bytes.subarray(start, end))) });
  reader.push(readFileSync(path));
  reader.end();
  return packets;
}

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

for (const [name, cut] of [
  ["IPv4", fragmentIpv4],
  ["IPv6", fragmentIpv6],
] as const) {
  test(`every fragment of what matched is written, in the capture's order: ${name}`, () => {
    const packets = capture(cut);
    const input = writeCapture(packets);
    const output = join(folder.path, "out.pcap");
    for (const [filter, wanted] of [
      ['request.path == "/a"', ["a"]],
      ['request.path == "/b"', ["b"]],
      ["GET", ["a", "b"]],
      ["POST", []],
    ] as const) {
      const { status, stderr } = runRead(input, "-Y", filter, "-w", output);
      assert.equal(status, 0, stderr);
      const expected = packets
        .filter(({ of }) => wanted.some((letter) => letter === of))
        .map(({ bytes }) => toHex(bytes));
      assert.deepEqual(readPackets(output), expected, filter);
      if (wanted.length > 0) assert.match(runRead(output).stderr, new RegExp(`^${wanted.length} exchanges?, `, "m"));
    }
    assert.equal(runRead(input, "-w", output).status, 0);
    assert.deepEqual(readPackets(output).length, packets.length, "without a filter");
  });
}

test("beyond the limit fragments are not written, and told", async () => {
  const packets = capture(fragmentIpv4);
  const input = writeCapture(packets);
  const output = join(folder.path, "limited.pcap");
  const expected = packets.filter(({ of }) => of !== "neither").length;
  const isFragment = (bytes: Uint8Array) => ((bytes[6]! & 0x3f) | bytes[7]!) !== 0;
  const all = packets.filter(({ of, bytes }) => of !== "neither" && isFragment(bytes)).length;
  for (const [maxFragments, isTold] of [
    [all, false],
    [all - 1, true],
  ] as const) {
    const writing = new PacketWriting(output, { name: "pcap", format: "pcap", filtered: true, maxFragments });
    const analyzer = new Analyzer({ emit: (exchange) => void writing.submit(exchange) });
    const told: string[] = [];
    const look = {
      problem: (problem: Error) => void told.push(problem.message),
      note: () => {},
      newLedger: () => new Ledger(),
      newBudget: () => new MemoryBudget(1e8),
    };
    await readInput([input], {
      ...look,
      observer: analyzer,
      exchange: () => {},
      flow: () => {},
      fragments: (connection, ordinals) => writing.fragments(connection, ordinals),
      drain: async () => {},
      ledger: new Ledger(),
      budget: look.newBudget(),
    });
    analyzer.finish();
    await writing.finishInput([input], look);
    await writing.close();
    assert.equal(told.length, isTold ? 1 : 0, told.join("\n"));
    if (isTold) assert.match(told[0]!, /^\d+ fragments are more than are remembered/);
    assert.equal(readPackets(output).length < expected, isTold);
  }
});

function runRead(...args: string[]) {
  const { status, stderr } = spawnSync(join(import.meta.dirname, "../../../bin/tapline"), ["read", ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}
