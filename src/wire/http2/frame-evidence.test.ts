import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concat, frame } from "../../../test/support/frame-recorder.ts";
import { BELIEVED_DATA_BYTES, type FrameChain, followFrames, type SettledFrames } from "./frame-evidence.ts";

const never = () => false;

function follow(
  bytes: Uint8Array,
  { lastStreamId = 0, maxFrameSize = 16_384, end = bytes.length, start = 0 } = {},
  from?: SettledFrames,
): FrameChain | undefined {
  return followFrames(bytes, start, end, { lastStreamId, maxFrameSize }, never, from);
}

const evidenceOf = (bytes: Uint8Array, known?: Parameters<typeof follow>[1]) => follow(bytes, known)?.evidence;
/** The header alone, of a payload that did not come yet. */
const header = (type: number, flags: number, stream: number, length: number) =>
  Uint8Array.of(
    ...[length >> 16, (length >> 8) & 255, length & 255, type, flags],
    ...[stream >>> 24, (stream >> 16) & 255, (stream >> 8) & 255, stream & 255],
  );

/** The bits that a header alone speaks for a frame; undefined: no frame at all. */
const HEADERS: readonly (readonly [what: string, bytes: Uint8Array, bits: number | undefined])[] = [
  ["DATA", header(0, 0, 1, 1), 23],
  ["empty DATA that ends nothing", header(0, 0, 1, 0), undefined],
  ["empty DATA that ends a stream", header(0, 1, 1, 0), 23],
  ["DATA of the largest announced size", header(0, 0, 1, 16_384), 23],
  ["DATA beyond it", header(0, 0, 1, 16_385), 17],
  ["the largest DATA believed", header(0, 0, 1, BELIEVED_DATA_BYTES), 17],
  ["DATA beyond that", header(0, 0, 1, BELIEVED_DATA_BYTES + 1), undefined],
  ["HEADERS", header(1, 4, 1, 1), 29],
  ["empty HEADERS", header(1, 4, 1, 0), undefined],
  ["HEADERS beyond the announced size", header(1, 4, 1, 16_385), undefined],
  ["PRIORITY", header(2, 0, 1, 5), 47],
  ["RST_STREAM", header(3, 0, 1, 4), 47],
  ["SETTINGS", header(4, 0, 0, 6), 52],
  ["sixteen settings", header(4, 0, 0, 96), 52],
  ["seventeen", header(4, 0, 0, 102), undefined],
  ["empty SETTINGS", header(4, 0, 0, 0), 20],
  ["their acknowledgement", header(4, 1, 0, 0), 40],
  ["PUSH_PROMISE", header(5, 4, 1, 4), 24],
  ["PING", header(6, 0, 0, 8), 56],
  ["GOAWAY", header(7, 0, 0, 8), 7],
  ["GOAWAY of a kilobyte", header(7, 0, 0, 1024), 7],
  ["GOAWAY of more", header(7, 0, 0, 1025), undefined],
  ["WINDOW_UPDATE", header(8, 0, 0, 4), 47],
  ["CONTINUATION of no block", header(9, 4, 1, 1), undefined],
  ["PRIORITY_UPDATE", header(16, 0, 0, 4), 30],
  ["PRIORITY_UPDATE of 256 bytes", header(16, 0, 0, 256), 30],
  ["PRIORITY_UPDATE of more", header(16, 0, 0, 257), undefined],
  ["PRIORITY_UPDATE too short", header(16, 0, 0, 3), undefined],
  ["PRIORITY_UPDATE of a stream", header(16, 0, 1, 4), undefined],
  ["a type that nobody sends", header(11, 0, 0, 4), undefined],
  ["a flag that is not the type's", header(0, 4, 1, 1), undefined],
  ["the reserved bit", header(0, 0, 0x8000_0001, 1), undefined],
  ["a length against the rules", header(3, 0, 1, 5), undefined],
];

describe("what a header is worth", () => {
  for (const [what, bytes, bits] of HEADERS) test(what, () => assert.equal(evidenceOf(bytes), bits));

  test("a header that is cut is none yet", () => {
    assert.deepEqual(follow(header(6, 0, 0, 8), { end: 8 }), {
      headers: 0,
      evidence: 0,
      next: 0,
      settled: undefined,
    });
  });
});

describe("what stands in a frame counts, where it is there", () => {
  const goaway = (hex: string) => evidenceOf(frame(7, 0, 0, hex));
  const block = (hex: string, flags = 4) => evidenceOf(frame(1, flags, 1, hex));
  /** A literal field without indexing, of a new name. */
  const field = (name: string, value = "") =>
    [0, name.length].map((one) => one.toString(16).padStart(2, "0")).join("") +
    Buffer.from(name).toString("hex") +
    value.length.toString(16).padStart(2, "0") +
    Buffer.from(value).toString("hex");

  test("GOAWAY: a stream, and a code that there is", () => {
    assert.equal(goaway("0000000500000000"), 47);
    assert.equal(goaway("7fffffff0000000d6f"), 47);
    assert.equal(goaway("800000050000000d"), undefined);
    for (const code of ["0000000e", "00000100", "00010000", "01000000"])
      assert.equal(goaway(`00000005${code}`), undefined, code);
  });

  test("HEADERS: fields, pseudo-headers before others, names that are names", () => {
    assert.equal(block("88"), 29 + 40);
    assert.equal(block(`88${field("a", "b")}`), 29 + 40);
    assert.equal(block(field("a", "b")), 29 + 12);
    assert.equal(block("be"), 29 + 4, "an entry from before the bytes that are there");
    assert.equal(block(`${field("a", "b")}88`), undefined, "a pseudo-header behind a field");
    assert.equal(block(field(":other", "b")), undefined, "a pseudo-header that there is not");
    for (const name of ["A", "a b", "a:", "é"]) assert.equal(block(field(name, "b")), undefined, name);
    for (const name of ["x-1", "a!#$%&'*+.^_`|~9"]) assert.equal(block(field(name, "b")), 41, name);
    for (const name of [":method", ":scheme", ":authority", ":path", ":protocol", ":status"])
      assert.equal(block(field(name, "b")), 69, name);
    assert.equal(block("80"), undefined, "what does not decode");
  });

  test("HEADERS: padding and priority stand around the block", () => {
    assert.equal(block("0188ff", 0x0c), 69);
    assert.equal(block("0288ff", 0x0c), undefined, "padding of all");
    assert.equal(block("000000001088", 0x24), 69);
    assert.equal(block("01000000001088ff", 0x2c), 69);
    assert.equal(block("0000000010", 0x24), undefined, "no block");
    assert.equal(block("80", 0), 29, "a block that goes on is not looked at");
  });

  test("DATA: one message of gRPC", () => {
    const data = (hex: string) => evidenceOf(frame(0, 0, 1, hex));
    assert.equal(data("000000000161"), 48);
    assert.equal(data("010000000161"), 48);
    assert.equal(data("020000000161"), 23, "no such flag");
    assert.equal(data("000100000161"), 23, "16 MiB");
    assert.equal(data("000000000261"), 23, "longer than the frame");
    assert.equal(data("00000000016161"), 23, "shorter");
    assert.equal(data("0000000000"), 23, "an empty one is five zeros");
    assert.equal(evidenceOf(frame(0, 0, 1, `0000000100${"61".repeat(256)}`)), 48);
    assert.equal(evidenceOf(frame(0, 0, 1, `0000010000${"61".repeat(65_536)}`), { maxFrameSize: 100_000 }), 48);
    const behind = concat(Uint8Array.of(9, 9, 9, 9, 9, 9), frame(0, 0, 1, "000000000161"));
    assert.equal(evidenceOf(behind, { start: 6 }), 48);
  });
});

describe("streams", () => {
  test("that of the frame before speaks for a frame, more so that of the last one before the gap", () => {
    assert.equal(evidenceOf(header(8, 0, 5, 4), { lastStreamId: 5 }), 47 + 30);
    assert.equal(evidenceOf(header(8, 0, 3, 4), { lastStreamId: 5 }), 47);
    assert.equal(evidenceOf(concat(frame(8, 0, 5, "00000001"), header(3, 0, 5, 4))), 47 + 47 + 10);
    assert.equal(evidenceOf(concat(frame(8, 0, 0, "00000001"), header(8, 0, 0, 4))), 94, "the connection is no stream");
    assert.equal(
      evidenceOf(concat(frame(8, 0, 5, "00000001"), frame(6, 0, 0, "00".repeat(8)), header(3, 0, 5, 4))),
      160,
    );
  });

  test("the same header of DATA again is little", () => {
    const one = frame(0, 0, 1, "616263");
    assert.equal(evidenceOf(concat(one, one)), 23 + 6);
    assert.equal(evidenceOf(concat(one, one, one)), 23 + 6 + 6);
    assert.equal(evidenceOf(concat(one, frame(0, 0, 1, "6162"))), 23 + 33);
    assert.equal(evidenceOf(concat(one, frame(0, 0, 3, "616263"))), 46);
    assert.equal(evidenceOf(concat(frame(8, 0, 1, "00000001"), frame(0, 0, 1, "61626364"))), 47 + 33);
  });

  test("odd, small and near each other are usual; others speak against a frame", () => {
    assert.equal(evidenceOf(header(0, 0, 2, 1)), 23 - 33, "even");
    assert.equal(evidenceOf(header(1, 4, 2, 1)), 29 - 33);
    assert.equal(evidenceOf(header(3, 0, 2, 4)), 47, "what may concern a push");
    assert.equal(evidenceOf(header(0, 0, 0xffff, 1)), 23);
    assert.equal(evidenceOf(header(0, 0, 0x1_0001, 1)), 23 - 30, "a first one that is far");
    assert.equal(evidenceOf(header(0, 0, 0x3_ffff, 1)), 23 - 30);
    assert.equal(evidenceOf(header(0, 0, 0x4_0001, 1)), 23 - 33, "too many calls");
    const near = { lastStreamId: 0x4_0001 };
    assert.equal(evidenceOf(header(0, 0, 0x5_0000 - 1, 1), near), 23, "but not after as many");
    assert.equal(evidenceOf(header(0, 0, 0x5_0001, 1), near), 23 - 33);
    assert.equal(evidenceOf(header(0, 0, 0x4_0003, 1), { lastStreamId: 0x5_0001 }), 23, "nor before");
    assert.equal(evidenceOf(header(0, 0, 0x4_0003, 1), { lastStreamId: 0x6_0001 }), 23 - 33);
    assert.equal(evidenceOf(header(0, 0, 0x4_0001, 1), near), 23 + 30, "the last one's own");
    const first = frame(8, 0, 1, "00000001");
    assert.equal(evidenceOf(concat(first, header(0, 0, 0x1_0001, 1))), 47 + 23 - 40, "far from the one before");
    assert.equal(evidenceOf(concat(first, header(0, 0, 0xffff, 1))), 47 + 23);
    assert.equal(
      evidenceOf(frame(1, 4, 2, "884001610b6262626262626262626262")),
      69,
      "a block that decodes outweighs it",
    );
    assert.equal(evidenceOf(frame(1, 4, 2, "884001610a62626262626262626262")), 69 - 33, "a few bytes decode by chance");
    assert.equal(evidenceOf(frame(0, 0, 2, "000000000161")), 48 - 33, "a message does not");
  });
});

describe("frame after frame", () => {
  const request = frame(1, 1, 3, "82");
  test("a block goes on in CONTINUATION of its stream, and in nothing else", () => {
    assert.equal(follow(concat(request, frame(9, 4, 3, "84"), header(8, 0, 3, 4)))?.headers, 3);
    assert.equal(follow(concat(frame(5, 0, 3, "00000002"), header(9, 4, 3, 1)))?.headers, 2);
    assert.equal(follow(concat(request, frame(9, 0, 3, "84"), header(9, 4, 3, 1)))?.headers, 3);
    for (const next of [header(9, 4, 5, 1), header(8, 0, 3, 4), header(0, 0, 3, 1)])
      assert.equal(follow(concat(request, next)), undefined);
    assert.equal(follow(concat(request, frame(9, 4, 3, "84"), header(9, 4, 3, 1))), undefined);
    assert.equal(evidenceOf(concat(request, header(9, 4, 3, 1))), 29 + 29 + 10);
  });

  test("what is settled is what was there whole, and following goes on from it as if at once", () => {
    const bytes = concat(
      request,
      frame(9, 4, 3, "84"),
      frame(0, 0, 3, "6161"),
      frame(0, 1, 3, "6262"),
      header(3, 0, 3, 4),
    );
    const whole = follow(bytes);
    assert.deepEqual(whole, {
      headers: 5,
      evidence: 29 + (29 + 10) + (23 + 10) + 6 + (47 + 10),
      next: bytes.length + 4,
      settled: {
        headers: 4,
        evidence: 29 + 39 + 33 + 6,
        next: bytes.length - 9,
        previousStream: 3,
        previousData: 2,
        unfinishedBlock: 0,
      },
    });
    for (let end = 0; end < bytes.length; end++)
      assert.deepEqual(follow(bytes, {}, follow(bytes, { end })?.settled), whole, `first ${end} bytes`);
    const begun = follow(bytes, { end: 11 })?.settled;
    assert.equal(begun?.unfinishedBlock, 3);
    assert.equal(begun?.previousData, -1);
  });

  test("a frame that just fits is settled, one of a byte more is not", () => {
    const bytes = frame(8, 0, 3, "00000001");
    assert.equal(follow(bytes)?.settled?.next, 13);
    assert.equal(follow(bytes, { end: 12 })?.settled, undefined);
    assert.equal(follow(bytes, { end: 12 })?.next, 13);
  });

  test("it ends where it is enough", () => {
    const bytes = concat(request, frame(9, 4, 3, "84"), frame(0, 0, 3, "6161"));
    const known = { lastStreamId: 0, maxFrameSize: 16_384 };
    assert.equal(followFrames(bytes, 0, bytes.length, known, ({ headers }) => headers === 2)?.headers, 2);
  });
});
