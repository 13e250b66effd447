import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { MemoryBudget } from "../../model/index.ts";
import { LinkType } from "../../wire/pcap/index.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

/** Waiting bytes, and what they wait for: events as they stand before the input is over. */

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

function run(segments: readonly string[], limits: Partial<ReassemblyLimits> = {}, budget?: MemoryBudget): Reassembly {
  const reassembly = new Reassembly(limits, budget);
  for (const segment of [...HANDSHAKE, ...segments]) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

/** Bytes that were not handed on, by their reason. */
function skipped(reassembly: Reassembly): Record<string, number> {
  const { headers: _, ...others } = Object.fromEntries(reassembly.reassembler.ledger.book("packet-bytes").skippedBy);
  return others;
}

test("segments that each acknowledge the other are handed on at once, in the order of the capture, and counted", () => {
  const reassembly = run(["S A 300 103 yes", "C A 100 303 ask"]);
  assert.deepEqual(describeEvents(reassembly.events), ["open", "write 0 yes", "read 0 ask"]);
  assert.equal(reassembly.reassembler.counters.contradictions, 1);
  reassembly.finish();
});

test("a direction of which nothing is captured holds the other up for no packet", () => {
  const reassembly = new Reassembly({ acknowledgedHolePackets: 2 });
  const upload = ["C A 100 300 a", "C A 101 300 b", "C A 102 300 c", "C A 103 400 d", "C A 104 500 e"];
  for (const segment of upload) reassembly.pushSegment(parseSegment(segment));
  assert.deepEqual(describeEvents(reassembly.events), [
    ...["read 0 a", "read 1 b", "read 2 c"],
    ...["gap write 0+100 lost-segment", "read 3 d", "gap write 100+100 lost-segment", "read 4 e"],
  ]);
  reassembly.finish();
});

test("a direction that is captured no more is waited for once", () => {
  const upload = ["C A 100 300 a", "C A 101 300 b", "C A 102 300 c", "C A 103 400 d", "C A 104 400 e", "C A 105 400 f"];
  const reassembly = run(upload, { acknowledgedHolePackets: 2 });
  const known = ["open", "read 0 a", "read 1 b", "read 2 c", "gap write 0+100 lost-segment"];
  assert.deepEqual(describeEvents(reassembly.events), [...known, "read 3 d", "read 4 e", "read 5 f"]);
  reassembly.pushSegment(parseSegment("C A 106 500 g"));
  assert.deepEqual(describeEvents(reassembly.events).slice(-2), ["gap write 100+100 lost-segment", "read 6 g"]);
  reassembly.finish();
});

for (const [name, earlier] of [
  ["has sent nothing for long", ["S A 300 103 a", "S A 301 103 b", "S A 302 103 c", "S A 303 103 d"]],
  [
    "has sent nothing for long, and lost something before",
    ["C A 105 300 t", "S A 300 106 a", "S A 301 106 b", "S A 302 106 c", "S A 303 106 d"],
  ],
] as const)
  test(`the next bytes of a side that ${name} are waited for where what acknowledges them was captured first`, () => {
    const next = earlier[0].startsWith("C") ? 106 : 103;
    const swapped = [`S A 304 ${next + 3} ok`, `C A ${next} 304 two`];
    const reassembly = run(["C A 100 300 one", ...earlier, ...swapped], { acknowledgedHolePackets: 2 });
    assert.deepEqual(describeEvents(reassembly.events).slice(-2), [`read ${next - 100} two`, "write 4 ok"]);
    reassembly.finish();
  });

test("what waited behind an end that came later is no part of the stream", () => {
  for (const [waiting, size] of [
    ["C A 103 300 def", 3],
    ["C A 103 300 def cut 1", 2],
    ["C A 103 300 def cut 3", 0],
  ] as const) {
    const reassembly = run([waiting, "C FA 100 300 ab"]);
    assert.deepEqual(describeEvents(reassembly.events), ["open", "read 0 ab end"]);
    reassembly.finish();
    assert.deepEqual(skipped(reassembly), size === 0 ? {} : { "after-close": size });
  }
});

test("a segment that was not captured reaches no further than the end that was seen before it", () => {
  const reassembly = run(["C FA 106 300", "C A 100 300 abc", "C A 103 300 defXX cut 5"]);
  assert.deepEqual(describeEvents(reassembly.finish()), [
    "open",
    "read 0 abc",
    "gap read 3+3 snaplen",
    "read 6 - end",
    "close unknown",
  ]);
});

test("bytes acknowledged behind the end that comes later hold nothing up for ever", () => {
  const reassembly = run(["S A 300 105 yes", "C FA 101 300"]);
  const events = describeEvents(reassembly.finish());
  assert.deepEqual(events.toSorted(), [
    "close unknown",
    "gap read 0+1 lost-segment",
    "open",
    "read 1 - end",
    "write 0 yes",
  ]);
});

test("a piece that waits and was cut off is what was captured of it, and a gap", () => {
  const reassembly = run(["C A 103 300 def cut 1", "C A 100 300 abc", "C A 106 300 g"]);
  assert.deepEqual(describeEvents(reassembly.events).slice(1), [
    "read 0 abc",
    "read 3 de",
    "gap read 5+1 snaplen",
    "read 6 g",
  ]);
  reassembly.finish();
});

test("what a side sent at one moment takes no more room in small pieces than in a large one", () => {
  const pieces = 1000;
  const text = Array.from({ length: pieces }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
  // At a stream's beginning, and far in it.
  for (const before of ["", "x".repeat(50_000)]) {
    const sent = before === "" ? [] : [`C A 100 300 ${before}`, `C A ${100 + before.length} 300 ${before}`];
    const reassembly = run(sent, { pendingBytes: 2048 });
    const next = 100 + 2 * before.length;
    for (let i = 0; i < pieces; i++)
      reassembly.push(frameOf(parseSegment(`C A ${next + 3 + i} 300 ${text[i]}`)), 0, LinkType.ETHERNET, 7);
    assert.equal(reassembly.reassembler.counters.gaps, 0);
    reassembly.pushSegment(parseSegment(`C A ${next} 300 abc`));
    const data = reassembly.events.flatMap((event) =>
      event.kind === "data" ? [Buffer.from(event.data).toString()] : [],
    );
    assert.equal(data.join(""), `${before}${before}abc${text}`);
    reassembly.finish();
  }
});

test("packets of other seconds are other packets, also where the rest of their times is equal", () => {
  const reassembly = run([], { holePackets: 3, holeSeconds: 1e6 });
  const gaps = [];
  for (const [second, line] of ["C A 103 300 def", "C A 106 300 g", "C A 107 300 h", "C A 108 300 i"].entries()) {
    reassembly.push(frameOf(parseSegment(line)), second, LinkType.ETHERNET, 7);
    gaps.push(reassembly.reassembler.counters.gaps);
  }
  assert.deepEqual(gaps, [0, 0, 0, 1]);
  reassembly.finish();
});

test("an acknowledgement far away is no stray segment, and does not make one that follows it believed", () => {
  const reassembly = run(["C A 100 300 abc", "C A 3000000000 300", "C A 3000000000 300 new", "C A 103 300 def"]);
  assert.deepEqual(describeEvents(reassembly.finish()), ["open", "read 0 abc", "read 3 def", "close unknown"]);
  assert.equal(reassembly.reassembler.counters.straySegments, 1);
});

for (const [sender, line, event] of [
  ["the client", "C A 200 301 new", "#2 read 0 new"],
  ["the server", "S A 400 101 new", "#2 write 0 new"],
] as const)
  test(`what ${sender} sends after both have ended is another connection`, () => {
    const reassembly = run(["C FA 100 300", "S FA 300 101", "C A 101 301", line]);
    assert.deepEqual(describeEvents(reassembly.finish()).slice(-2), [event, "#2 close unknown"]);
  });

test("what was in flight when the other side reset is told of as such", () => {
  const reassembly = run(["C R 100", "S A 300 100 abc"]);
  assert.deepEqual(describeEvents(reassembly.finish()), ["open", "close reset by read"]);
  assert.deepEqual(skipped(reassembly), { "after-close": 3 });
});

test("a closed connection that is forgotten did not time out", () => {
  const reassembly = run(["C FA 100 300", "S FA 300 101", "C A 101 301"]);
  for (const second of [100, 100])
    reassembly.pushSegment({ ...parseSegment("C S 5"), clientPort: 6000, seconds: second });
  assert.equal(reassembly.reassembler.connections, 1);
  assert.equal(reassembly.reassembler.counters.timedOutConnections, 0);
  reassembly.finish();
});

/** Behind them four packets of the connection come that wants room: 1001 without the idle one are too many. */
for (const [others, first, second] of [
  [997, ["gap read 0+3 lost-segment", "read 3 def"], []],
  [996, [], ["gap read 0+3 lost-segment", "read 3 def"]],
] as const)
  test(`where all that may wait does, what waits on a connection idle for ${others + 4} packets ${others > 996 ? "makes room" : "goes on waiting"}`, () => {
    const reassembly = run(["C A 103 300 def"], { totalPendingBytes: 500 });
    const push = (line: string, clientPort: number) => reassembly.pushSegment({ ...parseSegment(line), clientPort });
    for (let i = 0; i < others; i++) push("C A 100 300", 6000);
    for (const line of [...HANDSHAKE, "C A 103 300 def"]) push(line, 7000);
    const told = (of: string) =>
      describeEvents(reassembly.events).flatMap((event) => (event.startsWith(of) ? event.slice(of.length) : []));
    assert.deepEqual(
      describeEvents(reassembly.events)
        .filter((event) => !event.startsWith("#"))
        .slice(1),
      first,
    );
    assert.deepEqual(told("#3 ").slice(1), second);
    assert.equal(reassembly.reassembler.counters.evictedConnections, 0);
    assert.equal(reassembly.reassembler.counters.gaps, 1);
    // It goes on where it was, and the other one's bytes come in order after all.
    push("C A 106 300 ghi", 5555);
    push("C A 100 300 abc", 7000);
    assert.deepEqual(told("#3 ").slice(1), second.length > 0 ? second : ["read 0 abc", "read 3 def"]);
    reassembly.finish();
  });

/** Three connections (of 2 KiB each) have room for one piece that waits: the first has it. */
for (const [others, first, second] of [
  [2000, ["gap read 0+3 lost-segment", "read 3 def", "close unknown"], []],
  [100, [], ["gap read 0+3 lost-segment", "read 3 def"]],
] as const)
  test(`where nothing more may wait, a connection idle for ${others} packets ${others > 1000 ? "makes room" : "keeps its own"}`, () => {
    const reassembly = run(["C A 103 300 def"], {}, new MemoryBudget(3 * 2048 + 500));
    const push = (line: string, clientPort: number) => reassembly.pushSegment({ ...parseSegment(line), clientPort });
    for (let i = 0; i < others; i++) push("C A 100 300", 6000);
    for (const line of [...HANDSHAKE, "C A 103 300 def"]) push(line, 7000);
    const events = describeEvents(reassembly.events);
    assert.deepEqual(events.filter((event) => !event.startsWith("#")).slice(1), first);
    assert.deepEqual(
      events
        .filter((event) => event.startsWith("#3 "))
        .map((event) => event.slice(3))
        .slice(1),
      second,
    );
    assert.equal(reassembly.reassembler.counters.evictedConnections, first.length === 0 ? 0 : 1);
    reassembly.finish();
  });
