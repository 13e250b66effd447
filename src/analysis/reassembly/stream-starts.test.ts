import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { LinkType } from "../../wire/pcap/index.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

function run(segments: readonly string[], limits: Partial<ReassemblyLimits> = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const segment of segments) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

function skipped(reassembly: Reassembly, why: string): number {
  return reassembly.reassembler.ledger.book("packet-bytes").skippedBy.get(why) ?? 0;
}

/** A packet without data that joined the stream, the first data, and what becomes of these. */
const STARTS: readonly (readonly [joined: string, first: string, events: readonly string[]])[] = [
  ["C A 1000 300", "C A 1000 300 abc", ["read 0 abc"]],
  ["C A 1000 300", "C A 997 300 abc", ["read 0 abc"]],
  ["C A 1000 300", "C A 999 300 ab", ["read 0 ab"]],
  ["C A 1000 300", "C A 997 300 a", ["read 0 a"]],
  // Probes of keep-alive stand one before what is next, with a byte or none.
  ["C A 1000 300", "C A 999 300 a", []],
  ["C A 999 300", "C A 1000 300 abc", ["read 0 abc"]],
  ["C A 998 300", "C A 1000 300 abc", ["gap read 0+2 lost-segment", "read 2 abc"]],
];
for (const [joined, first, events] of STARTS)
  test(`joined by ${joined}, a stream begins with ${first}`, () => {
    const shown = describeEvents(run([joined, first]).finish());
    assert.deepEqual(
      shown.filter((line) => line !== "open" && !line.startsWith("close")),
      events,
    );
  });

test("so far back a stream may begin before what it was joined by, and no further", () => {
  for (const [back, count] of [
    [65_536, 1],
    [65_537, 0],
  ] as const) {
    const shown = describeEvents(run(["C A 90000000 300", `C A ${90_000_000 - back} 300 abc`]).finish());
    assert.equal(shown.filter((line) => line === "read 0 abc").length, count, `${back}: ${shown}`);
  }
});

test("a piece tells how far the other direction was received as far as the window goes", () => {
  const limits = { windowBytes: 1000 };
  for (const [acknowledgment, known] of [
    [1300, 1000],
    [1301, undefined],
  ] as const) {
    const events = run([...HANDSHAKE, `C A 100 ${acknowledgment} ab`], limits).finish();
    const [data] = events.filter((event) => event.kind === "data" && event.data.length > 0);
    assert.equal(data?.kind === "data" ? data.acknowledged : "none", known);
  }
});

test("of two holes the one behind which nothing waits for the other is given up first, however long the other is open", () => {
  const limits = { holePackets: 2, holeSeconds: 1e6, acknowledgedHolePackets: 6, acknowledgedHoleSeconds: 1e6 };
  const both = [...HANDSHAKE, "C A 100 300 ab", "S A 310 102 zz", "C A 110 312 yy"];
  const idle = ["S A 312 102", "S A 312 102", "S A 312 102"];
  assert.deepEqual(describeEvents(run([...both, ...idle], limits).events), ["open", "read 0 ab"]);
  assert.deepEqual(describeEvents(run([...both, ...idle, ...idle, ...idle, ...idle], limits).events), [
    ...["open", "read 0 ab", "gap write 0+10 lost-segment", "write 10 zz", "gap read 2+8 lost-segment", "read 10 yy"],
  ]);
});

test("bytes behind an end that is known are cut off, also out of order", () => {
  const reassembly = run([...HANDSHAKE, "C FA 106 300", "C A 103 300 defgh", "C A 100 300 abc"]);
  assert.deepEqual(describeEvents(reassembly.finish()).slice(0, 3), ["open", "read 0 abc", "read 3 def end"]);
  assert.equal(skipped(reassembly, "after-close"), 2);
});

test("what a reset carries is counted, and one more reset of a closed connection changes nothing", () => {
  const reassembly = run([...HANDSHAKE, "C RA 100 300 why", "C RA 100 300 again", "S R 90000000 0 far"]);
  assert.equal(skipped(reassembly, "reset-payload"), 11);
  assert.equal(reassembly.reassembler.counters.strayResets, 0);
  assert.equal(reassembly.reassembler.counters.connections, 1);
  assert.equal(run([...HANDSHAKE, "S R 90000000 0 far"]).reassembler.counters.strayResets, 1);
});

test("late bytes are those of a closed connection within the window", () => {
  for (const [sequence, connections] of [
    [100, 1],
    [99, 2],
  ] as const) {
    const data = "x".repeat(1000);
    const segments = [
      ...HANDSHAKE,
      `C A 100 300 y${data.slice(1)}`,
      "C FA 1100 300 z",
      "S FA 300 1102",
      "C A 1102 301",
    ];
    const reassembly = run([...segments, `C A ${sequence} 301 abc`], { windowBytes: 1001 });
    assert.equal(reassembly.reassembler.counters.connections, connections, `${sequence}`);
  }
});

test("a tunnel's identifier is told, zero too", () => {
  for (const id of [0, 1, 0xffffff]) {
    const inner = frameOf(parseSegment("C A 1 2 x"));
    const vxlan = [8, 0, 0, 0, id >> 16, (id >> 8) & 255, id & 255, 0];
    const size = 8 + vxlan.length + inner.length;
    const udp = [0xc0, 0, 0x12, 0xb5, size >> 8, size & 255, 0, 0];
    const ip = [0x45, 0, (size + 20) >> 8, (size + 20) & 255, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
    const reassembly = new Reassembly();
    reassembly.push(Uint8Array.from([...ip, ...udp, ...vxlan, ...inner]), 0, LinkType.RAW);
    const { tunnel } = reassembly.finish()[0]!.connection;
    assert.deepEqual(tunnel, { type: "vxlan", id, source: "192.0.2.1", destination: "192.0.2.2" });
  }
});
