import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEvents, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";

/** How far the sender of each piece had received the other direction, as the events say. */
function acknowledgments(lines: readonly string[]): (string | undefined)[] {
  const reassembly = new Reassembly();
  for (const line of lines) reassembly.pushSegment(parseSegment(line));
  return reassembly
    .finish()
    .flatMap((event) =>
      event.kind === "data" && event.data.length > 0
        ? [`${Buffer.from(event.data)} ${event.acknowledged ?? "unknown"}`]
        : [],
    );
}

const OPENING = ["C S 99", "S SA 299 100", "C A 100 300"];

test("a piece says how far its sender had received, whenever it is handed on", () => {
  const lines = ["C A 100 300 abcd", "S A 302 104 yz", "C A 106 304 gh", "S A 300 104 wx", "C A 104 304 ef"];
  assert.deepEqual(acknowledgments([...OPENING, ...lines]), ["abcd 0", "wx 4", "yz 4", "ef 4", "gh 4"]);
});

test("pieces of one moment that acknowledge differently are two", () => {
  const lines = [
    "C A 100 300 ab",
    "S A 300 102 uv",
    "S A 302 102 wx",
    "C A 104 304 ef",
    "C A 106 302 gh",
    "C A 102 302 cd",
  ];
  const pieces = acknowledgments([...OPENING, ...lines]);
  assert.deepEqual(pieces, ["ab 0", "uv 2", "wx 2", "cd 2", "ef 4", "gh 2"]);
});

test("where the other direction began is not known: nor is how far it was received", () => {
  const lines = ["C S 99", "C A 100 300 ab", "C A 104 300 ef", "S A 300 102 wx", "C A 102 302 cd"];
  assert.deepEqual(acknowledgments(lines), ["ab unknown", "wx 2", "cd 2", "ef unknown"]);
});

test("a side of which nothing but data was captured is no direction that is missing, while the other's own bytes are", () => {
  const reassembly = new Reassembly({ acknowledgedHolePackets: 3 });
  const upload = ["C A 100 300 a", "C A 101 300 b", "C A 102 300 c", "C A 103 300 d"];
  const swapped = ["C A 106 303 next", "S A 300 106 yes", "C A 104 300 ef"];
  for (const line of [...OPENING, ...upload, ...swapped]) reassembly.pushSegment(parseSegment(line));
  assert.deepEqual(describeEvents(reassembly.finish()), [
    "open",
    ...["read 0 a", "read 1 b", "read 2 c", "read 3 d", "read 4 ef", "write 0 yes", "read 6 next"],
    "close unknown",
  ]);
});
