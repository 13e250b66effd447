import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { clientOf, formatEndpoint, serverOf } from "../../model/index.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

const HANDSHAKE = ["C S 99", "S SA 299 100", "C A 100 300"];

interface Case {
  readonly name: string;
  readonly segments: readonly string[];
  readonly events: readonly string[];
  readonly limits?: Partial<ReassemblyLimits>;
}

const CASES: readonly Case[] = [
  {
    name: "a whole conversation",
    segments: [...HANDSHAKE, "C PA 100 300 ask", "S PA 300 103 answer", "C FA 103 306", "S FA 306 104", "C A 104 307"],
    events: ["open", "read 0 ask", "write 0 answer", "read 3 - end", "write 6 - end", "close fin"],
  },
  {
    name: "data with the FIN",
    segments: [...HANDSHAKE, "C FPA 100 300 ask", "S FPA 300 104 answer", "C A 104 307"],
    events: ["open", "read 0 ask end", "write 0 answer end", "close fin"],
  },
  {
    name: "a SYN that resets or ends is passed over, and so is the flag in the middle of what is acknowledged",
    segments: [
      ...HANDSHAKE,
      "C A 100 300 ask",
      "S SRA 300 103",
      "C SFA 103 300",
      "S SA 300 103 answer",
      "C SA 103 306 more",
      "S SP 306 107 again",
    ],
    events: ["open", "read 0 ask", "write 0 answer", "read 3 more", "write 6 again", "close unknown"],
  },
  {
    name: "out of order",
    segments: [...HANDSHAKE, "C A 106 300 ghi", "C A 103 300 def", "C A 100 300 abc", "C A 109 300 jkl"],
    events: ["open", "read 0 abc", "read 3 def", "read 6 ghi", "read 9 jkl", "close unknown"],
  },
  {
    name: "retransmitted",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C A 100 300 abc", "C A 103 300 def", "C A 100 300 abcdef"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "overlapping what was handed on: the new part is kept",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C A 101 300 XXdef"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "overlapping what waits: the first copy is kept",
    segments: [...HANDSHAKE, "C A 104 300 efg", "C A 100 300 abcdXXXhi"],
    events: ["open", "read 0 abcd", "read 4 efg", "read 7 hi", "close unknown"],
  },
  {
    name: "several holes, filled by one segment",
    segments: [...HANDSHAKE, "C A 102 300 cd", "C A 106 300 gh", "C A 101 300 XXXefXXi", "C A 100 300 a"],
    events: ["open", "read 0 a", "read 1 X", "read 2 cd", "read 4 ef", "read 6 gh", "read 8 i", "close unknown"],
  },
  {
    name: "missing to the end",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C A 106 300 ghi"],
    events: ["open", "read 0 abc", "gap read 3+3 lost-segment", "read 6 ghi", "close unknown"],
  },
  {
    name: "missing, and acknowledged: given up after a few packets",
    segments: [...HANDSHAKE, "C A 103 300 def", "S A 300 106", "S A 300 106 x", "C A 106 301 ghi"],
    events: ["open", "gap read 0+3 lost-segment", "read 3 def", "write 0 x", "read 6 ghi", "close unknown"],
    limits: { acknowledgedHolePackets: 2 },
  },
  {
    name: "missing, and acknowledged: given up after a second",
    segments: [...HANDSHAKE, "C A 103 300 def", "S A 300 106", "@2 S A 300 106 x"],
    events: ["open", "gap read 0+3 lost-segment", "read 3 def", "write 0 x", "close unknown"],
  },
  {
    name: "missing, and not acknowledged: waited for",
    segments: [...HANDSHAKE, "C A 103 300 def", "S A 300 100", "@9 S A 300 100 x", "@10 C A 100 301 abc"],
    events: ["open", "write 0 x", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "missing, and not acknowledged: not for ever",
    segments: [...HANDSHAKE, "C A 103 300 def", "@31 S A 300 100 x", "@32 C A 100 301 abc"],
    events: ["open", "write 0 x", "gap read 0+3 lost-segment", "read 3 def", "close unknown"],
  },
  {
    name: "a direction that was not captured is missing as far as it is acknowledged",
    segments: [...HANDSHAKE, "C A 100 300 ask", "C A 103 400", "@2 C A 103 400 more", "@2 C R 107"],
    events: ["open", "read 0 ask", "gap write 0+100 lost-segment", "read 3 more", "close reset by read"],
  },
  {
    name: "an answer captured before what it acknowledges",
    segments: [...HANDSHAKE, "S A 300 103 yes", "C A 100 300 ask", "C A 103 303 more", "S A 303 107 ok"],
    events: ["open", "read 0 ask", "write 0 yes", "read 3 more", "write 3 ok", "close unknown"],
  },
  {
    name: "every answer captured before what it acknowledges",
    segments: [...HANDSHAKE, "S A 300 103 yes", "S A 303 107 ok", "C A 103 303 more", "C A 100 300 ask"],
    events: ["open", "read 0 ask", "write 0 yes", "read 3 more", "write 3 ok", "close unknown"],
  },
  {
    name: "a lost request is over with the answer that acknowledges it, and each later answer follows its own request",
    segments: [
      ...HANDSHAKE,
      "C A 100 300 one",
      "S A 300 103 yes",
      "S A 303 106 ok",
      "C A 106 305 two",
      "S A 305 109 no",
    ],
    events: [
      "open",
      "read 0 one",
      "write 0 yes",
      "gap read 3+3 lost-segment",
      "write 3 ok",
      "read 6 two",
      "write 5 no",
      "close unknown",
    ],
  },
  {
    name: "a lost answer is over with the request that acknowledges it",
    segments: [...HANDSHAKE, "C A 100 300 one", "C A 103 303 two", "S A 303 106 ok", "C A 106 305 3", "S A 305 107 no"],
    events: [
      "open",
      "read 0 one",
      "gap write 0+3 lost-segment",
      "read 3 two",
      "write 3 ok",
      "read 6 3",
      "write 5 no",
      "close unknown",
    ],
  },
  {
    name: "acknowledgements that contradict each other: the order of the capture",
    segments: [...HANDSHAKE, "S A 300 103 yes", "C A 100 303 ask"],
    events: ["open", "write 0 yes", "read 0 ask", "close unknown"],
  },
  {
    name: "missing at the end, before the FIN",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C FA 106 300", "S FA 300 107", "C R 107"],
    events: ["open", "read 0 abc", "write 0 - end", "gap read 3+3 lost-segment", "read 6 - end", "close reset by read"],
  },
  {
    name: "a FIN that was not captured, but acknowledged, is no missing byte",
    segments: [...HANDSHAKE, "C A 100 300 abc", "S A 300 104", "S FA 300 104"],
    events: ["open", "read 0 abc", "write 0 - end", "close unknown"],
  },
  {
    name: "a FIN out of order",
    segments: [...HANDSHAKE, "C FA 103 300", "C A 100 300 abc"],
    events: ["open", "read 0 abc end", "close unknown"],
  },
  {
    name: "what stands behind the FIN is no part of the stream",
    segments: [...HANDSHAKE, "C FA 100 300 abc", "C A 103 300 X", "C A 104 300 Y", "C A 101 300 bcZ"],
    events: ["open", "read 0 abc end", "close unknown"],
  },
  {
    name: "joined in the middle",
    segments: ["C A 5000 7000 abc", "S A 7000 5003 def", "C A 5003 7003 ghi"],
    events: ["read 0 abc", "write 0 def", "read 3 ghi", "close unknown"],
  },
  {
    name: "the same conversation replayed minutes later, with the same numbers",
    segments: [
      ...HANDSHAKE,
      "C A 100 300 abc",
      "C FA 103 300",
      "S FA 300 104",
      "@300 C S 99",
      "@300 S SA 299 100",
      "@300 C A 100 300 abc",
    ],
    events: [
      "open",
      "read 0 abc",
      "read 3 - end",
      "write 0 - end",
      "close fin",
      "#2 open",
      "#2 read 0 abc",
      "#2 close unknown",
    ],
  },
  {
    name: "a SYN that was sent again, and came late",
    segments: [...HANDSHAKE, "C A 100 300 abc", "@1 C S 99", "@1 C A 103 300 def"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "joined with an acknowledgment, the segment after it missing",
    segments: ["C A 5000 7000", "S A 7010 5000 def", "C A 5000 7013", "@5 C A 5000 7013 ghi"],
    events: ["gap write 0+10 lost-segment", "write 10 def", "read 0 ghi", "close unknown"],
  },
  {
    name: "joined behind the first segments: what comes late is put in front",
    segments: ["C A 5000 7010", "S A 7000 5000 abcdefghij"],
    events: ["write 0 abcdefghij", "close unknown"],
  },
  {
    name: "joined with a keep-alive probe",
    segments: ["C A 4999 7000", "S A 7000 5000", "C A 5000 7000 abc"],
    events: ["read 0 abc", "close unknown"],
  },
  {
    name: "joined with the SYN-ACK: the client is known",
    segments: ["S SA 299 100", "C A 100 300", "C A 100 300 abc"],
    events: ["open", "read 0 abc", "close unknown"],
  },
  {
    name: "the SYN captured behind the first bytes, and behind the answer",
    segments: ["C A 100 300 abc", "C S 99", "S SA 299 100", "S A 300 103 de", "C S 99", "C A 103 302 f"],
    events: ["read 0 abc", "write 0 de", "read 3 f", "close unknown"],
  },
  {
    name: "a SYN whose number stands elsewhere is another connection's, and so is that of a replay",
    segments: ["C A 100 300 abc", "C S 98", "C A 99 400 new", "@9 C S 98"],
    events: ["read 0 abc", "close unknown", "#2 open", "#2 read 0 new", "#2 close unknown", "#3 close unknown"],
  },
  {
    name: "a conversation joined without its SYN, replayed minutes later",
    segments: ["C A 100 300 abc", "@300 C S 99", "@300 S SA 299 100", "@300 C A 100 300 abc"],
    events: ["read 0 abc", "close unknown", "#2 open", "#2 read 0 abc", "#2 close unknown"],
  },
  {
    name: "only one direction, with its SYN",
    segments: ["C S 99", "C A 100 300", "C A 100 300 abc"],
    events: ["open", "read 0 abc", "close unknown"],
  },
  {
    name: "keep-alive probes, with and without a byte",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C A 102 300", "C A 102 300 X", "S A 300 103", "C A 103 300 def"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "a zero-window probe carries the next byte, which comes again",
    segments: [...HANDSHAKE, "C A 100 300 abc", "S A 300 103", "C A 103 300 d", "S A 300 103", "C A 103 300 def"],
    events: ["open", "read 0 abc", "read 3 d", "read 4 ef", "close unknown"],
  },
  {
    name: "retransmitted SYN and SYN-ACK",
    segments: ["C S 99", "C S 99", "S SA 299 100", "S SA 299 100", "C A 100 300", "C A 100 300 abc"],
    events: ["open", "read 0 abc", "close unknown"],
  },
  {
    name: "opened from both ends at once",
    segments: ["C S 99", "S S 299", "C SA 99 300", "S SA 299 100", "C A 100 300 abc", "S A 300 103 def"],
    events: ["open", "read 0 abc", "write 0 def", "close unknown"],
  },
  {
    name: "data with the SYN (Fast Open), acknowledged or sent again",
    segments: ["C S 99 0 abc", "S SA 299 100", "C A 100 300 abcdef"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "refused",
    segments: ["C S 99", "S RA 0 100"],
    events: ["close reset by write"],
  },
  {
    name: "reset, with what was in flight",
    segments: [...HANDSHAKE, "S A 300 100 abc", "C R 100", "S A 303 100 def", "C R 100"],
    events: ["open", "write 0 abc", "close reset by read"],
  },
  {
    name: "reset with a hole",
    segments: [...HANDSHAKE, "C A 103 300 def", "C R 106"],
    events: ["open", "gap read 0+3 lost-segment", "read 3 def", "close reset by read"],
  },
  {
    name: "a reset far from the stream is not believed",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C R 2000000000", "C A 103 300 def"],
    events: ["open", "read 0 abc", "read 3 def", "close unknown"],
  },
  {
    name: "the ports used again, after the close",
    segments: [
      ...HANDSHAKE,
      "C FA 100 300",
      "S FA 300 101",
      "C A 101 301",
      "C S 9000",
      "S SA 400 9001",
      "C A 9001 401 new",
    ],
    events: ["open", "read 0 - end", "write 0 - end", "close fin", "#2 open", "#2 read 0 new", "#2 close unknown"],
  },
  {
    name: "the ports used again, the close not seen",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C S 9000", "S SA 400 9001", "C A 9001 401 new"],
    events: ["open", "read 0 abc", "close unknown", "#2 open", "#2 read 0 new", "#2 close unknown"],
  },
  {
    name: "the ports used again, close and SYN not seen",
    segments: [...HANDSHAKE, "C A 100 300 abc", "C A 3000000000 900000000 new", "C A 3000000003 900000000 one"],
    events: ["open", "read 0 abc", "close unknown", "#2 read 0 one", "#2 close unknown"],
  },
  {
    name: "late retransmissions after the close",
    segments: [...HANDSHAKE, "C FA 100 300 abc", "S FA 300 104", "C A 104 301", "C FA 100 300 abc", "S FA 300 104"],
    events: ["open", "read 0 abc end", "write 0 - end", "close fin"],
  },
  {
    name: "sequence numbers wrap",
    segments: [
      "C S 4294967293",
      "S SA 4294967295 4294967294",
      "C A 4294967294 0",
      "C A 1 0 def",
      "C A 4294967294 0 abc",
      "S A 0 4 xyz",
      "C A 4 3 ghi",
    ],
    events: ["open", "read 0 abc", "read 3 def", "write 0 xyz", "read 6 ghi", "close unknown"],
  },
  {
    name: "cut by the snap length",
    segments: [...HANDSHAKE, "C A 100 300 abcdef cut 2", "C A 106 300 ghi"],
    events: ["open", "read 0 abcd", "gap read 4+2 snaplen", "read 6 ghi", "close unknown"],
  },
  {
    name: "cut to nothing, and out of order",
    segments: [...HANDSHAKE, "C A 103 300 def cut 3", "C A 100 300 abc cut 1", "C FA 106 300"],
    events: ["open", "read 0 ab", "gap read 2+1 snaplen", "gap read 3+3 snaplen", "read 6 - end", "close unknown"],
  },
  {
    name: "too much waits: what is missing is given up",
    segments: [...HANDSHAKE, "C A 103 300 def", "C A 109 300 jkl", "C A 106 300 ghi", "C A 100 300 abc"],
    events: ["open", "gap read 0+3 lost-segment", "read 3 def", "read 6 ghi", "read 9 jkl", "close unknown"],
    limits: { pendingBytes: 780 },
  },
  {
    name: "nothing may wait",
    segments: [...HANDSHAKE, "C A 103 300 def", "C A 100 300 abc", "C A 108 300 ij"],
    events: [
      "open",
      "gap read 0+3 lost-segment",
      "read 3 def",
      "gap read 6+2 lost-segment",
      "read 8 ij",
      "close unknown",
    ],
    limits: { pendingBytes: 0 },
  },
  {
    name: "the SYN-ACK captured behind its acknowledgment",
    segments: ["C S 99", "C A 100 300", "S SA 299 100", "C A 100 300 abc", "S A 300 103 def"],
    events: ["open", "read 0 abc", "write 0 def", "close unknown"],
  },
  {
    name: "ends that were seen of nothing else",
    segments: ["C R 1", "S FA 5 6", "C RA 1 2 bye"],
    events: [],
  },
];

for (const { name, segments, events, limits } of CASES)
  test(name, () => {
    const reassembly = new Reassembly(limits);
    for (const segment of segments) reassembly.pushSegment(parseSegment(segment));
    assert.deepEqual(describeEvents(reassembly.finish()), events);
  });

test("who is who, and when", () => {
  const reassembly = new Reassembly();
  for (const line of ["@1 C S 99", "@2 S SA 299 100", "@3 C A 100 300", "@4 C FA 100 300", "@5 S FA 300 101"])
    reassembly.pushSegment(parseSegment(line));
  const [{ connection }] = reassembly.finish() as [ReturnType<typeof reassembly.finish>[number]];
  assert.equal(connection.role, "server");
  assert.equal(formatEndpoint(clientOf(connection)), "10.0.0.2:5555");
  assert.equal(formatEndpoint(serverOf(connection)), "10.0.0.1:80");
  assert.deepEqual([connection.dialled?.seconds, connection.opened?.seconds, connection.closed?.seconds], [1, 3, 5]);
  const joined = new Reassembly();
  joined.pushSegment(parseSegment("S A 1 2 x"));
  const [event] = joined.finish();
  assert.equal(event!.connection.role, "unknown");
  assert.equal(formatEndpoint(event!.connection.local), "10.0.0.1:80");
  assert.equal(event!.connection.opened, undefined);
});

test("a connection on which nothing moves is over, one without an answer sooner; one packet's wrong time is no reason", () => {
  const reassembly = new Reassembly({ idleSeconds: 1000, openingSeconds: 10 });
  const push = (line: string, clientPort = 5555) => reassembly.pushSegment({ ...parseSegment(line), clientPort });
  for (const line of [...HANDSHAKE, "C A 100 300 abc"]) push(line);
  push("C S 1", 6000);
  push("@5000 C S 1", 7000);
  push("@12 C S 1", 8000);
  push("@13 S A 300 103 x");
  assert.deepEqual(describeEvents(reassembly.events), ["open", "read 0 abc", "#2 close timeout", "write 0 x"]);
  push("@6000 C S 1", 9000);
  push("@6000 C S 1", 9001);
  assert.deepEqual(describeEvents(reassembly.events).slice(4), [
    "#3 close timeout",
    "#4 close timeout",
    "close timeout",
  ]);
  assert.equal(reassembly.reassembler.counters.timedOutConnections, 4);
  reassembly.finish();
});

test("bytes that come again and differ are counted, and the first copy stays", () => {
  const reassembly = new Reassembly();
  for (const line of [...HANDSHAKE, "C A 103 300 def", "C A 103 300 dXX", "C A 100 300 abc"])
    reassembly.pushSegment(parseSegment(line));
  assert.deepEqual(describeEvents(reassembly.finish()).slice(1, 3), ["read 0 abc", "read 3 def"]);
  assert.equal(reassembly.reassembler.counters.differingBytes, 2);
});
