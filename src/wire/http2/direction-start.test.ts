import assert from "node:assert/strict";
import { test } from "node:test";
import { PREFACE } from "./constants.ts";
import { comparePreface, DirectionStart, judgeFirstSettings } from "./direction-start.ts";

const settings = (length: number, ...payload: number[]) => [0, length >> 8, length & 255, 4, 0, 0, 0, 0, 0, ...payload];
const frame = (type: number, flags: number, stream: number, length = 0) => [0, 0, length, type, flags, 0, 0, 0, stream];
const STREAMS = [0, 3, 0, 0, 0, 100];
const UNKNOWN = [0, 99, 0, 0, 0, 1];

const FIRST: readonly (readonly [name: string, bytes: readonly number[], verdict: "yes" | "no" | "more"])[] = [
  ["a setting", settings(6, ...STREAMS), "yes"],
  ["the last setting that is known", settings(6, 0, 9, 0, 0, 0, 1), "yes"],
  ["a setting that is not allowed", settings(6, 0, 2, 0, 0, 0, 2), "no"],
  ["a setting without its last byte", settings(6, ...STREAMS.slice(0, 5)), "more"],
  ["nothing but a header", settings(0), "more"],
  ["a length that is none of settings", settings(5, ...STREAMS), "no"],
  ["a length that is none of settings, of two bytes", settings(0x101, ...STREAMS), "no"],
  ["a length of two bytes", settings(0x102, ...STREAMS), "yes"],
  ["a header with another byte", [0, 0, 6, 5, 0, 0, 0, 0, 0, ...STREAMS], "no"],
  ["a length of three bytes", [1, 0, 2, 4, 0, 0, 0, 0, 0, ...STREAMS], "no"],
  ["an acknowledgement", [0, 0, 0, 4, 1, 0, 0, 0, 0, ...STREAMS], "no"],
  ["a stream", [0, 0, 6, 4, 0, 0, 0, 0, 1, ...STREAMS], "no"],
  ["setting 0, and no frame yet", settings(6, 0, 0, 0, 0, 0, 1), "more"],
  ["one that nobody knows, and half a frame", [...settings(6, ...UNKNOWN), ...frame(8, 0, 0, 4).slice(0, 8)], "more"],
  ["one that nobody knows, and a frame", [...settings(6, ...UNKNOWN), ...frame(8, 0, 0, 4)], "yes"],
  [
    "sixteen that nobody knows, and a frame",
    [...settings(96, ...Array(16).fill(UNKNOWN).flat()), ...frame(4, 1, 0)],
    "yes",
  ],
  ["seventeen that nobody knows", settings(102, ...Array(17).fill(UNKNOWN).flat(), ...frame(4, 1, 0)), "no"],
  ["none, and SETTINGS", [...settings(0), ...frame(4, 1, 0)], "yes"],
  ["none, and HEADERS", [...settings(0), ...frame(1, 4, 1, 1)], "yes"],
  ["none, and PRIORITY_UPDATE", [...settings(0), ...frame(0x10, 0, 0, 4)], "yes"],
  ["none, and a type that nobody knows", [...settings(0), ...frame(0x11, 0, 0, 4)], "no"],
  ["none, and DATA", [...settings(0), ...frame(0, 0, 1, 1)], "no"],
  ["none, and CONTINUATION", [...settings(0), ...frame(9, 4, 1, 1)], "no"],
  ["none, and an even stream", [...settings(0), ...frame(1, 4, 2, 1)], "no"],
  ["none, and flags that nobody knows", [...settings(0), ...frame(1, 0x44, 1, 1)], "no"],
  ["none, and a length that is not allowed", [...settings(0), ...frame(8, 0, 0, 5)], "no"],
  ["none, and a reserved bit", [...settings(0), 0, 0, 4, 8, 0, 0x80, 0, 0, 1], "no"],
];

for (const [name, bytes, verdict] of FIRST)
  test(`whether these are a server's first bytes: ${name}`, () => {
    assert.equal(judgeFirstSettings(Uint8Array.from(bytes)), verdict);
    // They may stand anywhere in memory.
    assert.equal(judgeFirstSettings(Uint8Array.from([9, ...bytes]).subarray(1)), verdict);
  });

test("a direction begins with the preface, or from its first byte on with SETTINGS of whole settings", () => {
  const consume = (fromStart: boolean, bytes: Iterable<number>) => {
    const start = new DirectionStart(fromStart);
    const verdicts = Array.from(bytes, (byte) => start.consume(byte));
    return {
      last: verdicts.at(-1),
      more: verdicts.filter((one) => one === "more").length,
      held: start.clear(),
      after: start.held,
    };
  };
  for (const fromStart of [true, false])
    assert.deepEqual(consume(fromStart, PREFACE), {
      last: "client-preface",
      more: PREFACE.length - 1,
      held: 24,
      after: 0,
    });
  for (const length of [0, 6, 12, 0x102, 0xfffc])
    assert.deepEqual(
      consume(true, settings(length)),
      { last: "server-settings", more: 8, held: 9, after: 0 },
      `${length}`,
    );
  for (const length of [1, 5, 7, 0x100, 0xffff])
    assert.deepEqual(
      consume(true, settings(length).slice(0, 3)),
      { last: "neither", more: 2, held: 3, after: 0 },
      `${length}`,
    );
  assert.equal(consume(false, [0]).last, "neither");
  for (let at = 3; at < 9; at++)
    assert.equal(
      consume(
        true,
        settings(6)
          .slice(0, at + 1)
          .with(at, 7),
      ).last,
      "neither",
      `byte ${at}`,
    );
});

test("the preface stands at a place whole, begun, or not", () => {
  const bytes = Uint8Array.from([1, ...PREFACE, 2]);
  assert.equal(comparePreface(bytes, 1, 26), "whole");
  assert.equal(comparePreface(bytes, 1, 25), "whole");
  assert.equal(comparePreface(bytes, 1, 24), "begun");
  assert.equal(comparePreface(bytes, 1, 1), "begun");
  assert.equal(comparePreface(bytes, 0, 26), "no");
  assert.equal(comparePreface(bytes.with(24, 0), 1, 26), "no");
});
