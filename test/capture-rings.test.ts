/** Several files of one capture are read as the one that they were, however they were divided. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { Analyzer } from "../src/analysis/analyzer.ts";
import { type HttpExchange, Ledger, MemoryBudget } from "../src/model/index.ts";
import { groupCaptures } from "../src/source/capture-file/group-captures.ts";
import { readInput } from "../src/source/capture-file/read-input.ts";
import { PcapngWriter, PcapWriter } from "../src/wire/pcap/index.ts";
import { conversePackets } from "./support/http1-packets.ts";
import { Random } from "./support/random.ts";
import { loadPackets } from "./support/rewrite-packets.ts";
import { frameOf } from "./support/tcp-script.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
after(() => folder.remove());

interface Packet {
  readonly bytes: Uint8Array;
  readonly seconds: number;
  readonly nanos: number;
}

/** Three connections at once, a packet each millisecond. */
function capture(random: Random): Packet[] {
  const shape = { pairs: 12, pipelined: 2, acknowledges: true };
  const queues = [20_000, 20_001, 20_002].map((port) => conversePackets(random, port, shape));
  const packets: Packet[] = [];
  for (let i = 0; queues.some((queue) => queue.length > 0); i++) {
    const segment = random.pick(queues).shift();
    if (segment !== undefined)
      packets.push({ bytes: frameOf(segment), seconds: Math.floor(i / 1000), nanos: (i % 1000) * 1_000_000 });
  }
  return packets;
}

function asPcap(packets: readonly Packet[], writer: PcapWriter | PcapngWriter = new PcapWriter()): Uint8Array {
  if (writer instanceof PcapngWriter) writer.addInterface({ name: "eth0" });
  for (const { bytes, seconds, nanos } of packets)
    writer.writePacket({ seconds, nanos }, bytes, 0, bytes.length, bytes.length);
  return writer.take();
}

/** The same packets without Ethernet (LINKTYPE_RAW). */
function asRawIp(packets: readonly Packet[]): Uint8Array {
  return asPcap(
    packets.map((packet) => ({ ...packet, bytes: packet.bytes.subarray(14) })),
    new PcapWriter({ linkType: 101 }),
  );
}

const random = new Random(7);
const PACKETS = capture(random);
const parts = (count: number, of: (i: number) => number): Packet[][] =>
  Array.from({ length: count }, (_, part) => PACKETS.filter((_, i) => of(i) === part));
const third = (i: number): number => Math.floor((i * 3) / PACKETS.length);

const DIVISIONS: Readonly<Record<string, () => Record<string, Uint8Array>>> = {
  "a ring": () => Object.fromEntries(parts(3, third).map((part, i) => [`r${i}.pcap`, asPcap(part)])),
  "a ring whose names are in another order than its times": () =>
    Object.fromEntries(parts(3, third).map((part, i) => [`r${9 - i}.pcap`, asPcap(part)])),
  "a ring of packed files, pcapng and another link type": () => {
    const [one, two, three] = parts(3, third);
    return {
      "r0.pcap.gz": gzipSync(asPcap(one!)),
      "r1.pcapng": asPcap(two!, new PcapngWriter()),
      "r2.pcap": asRawIp(three!),
    };
  },
  "every other packet": () => Object.fromEntries(parts(2, (i) => i % 2).map((part, i) => [`h${i}.pcap`, asPcap(part)])),
  "packets dealt out": () => {
    const dealt = PACKETS.map(() => random.below(5));
    return Object.fromEntries(parts(5, (i) => dealt[i]!).map((part, i) => [`d${i}.pcap`, asPcap(part)]));
  },
  "each direction by itself": () =>
    Object.fromEntries(
      parts(2, (i) => (PACKETS[i]!.bytes[34] === 0 ? 0 : 1)).map((part, i) => [`s${i}.pcap`, asPcap(part)]),
    ),
  "an empty file, and the whole twice": () => ({
    "e0.pcap": asPcap([]),
    "e1.pcap": asPcap(PACKETS),
    "e2.pcap": asPcap(PACKETS),
  }),
  "a damaged time in the middle of a file": () => {
    const [one, two] = parts(2, (i) => (i < PACKETS.length / 2 ? 0 : 1));
    const at = one!.findIndex(({ bytes }, i) => i > 20 && bytes.length === 54);
    one![at] = { ...one![at]!, seconds: 4_000_000_000 };
    return { "x0.pcap": asPcap(one!), "x1.pcap": asPcap(two!) };
  },
};

describe("several files are one capture", () => {
  const whole = write({ "whole.pcap": asPcap(PACKETS) });

  for (const [name, divide] of Object.entries(DIVISIONS))
    test(name, async () => {
      const expected = await read(whole);
      assert.equal(expected.length, 36);
      const paths = write(divide());
      assert.deepEqual(await read(paths), expected);
      if (!name.includes("damaged")) assert.deepEqual(await read(paths.toReversed()), expected, "in the other order");
    });

  test("captures of different connections are together what each is by itself, and what they are in one file", async () => {
    const portOf = ({ bytes }: Packet): number =>
      Math.max((bytes[34]! << 8) | bytes[35]!, (bytes[36]! << 8) | bytes[37]!);
    const paths = write(
      Object.fromEntries(
        [20_000, 20_001, 20_002].map((port) => [
          `c${port}.pcap`,
          asPcap(PACKETS.filter((packet) => portOf(packet) === port)),
        ]),
      ),
    );
    const alone: string[][] = [];
    for (const path of paths) alone.push(await read([path]));
    assert.deepEqual(
      alone.map((exchanges) => exchanges.length),
      [12, 12, 12],
    );
    assert.deepEqual(await read(paths), alone.flat().sort());
    assert.deepEqual(await read(whole), alone.flat().sort());
  });

  test("what matches is written with all of its packets, from all files", () => {
    const paths = write(DIVISIONS["packets dealt out"]!());
    const output = join(folder.path, "matched.pcapng");
    const { status, stderr } = tapline("read", ...paths, "-q", "-Y", "port 20001", "-w", output);
    assert.equal(status, 0, stderr);
    const wanted = PACKETS.filter(({ bytes }) =>
      [34, 36].some((at) => ((bytes[at]! << 8) | bytes[at + 1]!) === 20_001),
    );
    assert.deepEqual(
      loadPackets(output).map(({ bytes }) => Buffer.from(bytes).toString("hex")),
      wanted.map(({ bytes }) => Buffer.from(bytes).toString("hex")),
    );
  });

  test("a file that is no capture is read by itself, and damage names its file", () => {
    const [one, two] = write({ "t0.pcap": asPcap(PACKETS).subarray(0, -7), "t1.ndjson": new Uint8Array() });
    writeFileSync(two!, tapline("read", ...whole, "-q", "-o", "ndjson", "-c", "2").stdout);
    const { status, stdout, stderr } = tapline("read", one!, two!, ...whole, "-o", "ndjson");
    assert.equal(stdout.trim().split("\n").length, 38, stderr);
    assert.match(stderr, /t0\.pcap/);
    assert.notEqual(status, 2);
  });
});

function write(files: Readonly<Record<string, Uint8Array>>): string[] {
  return Object.entries(files).map(([name, bytes]) => {
    const path = join(folder.path, name);
    writeFileSync(path, bytes);
    return path;
  });
}

function tapline(...args: string[]) {
  return spawnSync("bin/tapline", args, { encoding: "utf8", maxBuffer: 1 << 28 });
}

/** The exchanges: whose, and how well they are known. */
async function read(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const ledger = new Ledger();
  const budget = new MemoryBudget(1e8);
  const analyzer = new Analyzer({
    ledger,
    emit: (exchange) => {
      const { request, response, quality, problems, times, connection } = exchange as HttpExchange;
      found.push(JSON.stringify([request, response, quality, problems, times, connection.remote]));
    },
  });
  for (const group of await groupCaptures(paths))
    await readInput(group, {
      observer: analyzer,
      exchange: () => {},
      flow: () => {},
      problem: (problem) => assert.fail(problem),
      drain: async () => {},
      ledger,
      budget,
    });
  analyzer.finish();
  const size = paths.reduce((sum, path) => sum + sizeOf(path), 0);
  assert.equal(ledger.book("file-bytes").entered, size);
  assert.ok(ledger.balanced, ledger.format().join("\n"));
  assert.equal(budget.used, 0);
  return found.sort();
}

function sizeOf(path: string): number {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).length;
}
