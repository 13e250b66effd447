import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentIpv4 } from "../../../test/support/ip-fragments.ts";
import { type Connection, Ledger, MemoryBudget, type SocketEvent } from "../../model/index.ts";
import { CapturedPacket, LinkType } from "../../wire/pcap/index.ts";
import type { DatagramClaim } from "./datagram-claim.ts";
import { PacketReassembler, type ReassemblyLimits } from "./index.ts";

/** An IPv4 packet with a datagram between 10.0.0.`from` and 10.0.0.`to`. */
function datagram(from: number, sourcePort: number, to: number, destinationPort: number, payload: string): Uint8Array {
  const packet = new Uint8Array(28 + payload.length);
  const view = new DataView(packet.buffer);
  packet.set([0x45, 0]);
  view.setUint16(2, packet.length);
  packet.set([64, 17], 8);
  packet.set([10, 0, 0, from, 10, 0, 0, to], 12);
  view.setUint16(20, sourcePort);
  view.setUint16(22, destinationPort);
  view.setUint16(24, 8 + payload.length);
  packet.set(new TextEncoder().encode(payload), 28);
  return packet;
}

const RAW = { id: 0, linkType: LinkType.RAW, snapLength: 0 };
const CLAIM: DatagramClaim = (bytes, start) => bytes[start] === 0x71;

function reassemble(limits: Partial<ReassemblyLimits> = {}, claimsDatagram = CLAIM) {
  const events: string[] = [];
  const ends = new Map<Connection, number>();
  const nameOf = (connection: Connection) => {
    const known = ends.get(connection) ?? ends.size + 1;
    ends.set(connection, known);
    return known;
  };
  const ledger = new Ledger();
  const budget = new MemoryBudget(1 << 20);
  const reassembler = new PacketReassembler({
    observer: {
      observe(event: SocketEvent) {
        const name = nameOf(event.connection);
        if (event.kind === "data") {
          const text = new TextDecoder().decode(event.data);
          events.push(
            `${name} ${event.direction} ${event.offset} ${text}${event.truncated ? ` -${event.missing}` : ""}`,
          );
        } else if (event.kind === "close") events.push(`${name} close ${event.how} ${event.time.seconds}`);
      },
    },
    ledger,
    budget,
    limits,
    claimsDatagram,
  });
  const push = (seconds: number, bytes: Uint8Array, end = bytes.length) =>
    reassembler.push(Object.assign(new CapturedPacket(), { interface: RAW, bytes, start: 0, end, seconds, nanos: 0 }));
  const finish = () => {
    reassembler.finish();
    for (const book of [ledger.book("packets"), ledger.book("packet-bytes")])
      assert.deepEqual([book.imbalance, book.buffered], [0, 0]);
    assert.equal(budget.used, 0);
    return events;
  };
  return { push, finish, ledger, reassembler, ends };
}

test("datagrams between the same ends are one connection, each an event", () => {
  const { push, finish, ledger, reassembler, ends } = reassemble();
  const connection = push(1, datagram(2, 5000, 1, 53, "q1"));
  assert.equal(push(1, datagram(1, 53, 2, 5000, "q2!")), connection);
  push(2, datagram(2, 5000, 1, 53, "q3"));
  assert.notEqual(push(2, datagram(2, 5001, 1, 53, "q4")), connection);
  assert.equal(push(2, datagram(2, 5000, 1, 53, "other")), connection);
  assert.equal(push(2, datagram(2, 5002, 1, 53, "other")), undefined);
  assert.deepEqual(finish(), [
    "1 read 0 q1",
    "1 write 0 q2!",
    "1 read 2 q3",
    "2 read 0 q4",
    "1 read 4 other",
    "1 close unknown 2",
    "2 close unknown 2",
  ]);
  const [first] = ends.keys();
  assert.deepEqual(first?.local, { kind: "ip", address: "10.0.0.1", port: 53 });
  assert.equal(first?.transport, "udp");
  assert.equal(reassembler.counters.datagramFlows, 2);
  assert.equal(ledger.book("packets").handled, 5);
  assert.deepEqual([...ledger.book("packets").skippedBy], [["udp", 1]]);
});

test("of a flow the end with the lower port is the local one, whoever is heard of first", () => {
  for (const [client, server] of [
    [2, 9],
    [9, 2],
  ] as const)
    for (const isAsked of [true, false]) {
      const { push, finish } = reassemble();
      const [from, to] = [[client, 5000] as const, [server, 53] as const];
      const first = isAsked ? datagram(...from, ...to, "q") : datagram(...to, ...from, "q");
      const connection = push(1, first);
      assert.deepEqual(connection?.local, { kind: "ip", address: `10.0.0.${server}`, port: 53 });
      assert.deepEqual(connection?.remote, { kind: "ip", address: `10.0.0.${client}`, port: 5000 });
      assert.equal(finish()[0], `1 ${isAsked ? "read" : "write"} 0 q`);
    }
});

test("a datagram that was cut off, and one in fragments", () => {
  const { push, finish } = reassemble();
  push(1, datagram(2, 5000, 1, 53, "question"), 28 + 3);
  const whole = datagram(2, 5000, 1, 53, "quite a long question");
  for (const fragment of fragmentIpv4(whole, 8, 77).reverse()) push(1, fragment);
  assert.deepEqual(finish().slice(0, 2), ["1 read 0 que -5", "1 read 8 quite a long question"]);
});

test("what is idle is closed, and what is too many makes room", () => {
  const idle = reassemble({ datagramFlowSeconds: 10 });
  idle.push(1, datagram(2, 5000, 1, 53, "q1"));
  idle.push(5, datagram(2, 5001, 1, 53, "q2"));
  idle.push(12, datagram(2, 5001, 1, 53, "q3"));
  idle.push(12, datagram(2, 5001, 1, 53, "q4"));
  assert.deepEqual(idle.finish(), [
    "1 read 0 q1",
    "2 read 0 q2",
    "2 read 2 q3",
    "1 close timeout 1",
    "2 read 4 q4",
    "2 close unknown 12",
  ]);
  assert.equal(idle.reassembler.counters.timedOutDatagramFlows, 1);
  const justInTime = reassemble({ datagramFlowSeconds: 10 });
  justInTime.push(1, datagram(2, 5000, 1, 53, "q1"));
  for (const second of [11, 11]) justInTime.push(second, datagram(2, 5001, 1, 53, "q"));
  assert.equal(justInTime.reassembler.counters.timedOutDatagramFlows, 0);
  justInTime.finish();
  const many = reassemble({ datagramFlows: 2 });
  for (const port of [1, 2, 3]) many.push(port, datagram(2, 5000 + port, 1, 53, "q"));
  assert.deepEqual(many.finish().slice(0, 4), ["1 read 0 q", "2 read 0 q", "1 close unknown 1", "3 read 0 q"]);
  assert.equal(many.reassembler.counters.evictedDatagramFlows, 1);
});

test("the one that was silent longest makes room, not the one that came first", () => {
  const { push, finish } = reassemble({ datagramFlows: 2 });
  for (const [second, port] of [
    [1, 5001],
    [2, 5002],
    [3, 5001],
    [4, 5003],
  ] as const)
    push(second, datagram(2, port, 1, 53, "q"));
  assert.deepEqual(finish().slice(3, 5), ["2 close unknown 2", "3 read 0 q"]);
});

test("ends that were silent too long begin another connection", () => {
  const { push, finish } = reassemble({ datagramFlowSeconds: 10 });
  for (const second of [1, 12, 12, 13]) push(second, datagram(2, 5000, 1, 53, "q"));
  assert.deepEqual(finish(), ["1 read 0 q", "1 read 1 q", "1 read 2 q", "1 read 3 q", "1 close unknown 13"]);
  const silent = reassemble({ datagramFlowSeconds: 10 });
  silent.push(1, datagram(2, 5000, 1, 53, "q"));
  for (const second of [20, 20]) silent.push(second, datagram(2, 5001, 1, 53, "q"));
  silent.push(21, datagram(2, 5000, 1, 53, "q"));
  assert.deepEqual(silent.finish(), [
    "1 read 0 q",
    "2 read 0 q",
    "1 close timeout 1",
    "2 read 1 q",
    "3 read 0 q",
    "2 close unknown 20",
    "3 close unknown 21",
  ]);
});

test("a protocol is told whether a datagram goes to a group", () => {
  const told: boolean[] = [];
  const { push, finish } = reassemble({}, (_bytes, _start, _end, _from, _to, isGroup) => {
    told.push(isGroup);
    return false;
  });
  for (const [first, last] of [
    [223, 251],
    [224, 251],
    [239, 255],
    [240, 1],
    [10, 1],
  ] as const) {
    const packet = datagram(2, 5353, last, 5353, "q");
    packet[16] = first;
    push(1, packet);
  }
  for (const first of [0xff, 0xfe, 0xe0]) {
    const packet = new Uint8Array(49);
    packet.set([0x60, 0, 0, 0, 0, 9, 17, 64]);
    packet[8] = 0xfe;
    packet[24] = first;
    packet.set([0x14, 0xe9, 0x14, 0xe9, 0, 9, 0, 0, 0x71], 40);
    push(1, packet);
  }
  finish();
  assert.deepEqual(told, [false, true, true, false, false, true, false, false]);
});

test("without a claim, datagrams are counted", () => {
  const { push, finish, ledger } = reassemble({}, () => false);
  assert.equal(push(1, datagram(2, 5000, 1, 53, "q1")), undefined);
  assert.deepEqual(finish(), []);
  assert.deepEqual([...ledger.book("packet-bytes").skippedBy], [["udp", 30]]);
  const nobody = new PacketReassembler({ observer: { observe: () => assert.fail("an event") } });
  const bytes = datagram(2, 5000, 1, 53, "q1");
  const packet = { interface: RAW, bytes, start: 0, end: bytes.length, seconds: 1, nanos: 0 };
  assert.equal(nobody.push(Object.assign(new CapturedPacket(), packet)), undefined);
  assert.deepEqual([...nobody.ledger.book("packets").skippedBy], [["udp", 1]]);
});
