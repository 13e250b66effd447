import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { type Connection, MemoryBudget } from "../../model/index.ts";
import { CapturedPacket, LinkType } from "../../wire/pcap/index.ts";
import { PacketReassembler } from "./index.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

function run(segments: readonly string[], limits: Partial<ReassemblyLimits> = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const segment of segments) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

/** How many connections there are. */
const COUNTS: readonly (readonly [name: string, segments: readonly string[], connections: number])[] = [
  ["of what comes next of an open connection is damage", [...HANDSHAKE, "C A 100 300 abc", "C S 103 300"], 1],
  ["where no byte was sent begins another connection", [...HANDSHAKE, "C S 100 300"], 2],
  [
    "behind the end of a connection begins another one, also with what would come next",
    [...HANDSHAKE, "C A 100 300 abc", "C FA 103 300", "S FA 300 104", "C S 103 300"],
    2,
  ],
  ["where one side was never heard begins another connection", ["C A 100 0 abc", "C A 103 0", "C S 50 0"], 2],
  ["of the answer, late, is one that was sent again", [...HANDSHAKE, "S A 300 100 abc", "@9 S SA 299 100"], 1],
  ["of a connection that was reset, minutes later, is a replay", [...HANDSHAKE, "@2 C R 100", "@9 C S 99"], 2],
  ["of a connection that was just reset was sent again", [...HANDSHAKE, "@2 C R 100", "@3 C S 99"], 1],
];
for (const [name, segments, connections] of COUNTS)
  test(`a SYN ${name}`, () => {
    const reassembly = run(segments);
    assert.equal(reassembly.reassembler.counters.connections, connections);
    reassembly.finish();
  });

test("of data with a SYN what was cut off is missing", () => {
  for (const cut of [1, 2, 3]) {
    const events = describeEvents(run([`C S 99 0 abcd cut ${cut}`, "S SA 299 104", "C A 104 300 ef"]).finish());
    const kept = "abcd".slice(0, 4 - cut);
    assert.deepEqual(events.slice(1, 4), [`read 0 ${kept}`, `gap read ${4 - cut}+${cut} snaplen`, "read 4 ef"]);
  }
});

test("late data of a closed connection was sent again", () => {
  const reassembly = run([...HANDSHAKE, "C A 100 300 abc", "C FA 103 300", "S FA 300 104", "C A 101 301 bc"]);
  const { headers: _, ...skipped } = Object.fromEntries(
    reassembly.reassembler.ledger.book("packet-bytes").skippedBy.entries(),
  );
  assert.deepEqual(skipped, { retransmission: 2 });
  reassembly.finish();
});

test("a connection both of whose ends were seen is closed when its hole is given up, while others go on", () => {
  const reassembly = run([...HANDSHAKE, "C A 105 300 x", "C FA 106 300", "S FA 300 100"], { holeSeconds: 5 });
  for (const second of [4, 20, 40])
    reassembly.push(frameOf({ ...parseSegment("C A 2 9 z"), clientPort: 6666 }), second);
  const events = describeEvents(reassembly.events).filter((event) => !event.startsWith("#"));
  assert.deepEqual(events.slice(-3), ["gap read 0+5 lost-segment", "read 5 x end", "close fin"]);
  reassembly.finish();
});

test("one moment that is wrong does not make connections old, however many packets have it", () => {
  const reassembly = run(HANDSHAKE, { idleSeconds: 100 });
  const other = frameOf({ ...parseSegment("C A 2 9 z"), clientPort: 6666 });
  for (const [seconds, nanos] of [
    [1, 5],
    [9999, 7],
    [9999, 7],
    [9999, 7],
    [2, 8],
  ] as const)
    reassembly.push(other, seconds, LinkType.ETHERNET, nanos);
  assert.equal(reassembly.reassembler.counters.timedOutConnections, 0);
  reassembly.finish();
});

test("connections grow old in a capture of whole seconds, too", () => {
  const reassembly = new Reassembly({ idleSeconds: 100 });
  const at = (seconds: number, line: string, clientPort: number) =>
    reassembly.push(frameOf({ ...parseSegment(line), clientPort }), seconds, LinkType.ETHERNET, 0);
  for (const line of HANDSHAKE) at(0, line, 5555);
  for (const second of [50, 150, 151, 152]) at(second, "C A 2 9 z", 6666);
  assert.equal(reassembly.reassembler.counters.timedOutConnections, 1);
  reassembly.finish();
});

test("where memory has room for two connections, and none of them was answered, the oldest makes room", () => {
  const reassembly = new Reassembly({}, new MemoryBudget(2 * 2048 + 100));
  for (const clientPort of [1001, 1002, 1003]) reassembly.pushSegment({ ...parseSegment("C S 99"), clientPort });
  const { connections, counters } = reassembly.reassembler;
  assert.deepEqual([connections, counters.evictedConnections], [2, 1]);
  reassembly.finish();
});

test("a quarter of the table may be SYNs before they make room for one another", () => {
  const reassembly = new Reassembly({ connections: 8 });
  const push = (line: string, clientPort: number) => reassembly.pushSegment({ ...parseSegment(line), clientPort });
  for (let port = 1; port <= 6; port++) for (const line of HANDSHAKE) push(line, port);
  const gone = () =>
    reassembly.events.flatMap(({ kind, connection: { remote } }) => (kind === "close" ? [portOf(remote)] : []));
  for (const port of [11, 12]) push("C S 99", port);
  assert.deepEqual(gone(), []);
  push("C S 99", 13);
  assert.deepEqual(gone(), [1]);
  push("C S 99", 14);
  assert.deepEqual(gone(), [1, 11]);
  reassembly.finish();
});

test("a connection has the source that packets come from, or none", () => {
  const observed: Connection[] = [];
  const observer = { observe: ({ connection }: { connection: Connection }) => void observed.push(connection) };
  const bytes = frameOf(parseSegment("C A 100 300 abc"));
  const where = { interface: { id: 0, linkType: LinkType.ETHERNET, snapLength: 0 }, start: 0, end: bytes.length };
  const packet = Object.assign(new CapturedPacket(), { bytes, ...where, seconds: 1, nanos: 0 });
  new PacketReassembler({ observer, source: "eth0" }).push(packet);
  new PacketReassembler({ observer }).push(packet);
  assert.equal(observed[0]?.source, "eth0");
  assert.equal(Object.hasOwn(observed.at(-1)!, "source"), false);
});

function portOf(endpoint: Connection["remote"]): number | undefined {
  return endpoint?.kind === "ip" ? endpoint.port : undefined;
}
