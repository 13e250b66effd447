import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";

/** First packets, and how many connections they are, with the payload that is told of as a reset's. */
const CASES: readonly (readonly [lines: readonly string[], connections: number, skipped: number])[] = [
  [["C FA 100 300"], 0, 0],
  [["C R 100"], 0, 0],
  [["C RA 100 300 why"], 0, 3],
  [["C FA 100 300 x"], 1, 0],
  [["C A 100 300"], 1, 0],
  [["C SF 99"], 1, 0],
  // The same number again is a retransmission, be it odd or even; another one is another connection.
  [["C S 99", "C S 99"], 1, 0],
  [["C S 98", "C S 98"], 1, 0],
  [["C S 98", "S SA 298 99", "S SA 298 99", "C S 98"], 1, 0],
  [["C S 98", "C S 99"], 2, 0],
  [["C S 4294967294", "C S 4294967294"], 1, 0],
];

for (const [lines, connections, skipped] of CASES)
  test(`${lines.join(", ")}: ${connections} connections`, () => {
    const reassembly = new Reassembly();
    for (const line of lines) reassembly.pushSegment(parseSegment(line));
    assert.equal(reassembly.reassembler.counters.connections, connections);
    reassembly.finish();
    assert.equal(reassembly.reassembler.ledger.book("packet-bytes").skippedBy.get("reset-payload") ?? 0, skipped);
  });
