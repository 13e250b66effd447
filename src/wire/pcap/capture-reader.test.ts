import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { Ledger } from "../../model/index.ts";
import { createCaptureReader, detectCaptureFormat } from "./capture-reader.ts";
import type { CaptureDamage, CapturedPacket, CaptureHandler } from "./captured-packet.ts";
import { PcapWriter } from "./pcap-writer.ts";
import { readPacketFacts } from "./pcapng-options.ts";
import { PcapngWriter } from "./pcapng-writer.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Reads a file in chunks that end at `cuts`, and gives a line an event; checks that the ledger balances. */
function read(bytes: Uint8Array, cuts: readonly number[] = [], limits = {}): string[] {
  const events: string[] = [];
  const ledger = new Ledger();
  const book = ledger.book("file-bytes");
  let packetBytes = 0;
  let damagedBytes = 0;
  const handler: CaptureHandler = {
    packet(packet: CapturedPacket) {
      const { comments, direction } = readPacketFacts(packet);
      const shown = Buffer.from(packet.bytes.subarray(packet.start, packet.end)).toString("hex");
      const time = packet.hasTime ? `${packet.seconds}.${String(packet.nanos).padStart(9, "0")}` : "-";
      const facts = [direction, ...(comments ?? [])].filter((fact) => fact !== undefined).join(",");
      events.push(`${packet.interface.id} ${time} ${shown}/${packet.originalLength} ${facts}`.trimEnd());
      packetBytes += packet.end - packet.start;
    },
    interface: ({ id, linkType, snapLength, name }) => events.push(`interface ${id} ${linkType} ${snapLength} ${name}`),
    secrets: (type, secrets) => events.push(`secrets ${type.toString(16)} ${Buffer.from(secrets)}`),
    name: (address, name) => events.push(`name ${Buffer.from(address).toString("hex")} ${name}`),
    statistics: ({ id }, { received, dropped }) => events.push(`statistics ${id} ${received} ${dropped}`),
    damage({ offset, size, message }: CaptureDamage) {
      events.push(`damage ${offset}+${size}: ${message}`);
      damagedBytes += size;
    },
  };
  const reader = createCaptureReader(detectCaptureFormat(bytes)!, handler, book, limits);
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    reader.push(bytes.slice(at, cut));
    at = cut;
  }
  reader.end();
  assert.ok(ledger.balanced && book.buffered === 0, ledger.format().join());
  assert.deepEqual([book.entered, book.handled, book.dropped], [bytes.length, packetBytes, damagedBytes]);
  return events;
}

const PCAP_BIG_ENDIAN = hex(`
  a1b2c3d4 0002 0004 00000000 00000000 00000060 00000001
  5f000001 000f423f 00000002 00000003 aabb
  5f000002 00000000 00000000 00000000`);

const PCAPNG_BIG_ENDIAN = hex(`
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
  00000001 00000020 0001 0000 00000004 0009 0001 89000000 00000000 00000020
  00000006 00000024 00000000 00000000 00000a01 00000001 00000001 cc000000 00000024
  00000003 00000014 00000009 01020304 00000014
  00000002 0000002c 0000 0007 00000000 00000200 00000001 00000001 dd000000 0002 0004 00000002 0000002c
  0000000a 0000001c 544c534b 00000005 68656c6c 6f000000 0000001c
  00000004 00000028 0001 000c 0a000001 612e6200 63000000 0002 0001 00000000 00000000 00000028
  00000005 00000024 00000000 00000000 00000000 0005 0008 0000000000000007 00000024
  00000bad 00000014 00007ed9 00000000 00000014`);

function writtenPcap(resolution: "microseconds" | "nanoseconds"): Uint8Array {
  const writer = new PcapWriter({ resolution, linkType: 276 });
  writer.writePacket({ seconds: 1_700_000_000, nanos: 123_456_789 }, hex("aabbcc"), 1, 3, 99);
  writer.writePacket({ seconds: 1_700_000_000, nanos: 123_456_790 }, hex("11"), 0, 1, 1);
  return writer.take();
}

function writtenPcapng(): Uint8Array {
  const writer = new PcapngWriter({ application: "tapline" });
  writer.addInterface({ name: "a" });
  writer.addInterface({ name: "bcd", linkType: 101, resolution: "microseconds", snapLength: 9 });
  writer.writeTlsSecrets(new TextEncoder().encode("CLIENT_RANDOM 1 2\n"));
  const time = { seconds: 4_000_000_000, nanos: 999_999_999 };
  writer.writePacket(time, hex("aabbcc"), 0, 3, 3, { direction: "outbound", comments: ["hi", "there"] });
  writer.writePacket(time, hex("aabbccdd"), 0, 4, 4, { interfaceId: 1 });
  return writer.take();
}

const FILES: readonly (readonly [name: string, bytes: Uint8Array, events: readonly string[]])[] = [
  [
    "pcap, big-endian",
    PCAP_BIG_ENDIAN,
    ["interface 0 1 96 undefined", "0 1593835521.999999000 aabb/3", "0 1593835522.000000000 /0"],
  ],
  [
    "pcap, written with microseconds",
    writtenPcap("microseconds"),
    ["interface 0 276 262144 undefined", "0 1700000000.123456000 bbcc/99", "0 1700000000.123456000 11/1"],
  ],
  [
    "pcap, written with nanoseconds",
    writtenPcap("nanoseconds"),
    ["interface 0 276 262144 undefined", "0 1700000000.123456789 bbcc/99", "0 1700000000.123456790 11/1"],
  ],
  [
    "pcap with longer record headers",
    hex(
      "34cdb2a1 0200 0400 00000000 00000000 60000000 01000000 01000000 02000000 01000000 01000000 0000000000000000 ee",
    ),
    ["interface 0 1 96 undefined", "0 1.000002000 ee/1"],
  ],
  [
    "pcapng, big-endian, of every block",
    PCAPNG_BIG_ENDIAN,
    [
      "interface 0 1 4 undefined",
      "0 5.001953125 cc/1",
      "0 - 01020304/9",
      "0 1.000000000 dd/1 outbound",
      "secrets 544c534b hello",
      "name 0a000001 a.b",
      "name 0a000001 c",
      "statistics 0 undefined 7",
    ],
  ],
  [
    "pcapng, written",
    writtenPcapng(),
    [
      "interface 0 1 262144 a",
      "interface 1 101 9 bcd",
      "secrets 544c534b CLIENT_RANDOM 1 2\n",
      "0 4000000000.999999999 aabbcc/3 outbound,hi,there",
      "1 4000000000.999999000 aabbccdd/4",
    ],
  ],
];

for (const [name, bytes, events] of FILES)
  test(`${name}: the same at every split`, () => {
    assert.deepEqual(read(bytes), events);
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(read(bytes, [cut]), events, `cut at ${cut}`);
    const everywhere = Array.from(bytes, (_, i) => i + 1).slice(0, -1);
    assert.deepEqual(read(bytes, everywhere), events, "byte by byte");
  });

test("several sections of different byte orders: interfaces are numbered through", () => {
  const events = read(join(PCAPNG_BIG_ENDIAN, writtenPcapng()));
  assert.deepEqual(events.slice(8, 10), ["interface 1 1 262144 a", "interface 2 101 9 bcd"]);
  assert.equal(events.length, 13);
});

describe("times of every resolution are exact", () => {
  const cases: readonly (readonly [resolution: string, offset: string, units: bigint, expected: string])[] = [
    ["06", "0000000000000000", 1_700_000_000_123_456n, "1700000000.123456000"],
    ["09", "0000000000000000", 1_700_000_000_999_999_999n, "1700000000.999999999"],
    ["09", "0000000000000000", 18_446_744_073_709_551_615n, "18446744073.709551615"],
    ["00", "0000000000000000", 4_294_967_296n, "4294967296.000000000"],
    ["03", "ffffffffffffffff", 5_001n, "4.001000000"],
    ["0c", "0000000000000000", 1_234_567_890_123_456n, "1234.567890123"],
    ["94", "0000000000000001", (1n << 20n) + 1n, "2.000000953"],
    ["a0", "0000000000000000", 0x1_8000_0000n, "1.500000000"],
  ];
  for (const [resolution, offset, units, expected] of cases)
    test(`10 or 2 to the -${resolution}`, () => {
      const stamp = units.toString(16).padStart(16, "0");
      const file = hex(`
        0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
        00000001 0000002c 0001 0000 00000000 0009 0001 ${resolution}000000 000e 0008 ${offset} 00000000 0000002c
        00000006 00000020 00000000 ${stamp} 00000000 00000000 00000020`);
      assert.equal(read(file)[1], `0 ${expected} /0`);
    });
});

const DAMAGED: readonly (readonly [name: string, bytes: Uint8Array, damage: RegExp, packets: number])[] = [
  ["a pcap that is cut", PCAP_BIG_ENDIAN.subarray(0, 50), /^damage 42\+8: the file ends in the middle/, 1],
  ["a pcap that is cut in its header", PCAP_BIG_ENDIAN.subarray(0, 20), /^damage 0\+20: the file ends/, 0],
  ["a pcapng that is cut", writtenPcapng().subarray(0, -5), /^damage 232\+31: the file ends in the middle/, 1],
  ["a packet longer than its block", patch(writtenPcapng(), 184, 0x7f), /a packet of \d+ bytes in a block that has/, 1],
  [
    "a packet of an unknown interface",
    patch(writtenPcapng(), 240, 9),
    /a packet of interface 9, but the section has described 2/,
    1,
  ],
  ["a block whose lengths differ", patch(writtenPcapng(), 228, 9), /length is 68 in front and 9 behind/, 2],
];

function patch(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

test("a file that is not read to its end is not damaged", () => {
  for (const [bytes, format] of [
    [PCAP_BIG_ENDIAN, "pcap"],
    [writtenPcapng(), "pcapng"],
  ] as const) {
    const book = new Ledger().book("file-bytes");
    const reader = createCaptureReader(format, { packet() {}, damage: () => assert.fail() }, book);
    reader.push(bytes.subarray(0, -5));
    reader.end(true);
    assert.ok((book.skippedBy.get("not-read") ?? 0) > 0);
    assert.equal(book.dropped + book.imbalance, 0);
  }
});

for (const [name, bytes, damage, packets] of DAMAGED)
  test(`${name}: says where, and gives what was whole`, () => {
    const events = read(bytes);
    assert.match(events.find((event) => event.startsWith("damage")) ?? "nothing", damage);
    assert.equal(events.filter((event) => /^\d /.test(event)).length, packets);
    for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(read(bytes, [cut]), events, `cut at ${cut}`);
  });

test("behind damage in a pcap file, reading goes on with the next record", () => {
  const writer = new PcapWriter();
  for (let i = 0; i < 40; i++)
    writer.writePacket({ seconds: 1_700_000_000 + i, nanos: 0 }, new Uint8Array(60).fill(0x5a), 0, 60, 60);
  const bytes = writer.take();
  // The 11th record's captured length.
  bytes.fill(0xff, 24 + 10 * 76 + 8, 24 + 10 * 76 + 12);
  const events = read(bytes);
  assert.equal(events.filter((event) => event.includes("5a5a")).length, 39);
  assert.match(events.find((event) => event.startsWith("damage"))!, /^damage 784\+76: a packet of 4294967295 bytes/);
  for (const size of [1, 7, 100]) {
    const cuts = Array.from({ length: Math.ceil(bytes.length / size) - 1 }, (_, i) => (i + 1) * size);
    assert.deepEqual(read(bytes, cuts), events);
  }
});

test("a length that points behind the file's end hides no record that follows", () => {
  const pcap = Uint8Array.from(PCAP_THREE);
  for (const at of [32, 33]) {
    const bytes = Uint8Array.from(pcap);
    bytes[at] = 0xe0;
    const events = read(bytes, [40, 50]);
    assert.match(events.join("\n"), /damage 24\+76: the file ends in the middle of a record/);
    assert.deepEqual(events.filter((event) => /^0 /.test(event)).length, 2, events.join("\n"));
  }
  const pcapng = Uint8Array.from(writtenPcapng());
  const before = read(pcapng);
  // The length of the first packet's block.
  const block = blocksOf(pcapng).find(({ type }) => type === 6)!.start;
  pcapng[block + 5] = 0x20;
  assert.deepEqual(packetsOf(read(pcapng)), packetsOf(before));
});

test("a pcap record that is shorter than its header says swallows nothing behind the next; time may jump all the same", () => {
  const write = (times: readonly number[]) => {
    const writer = new PcapWriter();
    for (const seconds of times) writer.writePacket({ seconds, nanos: 0 }, new Uint8Array(600).fill(0x45), 0, 600, 600);
    return writer.take();
  };
  const bytes = write(Array.from({ length: 200 }, (_, i) => 1_700_000_000 + i));
  // The third record's captured length: 0x258.
  for (const value of [0x00, 0x10, 0x57])
    for (const at of [24 + 2 * 616 + 8, 24 + 2 * 616 + 9]) {
      const events = read(patch(bytes, at, value));
      assert.ok(packetsOf(events).length >= 198, `byte ${at} is ${value}: ${packetsOf(events).length}`);
    }
  const jumps = read(write([0, 1, 1_700_000_000, 1_700_000_001, 5, 6]));
  assert.equal(packetsOf(jumps).length, 6, jumps.join("\n"));
});

test("of the two lengths of a pcapng block one may be damaged", () => {
  const whole = writtenPcapng();
  const blocks = blocksOf(whole);
  for (const { start, length } of blocks.slice(1))
    for (const at of [start + 4, start + 5, start + 6, start + 7, start + length - 4, start + length - 1])
      for (const value of [whole[at]! ^ 4, whole[at]! ^ 1, 0xff]) {
        const events = read(patch(whole, at, value), [start + 6, start + length + 2]);
        const told = events.filter((event) => event.startsWith("damage"));
        assert.deepEqual(
          events.filter((event) => !event.startsWith("damage")),
          read(whole),
          `byte ${at} is ${value}`,
        );
        assert.equal(told.length, value === whole[at] ? 0 : 1, told.join());
      }
});

function blocksOf(pcapng: Uint8Array): { readonly type: number; readonly start: number; readonly length: number }[] {
  const view = new DataView(pcapng.buffer, pcapng.byteOffset);
  const blocks = [];
  for (let start = 0; start < pcapng.length; start += blocks.at(-1)!.length)
    blocks.push({ type: view.getUint32(start, true), start, length: view.getUint32(start + 4, true) });
  return blocks;
}

function packetsOf(events: readonly string[]): string[] {
  return events.filter((event) => /^\d+ (?:\d+\.\d+|-) /.test(event));
}

/** Three packets of 60 bytes. */
const PCAP_THREE = hex(`
  d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000
  0100005f 01000000 3c000000 3c000000 ${"aa".repeat(60)}
  0100005f 02000000 3c000000 3c000000 ${"bb".repeat(60)}
  0100005f 03000000 3c000000 3c000000 ${"cc".repeat(60)}`);

test("a magic number with one wrong byte is told, and read", () => {
  for (const at of [0, 1, 2, 3]) {
    const bytes = Uint8Array.from(PCAP_THREE);
    bytes[at]! ^= 0x10;
    const events = read(bytes);
    assert.match(events[0]!, /^damage 0\+0: this is no pcap file/);
    assert.deepEqual(events.slice(1), read(PCAP_THREE));
  }
});

test("a block beyond the limit is damage", () => {
  assert.match(read(writtenPcapng(), [], { blockBytes: 64 }).join("\n"), /damage .*multiples of 4 from 12 to 64/);
});

test("mutated files: nothing thrown, every byte accounted for, no packet out of nothing, the same at any split", () => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  const originals = FILES.map(([, bytes]) => bytes);
  const deadline = performance.now() + 2000;
  for (let round = 0; round < 3000 && performance.now() < deadline; round++) {
    const parts = random.list(3, () => random.pick(originals));
    const bytes = mutate(join(random.pick(originals), ...parts), random);
    if (detectCaptureFormat(bytes) === undefined) continue;
    const cuts = random.list(5, () => random.below(bytes.length + 1)).sort((a, b) => a - b);
    assert.deepEqual(read(bytes, cuts), read(bytes), `seed ${random.seed}, round ${round}`);
    const shown = Buffer.from(bytes).toString("hex");
    for (const event of read(bytes)) {
      const packet = /^\d+ \S+ ([0-9a-f]*)\//.exec(event);
      assert.ok(packet === null || shown.includes(packet[1]!), `seed ${random.seed}, round ${round}: ${event}`);
    }
  }
});

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let result = bytes.slice();
  for (let count = random.below(4); count >= 0; count--) {
    const at = random.below(result.length + 1);
    const size = random.below(40);
    const kind = random.below(3);
    if (kind === 0) result = join(result.subarray(0, at), result.subarray(at + size));
    else if (kind === 1) result = join(result.subarray(0, at), random.bytes(20), result.subarray(at));
    else if (at < result.length) result[at] = random.below(256);
  }
  return result;
}

test("a packet that is too long is passed over without being searched", () => {
  const write = (packets: readonly Uint8Array[]) => {
    const writer = new PcapWriter();
    for (const bytes of packets) writer.writePacket({ seconds: 100, nanos: 0 }, bytes, 0, bytes.length, bytes.length);
    return writer.take();
  };
  const [before, behind] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
  // It holds records, which are not the file's.
  const long = join(...Array.from({ length: 20 }, () => write([behind, before]).subarray(24)));
  const bytes = write([before, long, behind]);
  const wanted = [
    "interface 0 1 262144 undefined",
    "0 100.000000000 010203/3",
    `damage 43+${16 + long.length}: a packet of ${long.length} bytes, more than the limit of 100`,
    "0 100.000000000 040506/3",
  ];
  for (const size of [1, 7, 64, bytes.length]) {
    const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => (i + 1) * size);
    assert.deepEqual(read(bytes, cuts, { blockBytes: 100 }), wanted, `pieces of ${size}`);
  }
  const cut = read(bytes.subarray(0, 300), [], { blockBytes: 100 });
  assert.deepEqual(cut.slice(0, 2), wanted.slice(0, 2));
  assert.match(cut[2] ?? "", /^damage 43\+257: /);
});

test("what stands behind damage is not taken byte by byte, however it is cut", () => {
  const word = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
  const head = word(0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffffffff, 0xffffffff, 28);
  const reader = createCaptureReader(detectCaptureFormat(head)!, { packet() {} });
  reader.push(head);
  // A block that is longer than is believed.
  reader.push(word(6, 0x7ffffffc, 0, 0));
  const { set } = Uint8Array.prototype;
  let copies = 0;
  Uint8Array.prototype.set = function (this: Uint8Array, ...args: Parameters<typeof set>) {
    copies++;
    set.apply(this, args);
  };
  try {
    for (let piece = 0; piece < 16; piece++) reader.push(new Uint8Array(65_536).fill(piece));
  } finally {
    Uint8Array.prototype.set = set;
  }
  assert.ok(copies < 2000, `${copies} copies`);
  reader.end();
});
