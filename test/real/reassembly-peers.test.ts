import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import type { SocketEvent } from "../../src/model/index.ts";
import { LinkType, PcapReader, PcapWriter } from "../../src/wire/pcap/index.ts";
import { fragmentIpv4, fragmentIpv6 } from "../support/ip-fragments.ts";
import { skipUnless } from "../support/needs.ts";
import { Random } from "../support/random.ts";
import { frameOf, type Segment } from "../support/tcp-script.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-"));
after(() => rmSync(folder, { recursive: true }));

/** A client's and a server's bytes in segments, each after what it acknowledges; some come late, twice, or cut otherwise. */
function converse(random: Random): Segment[] {
  const initial = { C: random.below(2 ** 32), S: random.below(2 ** 32) };
  const next = { C: initial.C + 1, S: initial.S + 1 };
  const segments: Segment[] = [
    { from: "C", flags: "S", sequence: initial.C },
    { from: "S", flags: "SA", sequence: initial.S, acknowledgment: next.C },
    { from: "C", flags: "A", sequence: next.C, acknowledgment: next.S },
  ];
  for (let i = 0; i < 40; i++) {
    const [from, to] = random.chance(3) ? (["C", "S"] as const) : (["S", "C"] as const);
    const burst = Array.from({ length: 1 + random.below(4) }, (): Segment => {
      const data = random.bytes(300);
      const segment = { from, flags: "PA", sequence: next[from], acknowledgment: next[to], data };
      next[from] += data.length;
      return segment;
    });
    if (random.chance(2)) burst.reverse();
    if (random.chance(3)) burst.push(random.pick(burst));
    segments.push(...burst, { from: to, flags: "A", sequence: next[to], acknowledgment: next[from] });
  }
  return segments;
}

/** The packets as a raw-IP capture, some of them in fragments of either version of IP. */
function writeCapture(segments: readonly Segment[], random: Random, version: 4 | 6): Uint8Array {
  const writer = new PcapWriter({ linkType: LinkType.RAW });
  let micros = 0;
  for (const [i, segment] of segments.entries()) {
    const packet = frameOf(segment).subarray(14);
    const size = random.chance(4) ? 8 * (1 + random.below(20)) : 65_528;
    const fragments = version === 4 ? fragmentIpv4(packet, size, i) : fragmentIpv6(packet, size, i);
    if (random.chance(2)) fragments.reverse();
    for (const fragment of fragments)
      writer.writePacket({ seconds: 1000, nanos: 1000 * micros++ }, fragment, 0, fragment.length, fragment.length);
  }
  return writer.take();
}

function reassemble(capture: Uint8Array): { read: string; write: string } {
  const streams = { read: "", write: "" };
  const observe = (event: SocketEvent) => {
    assert.notEqual(event.kind, "gap");
    if (event.kind === "data") streams[event.direction] += Buffer.from(event.data).toString("hex");
  };
  const reassembler = new PacketReassembler({ observer: { observe } });
  const reader = new PcapReader({ packet: (packet) => reassembler.push(packet) });
  reader.push(capture);
  reader.end();
  reassembler.finish();
  assert.ok(reassembler.ledger.balanced);
  return streams;
}

function follow(path: string): { read: string; write: string } {
  const args = ["-r", path, "-q", "-z", "follow,tcp,raw,0", "-o", "tcp.reassemble_out_of_order:TRUE"];
  const shown = execFileSync("tshark", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    maxBuffer: 2 ** 26,
  });
  const lines = shown.split("\n").filter((line) => /^\t?[0-9a-f]+$/.test(line));
  const join = (fromServer: boolean) =>
    lines
      .filter((line) => line.startsWith("\t") === fromServer)
      .map((line) => line.trim())
      .join("");
  return { read: join(false), write: join(true) };
}

for (const version of [4, 6] as const)
  test(`random conversations over fragmented IPv${version}: the streams that tshark follows`, {
    skip: skipUnless("tshark"),
  }, () => {
    const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
    for (let round = 0; round < 4; round++) {
      const capture = writeCapture(converse(random), random, version);
      const path = join(folder, "capture.pcap");
      writeFileSync(path, capture);
      assert.deepEqual(reassemble(capture), follow(path), `seed ${random.seed}, round ${round}`);
    }
  });
