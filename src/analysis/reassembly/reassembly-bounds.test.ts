import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentIpv4, fragmentIpv6 } from "../../../test/support/ip-fragments.ts";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { LinkType } from "../../wire/pcap/index.ts";
import { DEFAULT_REASSEMBLY_LIMITS, type ReassemblyLimits } from "./reassembly-limits.ts";

/** Behaviour at a limit's own value and at one more: each bound is exact. */

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

for (const holePackets of [1, 2, 7, DEFAULT_REASSEMBLY_LIMITS.holePackets])
  test(`a hole is waited for during ${holePackets} packets of its connection, not one fewer or more`, () => {
    const opened = opening({ holePackets, holeSeconds: 1e6 }, ["C A 103 300 def"]);
    assert.equal(packetsUntilGap(opened, "S A 300 100"), holePackets);
  });

for (const acknowledgedHolePackets of [2, 7, DEFAULT_REASSEMBLY_LIMITS.acknowledgedHolePackets])
  test(`a hole that was acknowledged is waited for during ${acknowledgedHolePackets} packets`, () => {
    const limits = { acknowledgedHolePackets, acknowledgedHoleSeconds: 1e6 };
    const opened = opening(limits, ["C A 103 300 def", "S A 300 106"]);
    assert.equal(packetsUntilGap(opened, "S A 300 106"), acknowledgedHolePackets);
    // The side that the hole is in goes on, too.
    const lively = opening(limits, ["C A 103 300 def", "S A 300 106"]);
    assert.equal(packetsUntilGap(lively, "C A 103 300 def"), acknowledgedHolePackets);
  });

test("what one side sent at one moment counts once, however it was cut", () => {
  const opened = opening({ holePackets: 3 }, ["C A 103 300 def"]);
  for (let i = 0; i < 20; i++) opened.push(frameOf(parseSegment(`C A ${106 + i} 300 x`)), 0, LinkType.ETHERNET, 1e6);
  assert.equal(opened.reassembler.counters.gaps, 0);
  assert.equal(packetsUntilGap(opened, "S A 300 100"), 2);
  opened.finish();
});

test("packets of other connections do not end a hole", () => {
  const opened = opening({ holePackets: 3 }, ["C A 103 300 def"]);
  for (let i = 0; i < 20; i++) opened.pushSegment({ ...parseSegment("C A 500 1 x"), clientPort: 6000 });
  assert.equal(opened.reassembler.counters.gaps, 0);
  assert.equal(packetsUntilGap(opened, "S A 300 100"), 3);
  opened.finish();
});

const DURATIONS: readonly { name: keyof ReassemblyLimits; segments: readonly string[]; filler: string }[] = [
  { name: "holeSeconds", segments: ["C A 103 300 def"], filler: "S A 300 100" },
  { name: "acknowledgedHoleSeconds", segments: ["C A 103 300 def", "S A 300 106"], filler: "S A 300 106" },
];

for (const { name, segments, filler } of DURATIONS)
  for (const limit of [2, DEFAULT_REASSEMBLY_LIMITS[name]])
    test(`${name} ${limit}: up to that second a hole is waited for`, () => {
      const opened = opening({ [name]: limit }, segments);
      opened.pushSegment(parseSegment(`@${limit} ${filler}`));
      assert.equal(opened.reassembler.counters.gaps, 0);
      opened.pushSegment(parseSegment(`@${limit + 1} ${filler}`));
      assert.equal(opened.reassembler.counters.gaps, 1);
      opened.finish();
    });

for (const windowBytes of [1000, DEFAULT_REASSEMBLY_LIMITS.windowBytes])
  test(`a segment ${windowBytes} bytes from what is expected is of the connection, one byte further it is stray`, () => {
    for (const [distance, stray] of [
      [windowBytes, 0],
      [windowBytes + 1, 1],
    ] as const) {
      const opened = opening({ windowBytes }, [`C A ${100 + distance} 300 x`]);
      assert.equal(opened.reassembler.counters.straySegments, stray, String(distance));
      opened.finish();
    }
  });

/** The distance that a reset may have is a megabyte; a SYN is a replay from the third second on. */
test("a reset is believed up to a megabyte from what is expected, to either side", () => {
  for (const [distance, stray] of [
    [1024 * 1024, 0],
    [1024 * 1024 + 1, 1],
    [-1024 * 1024, 0],
    [-1024 * 1024 - 1, 1],
  ] as const) {
    const opened = opening({}, [`C R ${(100 + distance) >>> 0}`]);
    assert.equal(opened.reassembler.counters.strayResets, stray, String(distance));
    opened.finish();
  }
});

test("the same SYN again is a retransmission for less than three seconds", () => {
  for (const [seconds, connections] of [
    [2, 1],
    [3, 2],
  ] as const) {
    const opened = opening({}, ["C A 100 300 abc", `@${seconds} C S 99`]);
    assert.equal(opened.reassembler.counters.connections, connections, `after ${seconds} s`);
    opened.finish();
  }
});

/** The length field of IPv6 and the offset field of both reach to 65 535. */
for (const [name, fragment] of [
  ["IPv4", fragmentIpv4],
  ["IPv6", fragmentIpv6],
] as const)
  test(`the longest ${name} datagram is put together, one byte more is no datagram`, () => {
    for (const length of [0xfff, 0x1000, 0xffef, 0xfff0, 0xfff1, 0xfffe, 0xffff]) {
      const packet = packetOf(length);
      const fragments = fragment(packet, 1480, 7);
      for (const order of [fragments, [...fragments].reverse()]) {
        const events = runFragments(order).finish(`${name}, ${length}`);
        assert.deepEqual(
          events.map((event) => (event.kind === "data" ? event.data.length : event.kind)),
          [length - 20, "close"],
          `${name}, ${length}`,
        );
        const [first] = events;
        assert.ok(first?.kind === "data" && Buffer.from(packet.subarray(40)).equals(first.data), `${name}, ${length}`);
      }
    }
    const tooLong = runFragments(fragment(packetOf(0x1_0000), 1480, 7));
    assert.deepEqual(describeEvents(tooLong.finish()), []);
    assert.match(tooLong.reassembler.ledger.format().join("\n"), /malformed-fragment 1\b/);
  });

test("a datagram's rest is waited for up to its limit in seconds", () => {
  const fragments = fragmentIpv4(packetOf(200), 104, 7);
  for (const [seconds, events] of [
    [5, 2],
    [6, 0],
  ] as const) {
    const reassembly = new Reassembly({ datagramSeconds: 5 });
    reassembly.push(fragments[0]!, 0, LinkType.RAW);
    reassembly.push(fragments[1]!, seconds, LinkType.RAW);
    assert.equal(reassembly.finish().length, events, `after ${seconds} s`);
  }
});

test("as many datagrams wait as the limit says, and one more ends the oldest", () => {
  for (const [others, events] of [
    [3, 2],
    [4, 0],
  ] as const) {
    const [first, second] = fragmentIpv4(packetOf(200), 104, 99);
    const waiting = Array.from({ length: others }, (_, i) => fragmentIpv4(packetOf(200), 104, i)[0]!);
    const reassembly = runFragments([first!, ...waiting, second!], { datagrams: 4 });
    assert.equal(reassembly.finish().length, events, `${others} others`);
  }
});

function opening(limits: Partial<ReassemblyLimits>, segments: readonly string[]): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const segment of [...HANDSHAKE, ...segments]) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

/** How many such packets more it takes until the hole is given up. */
function packetsUntilGap(reassembly: Reassembly, filler: string): number {
  assert.equal(reassembly.reassembler.counters.gaps, 0);
  let packets = 0;
  while (reassembly.reassembler.counters.gaps === 0 && packets < 10_000) {
    reassembly.pushSegment(parseSegment(filler));
    packets++;
  }
  return packets;
}

/** A TCP segment in IPv4 whose payload of IP has `length` bytes, which may be more than IPv4's own length field holds. */
function packetOf(length: number): Uint8Array {
  const packet = new Uint8Array(20 + length);
  packet.set(frameOf(parseSegment("C A 100 300")).subarray(14));
  for (let i = 40; i < packet.length; i++) packet[i] = (i * 7 + (i >> 8) * 13) & 0xff;
  return packet;
}

function runFragments(packets: readonly Uint8Array[], limits: Partial<ReassemblyLimits> = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const packet of packets) reassembly.push(packet, 0, LinkType.RAW);
  return reassembly;
}
