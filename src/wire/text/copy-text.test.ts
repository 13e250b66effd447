import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { copyText } from "./copy-text.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const PARTS = 200;
const WHOLE = 100_000;

test("a copy is the same text, and does not keep the text that it was a part of", { timeout: 60_000 }, () => {
  for (const text of ["", "short", "twelve chars", "thirteen char", "with signs é漢😀 and more"])
    assert.equal(copyText(text), text);
  assert.ok(measureKept((part) => part) > PARTS * WHOLE * 0.8, "a part keeps the whole");
  assert.ok(measureKept(copyText) < PARTS * WHOLE * 0.1, "a copy does not");
});

/** Bytes of texts that so many parts of them keep. */
function measureKept(take: (part: string) => string): number {
  const parts: string[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < PARTS; i++)
    parts.push(take(Buffer.alloc(WHOLE, `text ${i} `).toString("latin1").slice(500, 540)));
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  // They are needed until here.
  assert.equal(parts.join("").length, PARTS * 40);
  return kept;
}
