import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

const HANDSHAKE = ["C S 99", "C A 100 300", "S SA 299 100"];

function run(segments: readonly string[], limits: Partial<ReassemblyLimits> = {}): Reassembly {
  const reassembly = new Reassembly(limits);
  for (const segment of segments) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

/** Segments behind the handshake, how the connection ends, and at which second it is known to have been closed. */
const ENDS: readonly (readonly [segments: readonly string[], how: string, closed: number | undefined])[] = [
  [["@3 C FA 100 300", "@4 S FA 300 101"], "fin", 4],
  [["@3 C FA 100 300", "@4 S R 300"], "reset", 4],
  [["@3 C R 100"], "reset", 3],
  [["@3 C FA 100 300"], "unknown", undefined],
  [["@3 C A 100 300 abc"], "unknown", undefined],
  [["@3 C A 100 300 abc", "@9000 C A 103 300 def", "@9000 C A 106 300"], "timeout", undefined],
];
for (const [segments, how, closed] of ENDS)
  test(`when a connection was closed is known of an end that was seen: ${segments}`, () => {
    const events = run([...HANDSHAKE, ...segments], { idleSeconds: 100 }).finish();
    const close = events.find(({ kind }) => kind === "close");
    // A connection that was idle is closed before the packet that shows it is looked at.
    const [shown, at] = close?.kind === "close" ? [close.how, close.connection.closed?.seconds] : [];
    assert.deepEqual([shown, at], [how === "timeout" ? "unknown" : how, closed]);
  });

/** A reset is believed where it answers a SYN, whose sender knows no number yet, and near what is expected. */
for (const [segments, isBelieved] of [
  [["C S 99", "S RA 0 100"], true],
  [["C S 99", "S RA 90000000 100"], true],
  [["C S 99", "S SA 89999999 100", "C A 100 90000000", "S RA 0 100"], true],
  [["C S 99", "S SA 89999999 100", "C A 100 90000000", "S RA 1 100"], false],
  [["C A 100 90000000 abc", "S RA 0 103"], true],
  [["C A 100 90000000 abc", "S RA 88951424 103"], true],
  [["C A 100 90000000 abc", "S RA 88951423 103"], false],
  [["C A 100 90000000 abc", "S RA 91048576 103"], true],
  [["C A 100 90000000 abc", "S RA 91048577 103"], false],
] as const)
  test(`a reset is ${isBelieved ? "believed" : "that of another connection"}: ${segments}`, () => {
    const reassembly = run(segments);
    assert.equal(reassembly.reassembler.counters.strayResets, isBelieved ? 0 : 1);
    assert.equal(describeEvents(reassembly.finish()).includes("close reset by write"), isBelieved);
  });

test("an end that stands before what came is none", () => {
  const events = run([...HANDSHAKE, "C A 100 300 abc", "C FA 101 300", "C A 103 300 def"]).finish();
  assert.deepEqual(describeEvents(events), ["open", "read 0 abc", "read 3 def", "close unknown"]);
});

test("of a first packet that ends the connection what was captured is told, and the rest is missing", () => {
  const events = describeEvents(run(["C FA 100 300 abcdef cut 3"]).finish());
  assert.deepEqual(events, ["read 0 abc", "gap read 3+3 snaplen", "read 6 - end", "close unknown"]);
});

test("what was acknowledged behind a hole is missed when the hole is closed, not before", () => {
  const alone = ["S A 300 100 a", "S A 301 100 b", "S A 302 100 c", "S A 303 100 d"];
  const reassembly = run([...alone, "S A 310 200 z", "S A 304 100 efghij"], { acknowledgedHolePackets: 2 });
  assert.deepEqual(describeEvents(reassembly.finish()).slice(4), [
    ...["write 4 efghij", "gap read 0+100 lost-segment", "write 10 z"],
    "close unknown",
  ]);
});

test("one byte that was acknowledged may be an end that was not captured: nothing waits for it", () => {
  const reassembly = run([...HANDSHAKE, "S A 305 110 bb", "S A 300 101 aaaaa"]);
  assert.deepEqual(describeEvents(reassembly.events), ["open", "write 0 aaaaa"]);
  reassembly.finish();
});
