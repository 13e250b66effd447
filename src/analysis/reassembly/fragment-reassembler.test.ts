import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentIpv4, fragmentIpv6 } from "../../../test/support/ip-fragments.ts";
import { Random } from "../../../test/support/random.ts";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { CapturedPacket, LinkType } from "../../wire/pcap/index.ts";
import { PacketReassembler } from "./index.ts";

const TEXT = "x".repeat(100) + "y".repeat(100) + "z".repeat(100);
const PACKET = frameOf(parseSegment(`C A 100 300 ${TEXT}`)).subarray(14);

function run(packets: readonly Uint8Array[], seconds: (i: number) => number = () => 0, limits = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const [i, packet] of packets.entries()) reassembly.push(packet, seconds(i), LinkType.RAW);
  return reassembly;
}

const WHOLE = [`read 0 ${TEXT}`, "close unknown"];

for (const [name, fragment] of [
  ["IPv4", fragmentIpv4],
  ["IPv6", fragmentIpv6],
] as const) {
  test(`${name} fragments in order, reversed, and twice`, () => {
    const fragments = fragment(PACKET, 64, 7);
    assert.ok(fragments.length >= 5);
    assert.deepEqual(describeEvents(run(fragments).finish()), WHOLE);
    assert.deepEqual(describeEvents(run([...fragments].reverse()).finish()), WHOLE);
    assert.deepEqual(describeEvents(run(fragments.flatMap((packet) => [packet, packet])).finish()), WHOLE);
  });

  test(`${name} fragments of several datagrams, mixed`, () => {
    const [a, b] = [fragment(PACKET, 64, 7), fragment(PACKET, 128, 8)];
    assert.deepEqual(describeEvents(run([...b.slice(1), ...a, b[0]!]).finish()), WHOLE);
  });

  test(`${name} fragments that never become whole are dropped, and counted`, () => {
    const fragments = fragment(PACKET, 64, 7);
    const reassembly = run(fragments.slice(1));
    assert.deepEqual(reassembly.finish(), []);
    assert.match(reassembly.reassembler.ledger.format().join("\n"), /dropped \(incomplete-fragments 4\)/);
    const late = run(fragments, (i) => (i === 0 ? 0 : 100));
    assert.deepEqual(late.finish(), []);
  });
}

test("the protocol is what the first fragment says, in whatever order they come (RFC 8200 section 4.5)", () => {
  const fragments = fragmentIpv6(PACKET, 64, 7).map((packet, i) => (i === 0 ? packet : packet.with(40, 17)));
  for (const packets of [fragments, [...fragments].reverse()])
    assert.deepEqual(describeEvents(run(packets).finish()), WHOLE);
});

test("overlapping fragments: the first copy is kept", () => {
  const fragments = fragmentIpv4(PACKET, 64, 7);
  const other = fragments.map((packet) => packet.slice());
  for (const packet of other) packet.fill(0x21, 20);
  const mixed = fragments.flatMap((packet, i) => [packet, other[i]!]).slice(0, -1);
  assert.deepEqual(describeEvents(run(mixed).finish()), WHOLE);
});

test("a fragment that claimed to stand behind the end is no part of the datagram, and is told of", () => {
  const fragments = fragmentIpv4(PACKET, 64, 7);
  const behind = fragments[1]!.slice();
  new DataView(behind.buffer, behind.byteOffset).setUint16(6, 0x2000 | (1024 / 8));
  const reassembly = run([fragments[0]!, behind, ...fragments.slice(1)]);
  assert.deepEqual(describeEvents(reassembly.finish()), WHOLE);
  assert.equal(reassembly.reassembler.ledger.book("packet-bytes").skippedBy.get("duplicate-fragment"), 64);
});

test("of two fragments that say where the datagram ends, the first is right", () => {
  const fragments = fragmentIpv4(PACKET, 64, 7);
  for (const offset of [1024, 64]) {
    const other = fragments.at(-1)!.slice();
    new DataView(other.buffer).setUint16(6, offset / 8);
    other.set(PACKET.subarray(20 + 64, 20 + 64 + other.length - 20), 20);
    const reassembly = run([fragments.at(-1)!, other, ...fragments.slice(0, -1)]);
    assert.deepEqual(describeEvents(reassembly.finish()), WHOLE, `${offset}`);
  }
});

test("a fragment of nothing that more should follow is malformed", () => {
  const [first, ...rest] = fragmentIpv4(PACKET, 64, 7);
  const empty = first!.slice(0, 20).with(3, 20);
  const reassembly = run([empty, first!, ...rest]);
  assert.deepEqual(describeEvents(reassembly.finish()), WHOLE);
  assert.deepEqual([...reassembly.reassembler.ledger.book("packets").droppedBy], [["malformed-fragment", 1]]);
});

test("of fragments it is told which packets they came in, where a connection has them", () => {
  const told: (readonly number[])[] = [];
  const fragments = fragmentIpv4(PACKET, 64, 7);
  const ping = fragmentIpv4(PACKET.with(9, 1), 64, 8);
  const reassembler = new PacketReassembler({
    observer: { observe: () => {} },
    fragments: (connection, ordinals) => {
      assert.equal(connection.transport, "tcp");
      told.push([...ordinals]);
    },
  });
  for (const bytes of [...fragments, ...ping, ...fragments]) {
    const where = { interface: { id: 0, linkType: LinkType.RAW, snapLength: 0 }, start: 0, end: bytes.length };
    reassembler.push(Object.assign(new CapturedPacket(), { bytes, ...where, seconds: 1, nanos: 0 }));
  }
  const again = fragments.length + ping.length;
  assert.deepEqual(told, [[...fragments.keys()], fragments.map((_, i) => again + i)]);
  reassembler.finish();
});

test("equal numbers of other senders and receivers are other datagrams", () => {
  const [first, ...rest] = fragmentIpv4(PACKET, 64, 7);
  for (const at of [12, 15, 16, 19]) {
    const others = rest.map((packet) => packet.with(at, packet[at]! ^ 1));
    const reassembly = run([...others, first!]);
    assert.deepEqual(reassembly.finish(), []);
    assert.match(reassembly.reassembler.ledger.format().join("\n"), /incomplete-fragments 5/);
  }
});

test("what is put together of fragments but carries no stream is counted with all its packets", () => {
  const ping = PACKET.with(9, 1).fill(0, 20);
  ping[20] = 8;
  const fragments = fragmentIpv4(ping, 64, 7);
  const reassembly = run(fragments);
  assert.deepEqual(reassembly.finish(), []);
  assert.equal(reassembly.reassembler.ledger.book("packets").skipped, fragments.length);
});

test("a datagram takes no more memory than it needs, in whatever order and however often its fragments come", () => {
  const fragments = fragmentIpv4(PACKET, 64, 7).reverse();
  const reassembly = run([]);
  for (const packet of fragments.slice(0, -1).flatMap((each) => [each, each])) {
    reassembly.push(packet, 0, LinkType.RAW);
    const { used } = reassembly.reassembler.budget;
    assert.ok(used <= PACKET.length + 16 * fragments.length, `${used}`);
  }
  reassembly.finish();
});

test("at most so many datagrams wait", () => {
  const packets = Array.from({ length: 50 }, (_, i) => fragmentIpv4(PACKET, 64, i)[0]!);
  const reassembly = run(packets, () => 0, { datagrams: 4 });
  assert.ok(reassembly.reassembler.budget.used <= 4 * 400);
  reassembly.finish();
});

test("fragments of any size, in any order, some twice, some cut or forged: the whole or nothing", () => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  for (let round = 0; round < 500; round++) {
    const note = `seed ${random.seed}, round ${round}`;
    const fragment = random.pick([fragmentIpv4, fragmentIpv6]);
    const packets = [
      fragment(PACKET, 8 * (1 + random.below(40)), 1),
      random.list(3, () => random.pick(fragment(PACKET, 48, 1))),
    ];
    const shuffled = packets.flat().sort(() => random.below(2) - 0.5);
    const isForged = random.chance(2);
    if (isForged) {
      const victim = random.pick(shuffled);
      victim[random.below(victim.length)] = random.below(256);
    }
    const events = describeEvents(run(shuffled).finish(note));
    if (!isForged) assert.deepEqual(events, WHOLE, note);
  }
});
