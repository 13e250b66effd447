import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, FrameRecorder, frame } from "../../../test/support/frame-recorder.ts";
import { MemoryBudget } from "../../model/index.ts";
import { ErrorCode, PREFACE } from "./constants.ts";
import { FrameParser } from "./frame-parser.ts";
import { checkFrameHeader, checkSetting, definedFlags } from "./frame-rules.ts";

const { NO_ERROR, PROTOCOL_ERROR, FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR } = ErrorCode;

/** Flags, streams and lengths of each type (RFC 9113 section 6), and the error. */
const HEADERS: readonly (readonly [type: number, flags: number, streamId: number, length: number, error: number])[] = [
  [0, 0, 1, 0, NO_ERROR],
  [0, 0, 0, 5, PROTOCOL_ERROR],
  [0, 8, 1, 0, FRAME_SIZE_ERROR],
  [0, 8, 1, 1, NO_ERROR],
  [1, 4, 1, 0, NO_ERROR],
  [1, 4, 0, 5, PROTOCOL_ERROR],
  [1, 8, 1, 0, FRAME_SIZE_ERROR],
  [1, 8, 1, 1, NO_ERROR],
  [1, 0x20, 1, 4, FRAME_SIZE_ERROR],
  [1, 0x20, 1, 5, NO_ERROR],
  [1, 0x28, 1, 5, FRAME_SIZE_ERROR],
  [1, 0x28, 1, 6, NO_ERROR],
  [2, 0, 1, 5, NO_ERROR],
  [2, 0, 0, 5, PROTOCOL_ERROR],
  [2, 0, 1, 4, FRAME_SIZE_ERROR],
  [2, 0, 1, 6, FRAME_SIZE_ERROR],
  [3, 0, 1, 4, NO_ERROR],
  [3, 0, 0, 4, PROTOCOL_ERROR],
  [3, 0, 1, 3, FRAME_SIZE_ERROR],
  [3, 0, 1, 5, FRAME_SIZE_ERROR],
  [4, 0, 0, 0, NO_ERROR],
  [4, 0, 0, 6, NO_ERROR],
  [4, 0, 1, 6, PROTOCOL_ERROR],
  [4, 0, 0, 7, FRAME_SIZE_ERROR],
  [4, 1, 0, 0, NO_ERROR],
  [4, 1, 0, 6, FRAME_SIZE_ERROR],
  [5, 4, 1, 4, NO_ERROR],
  [5, 4, 0, 4, PROTOCOL_ERROR],
  [5, 4, 1, 3, FRAME_SIZE_ERROR],
  [5, 0xc, 1, 4, FRAME_SIZE_ERROR],
  [5, 0xc, 1, 5, NO_ERROR],
  [6, 0, 0, 8, NO_ERROR],
  [6, 0, 1, 8, PROTOCOL_ERROR],
  [6, 0, 0, 7, FRAME_SIZE_ERROR],
  [6, 0, 0, 9, FRAME_SIZE_ERROR],
  [7, 0, 0, 8, NO_ERROR],
  [7, 0, 0, 9, NO_ERROR],
  [7, 0, 1, 8, PROTOCOL_ERROR],
  [7, 0, 0, 7, FRAME_SIZE_ERROR],
  [8, 0, 0, 4, NO_ERROR],
  [8, 0, 1, 4, NO_ERROR],
  [8, 0, 1, 3, FRAME_SIZE_ERROR],
  [8, 0, 1, 5, FRAME_SIZE_ERROR],
  [9, 4, 1, 0, NO_ERROR],
  [9, 4, 0, 0, PROTOCOL_ERROR],
  [10, 0xff, 0, 3, NO_ERROR],
  [0xfa, 0xff, 9, 16_384, NO_ERROR],
  [0, 0, 1, 16_384, NO_ERROR],
  [0, 0, 1, 16_385, FRAME_SIZE_ERROR],
  [0xfa, 0, 0, 16_385, FRAME_SIZE_ERROR],
];
const SETTINGS: readonly (readonly [setting: number, value: number, error: number])[] = [
  [1, 0xffffffff, NO_ERROR], [2, 0, NO_ERROR], [2, 1, NO_ERROR], [2, 2, PROTOCOL_ERROR], [3, 0xffffffff, NO_ERROR], [4, 0x7fffffff, NO_ERROR], [4, 0x80000000, FLOW_CONTROL_ERROR],
  [5, 16_383, PROTOCOL_ERROR], [5, 16_384, NO_ERROR], [5, 16_777_215, NO_ERROR], [5, 16_777_216, PROTOCOL_ERROR], [8, 1, NO_ERROR], [8, 2, PROTOCOL_ERROR], [99, 2, NO_ERROR],
]; // biome-ignore format: a table

test("each frame's header and each setting has its rules", () => {
  for (const [type, flags, streamId, length, error] of HEADERS)
    assert.equal(checkFrameHeader(type, flags, streamId, length, 16_384), error, `${[type, flags, streamId, length]}`);
  for (const [setting, value, error] of SETTINGS)
    assert.equal(checkSetting(setting, value), error, `${setting}=${value}`);
  const flags = Array.from({ length: 11 }, (_, type) => definedFlags(type));
  assert.deepEqual(flags, [9, 0x2d, 0, 0, 1, 0xc, 1, 0, 0, 4, 0xff]);
});

function play(budget: number, ...frames: Uint8Array[]): string[] {
  const recorder = new FrameRecorder();
  const parser = new FrameParser(recorder, { fromStart: true, budget: new MemoryBudget(budget) });
  parser.push(concat(PREFACE, ...frames), { seconds: 1, nanos: 0 });
  parser.finish();
  return recorder.lines.slice(1);
}

test("flags that a frame does not define change nothing of its header block", () => {
  for (const flags of [0x0c, 0x24, 0x2c])
    assert.deepEqual(play(1e6, frame(1, 0, 1, "88"), frame(9, flags, 1, "8486")), ["HEADERS 1 888486 (21)"]);
  assert.deepEqual(play(1e6, frame(5, 0x24, 1, "0000000282")), ["PUSH_PROMISE 1 2 82 (14)"]);
});

test("a promise may have an empty header block, and none that padding has taken", () => {
  assert.deepEqual(play(1e6, frame(5, 4, 3, "00000002")), ["PUSH_PROMISE 3 2  (13)"]);
  const [violation] = play(1e6, frame(5, 0xc, 3, "0100000002")).filter((line) => line.startsWith("violation"));
  assert.equal(violation, "violation PROTOCOL_ERROR PUSH_PROMISE 3");
});

test("a header block for which there is no memory is lost, at its first frame or a later one", () => {
  const part = "88".repeat(100);
  for (const budget of [50, 150])
    assert.deepEqual(play(budget, frame(1, 0, 1, part), frame(9, 0, 1, part), frame(9, 4, 1, part)), ["lost 1 memory"]);
  assert.deepEqual(play(150, frame(1, 0, 1, part), frame(9, 4, 1, part)), ["lost 1 memory"]);
});
