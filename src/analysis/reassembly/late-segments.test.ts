import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

function run(segments: readonly string[], limits: Partial<ReassemblyLimits> = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const segment of [...HANDSHAKE, ...segments]) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

/** Payload that was not handed on, by its reason. */
function skipped(reassembly: Reassembly): Record<string, number> {
  const { headers: _, ...others } = Object.fromEntries(reassembly.reassembler.ledger.book("packet-bytes").skippedBy);
  return others;
}

for (const [name, late, reasons, handedOn] of [
  ["one byte before the next is a keep-alive", "C A 102 300 x", { "keep-alive": 1 }, "abc"],
  ["another byte was sent again", "C A 101 300 x", { retransmission: 1 }, "abc"],
  ["two bytes that end there were sent again", "C A 101 300 xx", { retransmission: 2 }, "abc"],
  ["two bytes of which one is new were half sent again", "C A 102 300 xd", { retransmission: 1 }, "abcd"],
  ["all of it was sent again", "C A 100 300 abc", { retransmission: 3 }, "abc"],
  ["all of it and more was sent again", "C A 100 300 abcde", { retransmission: 3 }, "abcde"],
] as const)
  test(`behind three bytes, ${name}`, () => {
    const reassembly = run(["C A 100 300 abc", late]);
    assert.deepEqual(skipped(reassembly), reasons);
    const events = reassembly.finish();
    const text = events.map((event) => (event.kind === "data" ? Buffer.from(event.data).toString() : "")).join("");
    assert.equal(text, handedOn);
  });

test("bytes that are there already, waiting, were sent again", () => {
  const reassembly = run(["C A 105 300 fg", "C A 104 300 efgh"]);
  assert.deepEqual(skipped(reassembly), { retransmission: 2 });
  reassembly.pushSegment(parseSegment("C A 100 300 abcd"));
  assert.deepEqual(describeEvents(reassembly.events), ["open", "read 0 abcd", "read 4 e", "read 5 fg", "read 7 h"]);
  reassembly.finish();
});

for (const [client, server] of [
  [
    [10, 5],
    [10, 4],
  ],
  [
    [10, 4],
    [10, 5],
  ],
  [
    [10, 5],
    [9, 9],
  ],
  [
    [9, 9],
    [10, 5],
  ],
  [
    [10, 5],
    [10, 5],
  ],
] as const)
  test(`what both directions miss was missed by ${Math.min(client[0], server[0])} s: client ${client}, server ${server}`, () => {
    const reassembly = run([]);
    const sent = [
      [client, "C A 105 300 x"],
      [server, "S A 305 100 y"],
    ] as const;
    for (const [[seconds, nanos], segment] of sent) reassembly.push(frameOf(parseSegment(segment)), seconds, 1, nanos);
    const gaps = reassembly.finish().filter(({ kind }) => kind === "gap");
    const times = gaps.map((event) => (event.kind === "gap" ? [event.time.seconds, event.time.nanos] : []));
    const first = [client, server].sort((a, b) => a[0] - b[0] || a[1] - b[1])[0]!;
    assert.equal(times.length, 2);
    assert.deepEqual(times[0], first);
  });

for (const side of ["C", "S"] as const)
  test(`a hole of ${side} alone is given up while other connections go on`, () => {
    const hole = side === "C" ? "C A 105 300 x" : "S A 305 100 x";
    const reassembly = run([hole], { holeSeconds: 5 });
    assert.equal(
      reassembly.events.some(({ kind }) => kind === "gap"),
      false,
    );
    reassembly.push(frameOf({ ...parseSegment("C S 1"), clientPort: 6666 }), 4);
    reassembly.push(frameOf({ ...parseSegment("C A 2 9 z"), clientPort: 6666 }), 20);
    reassembly.push(frameOf({ ...parseSegment("C A 3 9 z"), clientPort: 6666 }), 40);
    const direction = side === "C" ? "read" : "write";
    assert.equal(describeEvents(reassembly.events).includes(`gap ${direction} 0+5 lost-segment`), true);
    reassembly.finish();
  });
