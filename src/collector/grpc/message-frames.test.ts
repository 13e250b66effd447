import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { MessageFrames } from "./message-frames.ts";

function frame(text: string, flags = 0): Buffer {
  const bytes = Buffer.alloc(5 + text.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(text.length, 1);
  bytes.write(text, 5, "latin1");
  return bytes;
}

/** Messages and faults that come out of pieces, as texts. */
function cut(pieces: readonly Buffer[], maxBytes = 1000): { told: string[]; held: number } {
  const frames = new MessageFrames(maxBytes);
  const told: string[] = [];
  for (const piece of pieces) {
    frames.add(piece);
    for (let next = frames.next(); next !== undefined; next = frames.next()) {
      told.push(typeof next === "string" ? `fault ${next}` : Buffer.from(next).toString("latin1"));
      if (typeof next === "string") return { told, held: frames.held };
    }
  }
  return { told, held: frames.held };
}

test("messages come out whole, however their bytes come", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const texts = Array.from({ length: random.below(8) }, () => "x".repeat(random.pick([0, 1, 5, 6, 200])));
    const bytes = Buffer.concat(texts.map((text) => frame(text)));
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = random.pick([1, 2, 5, 6, 300]);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    assert.deepEqual(cut(pieces), { told: texts, held: 0 }, `seed ${seed}`);
    const last = texts.at(-1);
    if (last === undefined) continue;
    const short = bytes.subarray(0, -1);
    assert.deepEqual(
      cut([short.subarray(0, 3), short.subarray(3)]),
      { told: texts.slice(0, -1), held: 4 + last.length },
      `seed ${seed}`,
    );
  }
});

test("a message that is too large is refused by its head, and one that is compressed as well", () => {
  assert.deepEqual(cut([frame("a"), frame("x".repeat(11)).subarray(0, 5)], 10).told, ["a", "fault too-large"]);
  assert.deepEqual(cut([frame("x".repeat(10))], 10).told, ["x".repeat(10)]);
  assert.deepEqual(cut([frame("a"), frame("b", 1)]).told, ["a", "fault compressed"]);
  assert.deepEqual(cut([frame("a", 2)]).told, ["a"]);
});
