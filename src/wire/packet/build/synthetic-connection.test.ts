import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint, SocketEvent, Timestamp } from "../../../model/index.ts";
import type { PacketFacts } from "../../pcap/packet-writer.ts";
import { sumBytes } from "../checksum.ts";
import { hasOwnAddress, SyntheticConnection, type SyntheticConnectionOptions } from "./synthetic-connection.ts";

const LOCAL: Endpoint = { kind: "ip", address: "10.0.0.1", port: 80 };
const REMOTE: Endpoint = { kind: "ip", address: "10.0.0.2", port: 5555 };
const TIME: Timestamp = { seconds: 1, nanos: 2 };

interface Segment {
  readonly text: string;
  readonly frame: Uint8Array;
  readonly facts: PacketFacts | undefined;
}

/** Runs `play` and gives what was sent as `port>port flags seq ack length`. */
function record(
  play: (connection: SyntheticConnection) => void,
  options: SyntheticConnectionOptions = {},
  ends: { local?: Endpoint; remote?: Endpoint } = { local: LOCAL, remote: REMOTE },
): Segment[] {
  const segments: Segment[] = [];
  const writer = {
    writePacket(_: Timestamp, bytes: Uint8Array, start: number, end: number, length: number, facts?: PacketFacts) {
      const frame = bytes.slice(start, end);
      assert.equal(length, frame.length);
      segments.push({ text: describe(frame), frame, facts });
    },
  };
  play(new SyntheticConnection(writer, ends.local, ends.remote, options));
  return segments;
}

function describe(frame: Uint8Array): string {
  const view = new DataView(frame.buffer, frame.byteOffset);
  const isIpv6 = view.getUint16(12) === 0x86dd;
  const tcp = isIpv6 ? 54 : 34;
  const end = isIpv6 ? tcp + view.getUint16(18) : 14 + view.getUint16(16);
  const length = end - tcp - (frame[tcp + 12]! >> 4) * 4;
  assertChecksums(frame, isIpv6, tcp, end);
  const flags = [..."FSRPA"].filter((_, bit) => (frame[tcp + 13]! >> bit) & 1).join("");
  return `${view.getUint16(tcp)}>${view.getUint16(tcp + 2)} ${flags} ${view.getUint32(tcp + 4)} ${view.getUint32(tcp + 8)} ${length}`;
}

function assertChecksums(frame: Uint8Array, isIpv6: boolean, tcp: number, end: number): void {
  if (!isIpv6) assert.equal(sumBytes(frame, 14, 34), 0xffff, "IPv4 checksum");
  const pseudo = sumBytes(frame, isIpv6 ? 22 : 26, tcp) + 6 + (end - tcp);
  const sum = pseudo + sumBytes(frame, tcp, end);
  assert.equal(sum % 0xffff, 0, "TCP checksum");
}

const bytes = (size: number) => new Uint8Array(size).fill(7);
const texts = (segments: Segment[]) => segments.map((segment) => segment.text);

test("without a handshake an event is one segment, and nothing is none", () => {
  const segments = record((connection) => {
    connection.open(TIME);
    connection.data(TIME, "read", bytes(103), 0, 103);
    connection.data(TIME, "write", bytes(0), 0, 0);
    connection.data(TIME, "write", bytes(40), 3, 40);
    connection.data(TIME, "read", bytes(1), 0, 1);
    connection.close(TIME, "fin");
  });
  assert.deepEqual(texts(segments), ["5555>80 A 0 0 103", "80>5555 A 0 103 37", "5555>80 A 103 37 1"]);
  assert.deepEqual(
    segments.map((segment) => segment.facts?.direction),
    ["inbound", "outbound", "inbound"],
  );
  assert.equal(segments[2]!.frame.length, 60);
});

test("what no IP packet can hold is split", () => {
  const big = record((connection) => connection.data(TIME, "read", bytes(70_000), 0, 70_000));
  assert.deepEqual(texts(big), ["5555>80 A 0 0 65495", "5555>80 A 65495 0 4505"]);
  const local: Endpoint = { kind: "ip", address: "::1", port: 80 };
  const remote: Endpoint = { kind: "ip", address: "2001:db8::2", port: 5555 };
  const big6 = record((connection) => connection.data(TIME, "read", bytes(65_516), 0, 65_516), {}, { local, remote });
  assert.deepEqual(texts(big6), ["5555>80 A 0 0 65515", "5555>80 A 65515 0 1"]);
});

test("with a handshake it is a conversation", () => {
  const events: SocketEvent[] = [];
  const connection = { id: 1n, transport: "tcp", local: LOCAL, remote: REMOTE, role: "server" } as const;
  events.push({ kind: "open", connection, time: TIME });
  events.push({
    kind: "data",
    connection,
    time: TIME,
    direction: "read",
    offset: 0,
    data: bytes(1470),
    endStream: true,
  });
  events.push({ kind: "data", connection, time: TIME, direction: "write", offset: 0, data: bytes(2) });
  events.push({ kind: "close", connection, time: TIME, how: "fin" });
  const play = (synthetic: SyntheticConnection) => {
    for (const event of events) synthetic.observe(event);
  };
  assert.deepEqual(texts(record(play, { handshake: true })), [
    "5555>80 S 0 0 0",
    "80>5555 SA 0 1 0",
    "5555>80 A 1 1 0",
    "5555>80 A 1 1 1460",
    "5555>80 PA 1461 1 10",
    "5555>80 FA 1471 1 0",
    "80>5555 PA 1 1472 2",
    "80>5555 FA 3 1472 0",
    "5555>80 A 1472 4 0",
  ]);
  assert.deepEqual(texts(record(play, { handshake: true, role: "client" })).slice(0, 3), [
    "80>5555 S 0 0 0",
    "5555>80 SA 0 1 0",
    "80>5555 A 1 1 0",
  ]);
});

test("data opens a connection whose opening was not told, and a reset ends it", () => {
  const segments = record(
    (connection) => {
      connection.data(TIME, "read", bytes(1), 0, 1);
      connection.close(TIME, "reset");
      connection.close(TIME, "fin");
    },
    { handshake: true },
  );
  assert.deepEqual(texts(segments), [
    "5555>80 S 0 0 0",
    "80>5555 SA 0 1 0",
    "5555>80 A 1 1 0",
    "5555>80 PA 1 1 1",
    "80>5555 RA 1 2 0",
  ]);
});

test("what is missing is a hole in the sequence numbers and a comment behind it", () => {
  const segments = record(
    (connection) => {
      connection.data(TIME, "read", bytes(10), 0, 10);
      connection.gap("read", 90, "truncated");
      connection.data(TIME, "read", bytes(1), 0, 1);
      connection.gap("write", undefined, "lost-segment");
      connection.close(TIME, "unknown");
    },
    { comments: ["GET /"] },
  );
  assert.deepEqual(texts(segments), ["5555>80 A 0 0 10", "5555>80 A 100 0 1", "80>5555 A 1 101 0"]);
  assert.deepEqual(
    segments.map((segment) => segment.facts?.comments),
    [
      ["GET /"],
      ["90 bytes are missing before this packet (truncated)"],
      ["an unknown number of bytes is missing before this packet (lost-segment)"],
    ],
  );
});

test("a seamless connection has no holes, and no segment at its end that would show one", () => {
  const segments = record(
    (connection) => {
      const data = { kind: "data", connection: undefined as never, time: TIME, offset: 0, truncated: true } as const;
      connection.observe({ ...data, direction: "read", data: bytes(10), missing: 90 });
      connection.observe({ ...data, direction: "write", data: bytes(5) });
      connection.gap("read", 1000, "lost-segment");
      connection.data(TIME, "read", bytes(1), 0, 1);
      connection.gap("write", undefined, "lost-segment");
      connection.close(TIME, "fin");
    },
    { seamless: true },
  );
  assert.deepEqual(texts(segments), ["5555>80 A 0 0 10", "80>5555 A 0 10 5", "5555>80 A 10 5 1"]);
  assert.ok(segments.every((segment) => segment.facts?.comments === undefined));
});

test("sequence numbers wrap", () => {
  const segments = record((connection) => {
    connection.gap("read", 2 ** 32 - 1, "lost-segment");
    connection.data(TIME, "read", bytes(3), 0, 3);
    connection.data(TIME, "write", bytes(1), 0, 1);
  });
  assert.deepEqual(texts(segments), ["5555>80 A 4294967295 0 3", "80>5555 A 0 2 1"]);
});

test("ends without an address get loopback ones, and a single IPv6 end takes the other along", () => {
  const pipe: Endpoint = { kind: "pipe", path: "/run/x.sock" };
  const play = (connection: SyntheticConnection) => connection.data(TIME, "read", bytes(1), 0, 1);
  const [first] = record(play, { ordinal: 3 }, { local: pipe });
  assert.equal(first!.text, "1027>1 A 0 0 1");
  assert.deepEqual([...first!.frame.subarray(26, 34)], [127, 0, 0, 2, 127, 0, 0, 1]);
  const unusable: readonly (readonly [string, number])[] = [
    ["localhost", 80],
    ["10.0.0.999", 80],
    ["10.0.0.1", 0x1_0000],
  ];
  for (const [address, port] of unusable) {
    const [frame] = record(play, {}, { local: { kind: "ip", address, port }, remote: REMOTE });
    assert.equal(frame!.text, "5555>1 A 0 0 1", address);
    assert.ok(!hasOwnAddress({ kind: "ip", address, port }), address);
  }
  const [zoned] = record(play, {}, { local: { kind: "ip", address: "fe80::1%eth0", port: 80 }, remote: REMOTE });
  assert.deepEqual([...zoned!.frame.subarray(38, 40), zoned!.frame[53]], [0xfe, 0x80, 1]);
  const [mixed] = record(play, {}, { local: { kind: "ip", address: "::1", port: 80 }, remote: REMOTE });
  assert.deepEqual([...mixed!.frame.subarray(32, 38)], [0xff, 0xff, 10, 0, 0, 2]);
});
