import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromMillis } from "../../../../model/index.ts";
import { UnseenStart } from "./unseen-start.ts";

/** Turns of a client that waits for so long before it asks, whose server takes so long; gives in which it is known that it asks in turn. */
function knowAfter(waits: number, takes: number): number {
  const start = new UnseenStart(0, true);
  let at = 0;
  for (let turn = 0; turn < 20; turn++) {
    at += waits;
    start.noticeRequest(timestampFromMillis(at), true);
    at += takes;
    if (start.noticePair(timestampFromMillis(at))) return turn;
    start.noticeEnd(timestampFromMillis(at));
  }
  return -1;
}

test("a client that waits before it asks, and is answered at once, asks in turn", () => {
  // Before the first nothing was answered.
  assert.equal(knowAfter(1000, 5), 2);
  assert.equal(knowAfter(10, 2.5), 2);
});

test("short times and slow answers tell nothing", () => {
  assert.equal(knowAfter(9, 0.01), -1);
  assert.equal(knowAfter(1000, 251), -1);
});

test("pairs are held for a megabyte or for five seconds", () => {
  const start = new UnseenStart(0, true);
  const passed: readonly (readonly [position: number, millis: number, isLong: boolean])[] = [
    [700, 1000, false],
    [700 + 2 ** 20, 6000, false],
    [701 + 2 ** 20, 6000, true],
    [700, 6001, true],
  ];
  for (const [position, millis, isLong] of passed)
    assert.equal(start.isLong(position, timestampFromMillis(millis)), isLong, `${position} bytes, ${millis} ms`);
});
