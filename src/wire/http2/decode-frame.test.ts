import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { frame } from "../../../test/support/frame-recorder.ts";
import { decodeFrame, type Frame, isFrameError, readUint31, readUint32 } from "./decode-frame.ts";

/** A decoded frame, its bytes as hexadecimal. */
function show(bytes: Uint8Array, maxFrameSize?: number): unknown {
  const decoded = decodeFrame(bytes, maxFrameSize);
  return JSON.parse(
    JSON.stringify(
      isFrameError(decoded) ? [decoded.errorCode, decoded.message] : (decoded as Frame).payload,
      (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value),
    ),
  );
}

const PAYLOADS: readonly (readonly [type: number, flags: number, stream: number, hex: string, payload: unknown])[] = [
  [0, 0, 1, "616263", { kind: "data", data: "616263" }],
  [0, 0, 1, "", { kind: "data", data: "" }],
  [0, 8, 1, "026162630000", { kind: "data", data: "616263", padding: "0000" }],
  [0, 8, 1, "00", { kind: "data", data: "", padding: "" }],
  [0, 8, 1, "020000", { kind: "data", data: "", padding: "0000" }],
  [1, 4, 1, "82", { kind: "headers", block: "82" }],
  [1, 0x0c, 1, "0182ff", { kind: "headers", block: "82", padding: "ff" }],
  [1, 0x24, 1, "800000050f", { kind: "headers", block: "", priority: { exclusive: true, dependency: 5, weight: 15 } }],
  [
    ...([1, 0x2c, 1, "01000000051082ff"] as const),
    { kind: "headers", block: "82", priority: { exclusive: false, dependency: 5, weight: 16 }, padding: "ff" },
  ],
  [
    ...([1, 0x2c, 1, "02000000051000ff"] as const),
    { kind: "headers", block: "", priority: { exclusive: false, dependency: 5, weight: 16 }, padding: "00ff" },
  ],
  [2, 0, 1, "7fffffffff", { kind: "priority", priority: { exclusive: false, dependency: 0x7fff_ffff, weight: 255 } }],
  [3, 0, 1, "ffffffff", { kind: "rst-stream", errorCode: 0xffff_ffff }],
  [
    4,
    0,
    0,
    "00010000100000045fffffff",
    {
      kind: "settings",
      settings: [
        [1, 4096],
        [4, 0x5fff_ffff],
      ],
    },
  ],
  [4, 0, 0, "0102ffffffff", { kind: "settings", settings: [[0x102, 0xffff_ffff]] }],
  [4, 1, 0, "", { kind: "settings", settings: [] }],
  [5, 4, 1, "8000000282", { kind: "push-promise", promisedStreamId: 2, block: "82" }],
  [5, 4, 1, "00000002", { kind: "push-promise", promisedStreamId: 2, block: "" }],
  [5, 0x0c, 1, "010000000282ff", { kind: "push-promise", promisedStreamId: 2, block: "82", padding: "ff" }],
  [5, 0x0c, 1, "0200000002ffff", { kind: "push-promise", promisedStreamId: 2, block: "", padding: "ffff" }],
  [6, 0, 0, "0102030405060708", { kind: "ping", opaque: "0102030405060708" }],
  [7, 0, 0, "8000000500000002", { kind: "goaway", lastStreamId: 5, errorCode: 2, debugData: "" }],
  [7, 0, 0, "00000005800000026f70", { kind: "goaway", lastStreamId: 5, errorCode: 0x8000_0002, debugData: "6f70" }],
  [8, 0, 3, "80000001", { kind: "window-update", increment: 1 }],
  [9, 4, 3, "8284", { kind: "continuation", block: "8284" }],
  [10, 0, 0, "0001612a68", { kind: "alt-svc", origin: "a", value: "*h" }],
  [10, 0, 0, "0000", { kind: "alt-svc", origin: "", value: "" }],
  [12, 0, 0, "000161000262630000", { kind: "origin", origins: ["a", "bc", ""] }],
  [12, 0, 0, "", { kind: "origin", origins: [] }],
  [16, 0, 0, "80000007753d31", { kind: "priority-update", prioritizedStreamId: 7, value: "u=1" }],
  [16, 0, 0, "00000007", { kind: "priority-update", prioritizedStreamId: 7, value: "" }],
  [0xfa, 0xff, 9, "0102", { kind: "unknown", bytes: "0102" }],
];

describe("what a frame holds", () => {
  for (const [type, flags, stream, hex, payload] of PAYLOADS)
    test(`type ${type}, flags ${flags}: ${hex}`, () => {
      const bytes = frame(type, flags, stream, hex);
      assert.deepEqual(show(bytes), payload);
      const { payload: _, ...header } = decodeFrame(bytes) as Frame;
      assert.deepEqual(header, { type, flags, streamId: stream, length: hex.length / 2 });
    });
});

const ERRORS: readonly (readonly [name: string, bytes: Uint8Array, code: number, message: string])[] = [
  ["a header cut", new Uint8Array(8), 6, "a frame header has 9 bytes, found 8"],
  ["a byte less", frame(0, 0, 1, "6162").subarray(0, 10), 6, "the header says 2 bytes of payload, found 1"],
  ["a byte more", Uint8Array.of(...frame(0, 0, 1, "61"), 0), 6, "the header says 1 bytes of payload, found 2"],
  ["no stream", frame(0, 0, 0, "61"), 1, "DATA of 1 bytes on stream 0: PROTOCOL_ERROR"],
  ["padding", frame(0, 8, 1, "0361"), 1, "padding of 3 bytes in a payload of 2"],
  ["padding of all", frame(0, 8, 1, "026100"), 0, ""],
  ["padding of one more", frame(0, 8, 1, "036100"), 1, "padding of 3 bytes in a payload of 3"],
  ["padding over the priority", frame(1, 0x2c, 1, "02000000051000"), 1, "padding of 2 bytes in a payload of 7"],
  ["padding over the promised stream", frame(5, 0xc, 1, "0200000002ff"), 1, "padding of 2 bytes in a payload of 6"],
  ["an odd promise", frame(5, 4, 1, "00000003"), 1, "a promised stream's identifier is even and not 0, found 3"],
  ["a promise of 0", frame(5, 4, 1, "00000000"), 1, "a promised stream's identifier is even and not 0, found 0"],
  ["no increment", frame(8, 0, 1, "80000000"), 1, "a window's increment is not 0"],
  ["a setting", frame(4, 0, 0, "000200000002"), 1, "setting 2 may not be 2: PROTOCOL_ERROR"],
  ["its window", frame(4, 0, 0, "000480000000"), 3, "setting 4 may not be 2147483648: FLOW_CONTROL_ERROR"],
  [
    "the third setting",
    frame(4, 0, 0, "000100000000000300000000000500003fff"),
    1,
    "setting 5 may not be 16383: PROTOCOL_ERROR",
  ],
  ["half an origin's length", frame(10, 0, 0, "00"), 6, "ALTSVC's origin of 0 bytes does not fit in 1"],
  ["an origin cut", frame(10, 0, 0, "000261"), 6, "ALTSVC's origin of 2 bytes does not fit in 3"],
  ["ORIGIN cut", frame(12, 0, 0, "000161000262"), 6, "ORIGIN ends within an entry, at byte 3"],
  ["ORIGIN cut in a length", frame(12, 0, 0, "00016100"), 6, "ORIGIN ends within an entry, at byte 3"],
  ["no prioritized stream", frame(16, 0, 0, "000000"), 6, "PRIORITY_UPDATE has at least 4 bytes, found 3"],
];

describe("what is against the rules, and how", () => {
  for (const [name, bytes, code, message] of ERRORS)
    test(name, () => {
      if (code === 0) assert.ok(!isFrameError(decodeFrame(bytes)));
      else assert.deepEqual(show(bytes), [code, message]);
    });
});

/** By type: lengths that are taken, and those beside them that are not, without flags and with those named. */
const LENGTHS: readonly (readonly [
  type: number,
  flags: number,
  isOnConnection: boolean,
  taken: number[],
  not: number[],
])[] = [
  [0, 0, false, [0, 1], []],
  [0, 8, false, [1], [0]],
  [1, 0, false, [0, 1], []],
  [1, 8, false, [1], [0]],
  [1, 0x20, false, [5, 6], [0, 4]],
  [1, 0x28, false, [6, 7], [0, 5]],
  [2, 0, false, [5], [4, 6]],
  [3, 0, false, [4], [3, 5]],
  [4, 0, true, [0, 6, 12], [1, 5, 7]],
  [4, 1, true, [0], [6]],
  [6, 0, true, [8], [7, 9]],
  [7, 0, true, [8, 9], [0, 7]],
  [9, 0, false, [0, 1], []],
];

test("each type's lengths, and whether it belongs to a stream or to the connection", () => {
  const zeros = (type: number, flags: number, stream: number, length: number) =>
    decodeFrame(frame(type, flags, stream, "00".repeat(length)));
  const codeOf = (decoded: ReturnType<typeof decodeFrame>) => (isFrameError(decoded) ? decoded.errorCode : 0);
  for (const [type, flags, isOnConnection, taken, not] of LENGTHS) {
    const [right, wrong] = isOnConnection ? [0, 1] : [1, 0];
    for (const length of taken) {
      assert.equal(codeOf(zeros(type, flags, right, length)), 0, `type ${type}, flags ${flags}, ${length} bytes`);
      assert.equal(codeOf(zeros(type, flags, wrong, length)), 1, `type ${type} on stream ${wrong}`);
    }
    for (const length of not)
      assert.equal(codeOf(zeros(type, flags, right, length)), 6, `type ${type}, flags ${flags}, ${length} bytes`);
  }
  for (const length of [3, 5]) assert.equal(codeOf(zeros(8, 0, 0, length)), 6);
  for (const [flags, length] of [
    [0, 3],
    [8, 4],
  ] as const)
    assert.equal(codeOf(zeros(5, flags, 1, length)), 6);
  assert.equal(codeOf(zeros(5, 0, 0, 4)), 1);
});

test("the largest frame is the one that was announced", () => {
  const bytes = frame(0, 0, 1, "00".repeat(101));
  assert.deepEqual(show(bytes, 100), [6, "DATA of 101 bytes on stream 1: FRAME_SIZE_ERROR"]);
  assert.ok(!isFrameError(decodeFrame(bytes, 101)));
  assert.ok(!isFrameError(decodeFrame(frame(0, 0, 1, "00".repeat(16_384)))));
  assert.ok(isFrameError(decodeFrame(frame(0, 0, 1, "00".repeat(16_385)))));
  assert.equal((decodeFrame(frame(0, 0, 1, "00".repeat(70_000)), 1 << 20) as Frame).length, 70_000);
});

test("settings' bounds", () => {
  const codeOf = (setting: number, value: number) => {
    const hex = setting.toString(16).padStart(4, "0") + value.toString(16).padStart(8, "0");
    const decoded = decodeFrame(frame(4, 0, 0, hex));
    return isFrameError(decoded) ? decoded.errorCode : 0;
  };
  for (const [setting, value, code] of [
    [2, 0, 0],
    [2, 1, 0],
    [2, 2, 1],
    [8, 1, 0],
    [8, 2, 1],
    [4, 0x7fff_ffff, 0],
    [4, 0x8000_0000, 3],
    [5, 16_383, 1],
    [5, 16_384, 0],
    [5, 16_777_215, 0],
    [5, 16_777_216, 1],
    [3, 0, 0],
    [6, 0xffff_ffff, 0],
  ] as const)
    assert.equal(codeOf(setting, value), code, `setting ${setting}: ${value}`);
});

test("numbers of four bytes, with and without the first bit", () => {
  const bytes = Uint8Array.of(0, 0x81, 2, 3, 4);
  assert.equal(readUint31(bytes, 1), 0x0102_0304);
  assert.equal(readUint32(bytes, 1), 0x8102_0304);
  assert.equal(readUint32(bytes, 0), 0x0081_0203);
});
