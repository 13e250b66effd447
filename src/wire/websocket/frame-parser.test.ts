import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameParser } from "./index.ts";

const KEY = [0x11, 0x22, 0x44, 0x88] as const;

/** Around the lengths at which the header grows (RFC 6455 §5.2), and the size of the buffer in which masks are removed. */
const LENGTHS = [0, 1, 3, 4, 5, 125, 126, 127, 0x3fff, 0x4000, 0x4001, 0xffff, 0x1_0000, 0x1_0001, 0x2_0003];

for (const masked of [false, true])
  test(`payload of every length, ${masked ? "masked" : "not masked"}, however it is cut`, () => {
    for (const length of LENGTHS) {
      const stream = Buffer.concat([frame(length, masked), frame(1, masked)]);
      for (const piece of [stream.length, 1460, 7, ...(stream.length < 1000 ? [1, 2, 3] : [])]) {
        const { parser, seen } = recorder();
        for (let at = 0; at < stream.length; at += piece) parser.push(stream.subarray(at, at + piece));
        assert.deepEqual(seen.headers, [`2 ${length}`, "2 1", "end 2"], `${length} in pieces of ${piece}`);
        assert.ok(seen.payload().equals(Buffer.concat([payloadOf(length), payloadOf(1)])), `${length}, ${piece}`);
      }
    }
  });

/** A gap of each length moves the mask by that much: the payload behind it is right only with the right byte of the key. */
test("payload behind a gap is unmasked where the gap ends", () => {
  for (const length of [20, 200, 0x1_0004])
    for (let before = 0; before < 5; before++)
      for (let gap = 1; gap <= 9; gap++) {
        const stream = frame(length, true);
        const start = stream.length - length;
        const { parser, seen } = recorder();
        parser.push(stream.subarray(0, start + before));
        assert.equal(parser.skip(gap), true);
        parser.push(stream.subarray(start + before + gap));
        const whole = payloadOf(length);
        const wanted = Buffer.concat([whole.subarray(0, before), whole.subarray(before + gap)]);
        assert.ok(seen.payload().equals(wanted), `${length}: ${gap} bytes missing after ${before}`);
        assert.equal(parser.inFrame, false);
      }
});

test("a frame lasts from its first byte to its last", () => {
  for (const length of [0, 1, 126]) {
    const stream = frame(length, true);
    const { parser } = recorder();
    assert.equal(parser.inFrame, false);
    for (let at = 0; at < stream.length; at++) {
      parser.push(stream.subarray(at, at + 1));
      assert.equal(parser.inFrame, at + 1 < stream.length, `byte ${at} of ${length}`);
    }
  }
});

test("several gaps in one payload", () => {
  const stream = frame(16, true);
  const start = stream.length - 16;
  const { parser, seen } = recorder();
  parser.push(stream.subarray(0, start));
  for (let at = 0; at < 15; at += 3) {
    parser.push(stream.subarray(start + at, start + at + 1));
    assert.equal(parser.skip(2), true);
  }
  parser.push(stream.subarray(start + 15));
  assert.deepEqual(
    [...seen.payload()],
    [0, 3, 6, 9, 12, 15].map((i) => payloadOf(16)[i]),
  );
});

test("a gap reaches to the frame's last byte and not beyond, and never into a header", () => {
  for (const length of [1, 125, 126, 0xffff, 0x1_0000]) {
    const stream = frame(length, true);
    const header = stream.length - length;
    const { parser, seen } = recorder();
    for (let at = 0; at < header; at++) {
      assert.equal(parser.skip(1), false, `in the header, ${at}`);
      parser.push(stream.subarray(at, at + 1));
    }
    assert.equal(parser.skip(length + 1), false);
    assert.equal(parser.skip(length), true);
    assert.equal(parser.skip(1), false);
    parser.push(frame(3, true));
    assert.deepEqual(seen.headers, [`2 ${length}`, "2 3", "end 2"]);
    assert.ok(seen.payload().equals(payloadOf(3)));
  }
});

/** First byte, second byte, the length's other bytes; and whether an endpoint may send it. */
const HEADERS: readonly [header: readonly number[], allowed: boolean][] = [
  ...[0, 1, 2].map((opcode): [number[], boolean] => [[opcode, 0], true]),
  ...[3, 4, 5, 6, 7].map((opcode): [number[], boolean] => [[opcode | 0x80, 0], false]),
  ...[8, 9, 10].map((opcode): [number[], boolean] => [[opcode | 0x80, 125], true]),
  ...[8, 9, 10].map((opcode): [number[], boolean] => [[opcode, 0], false]),
  ...[8, 9, 10].map((opcode): [number[], boolean] => [[opcode | 0x80, 126, 0, 126], false]),
  ...[8, 9, 10].map((opcode): [number[], boolean] => [[opcode | 0xc0, 0], false]),
  ...[11, 12, 13, 14, 15].map((opcode): [number[], boolean] => [[opcode | 0x80, 0], false]),
  [[0xc1, 0], true],
  [[0xa1, 0], false],
  [[0x91, 0], false],
  [[0x82, 126, 0, 125], false],
  [[0x82, 126, 0, 126], true],
  [[0x82, 126, 0xff, 0xff], true],
  [[0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff], false],
  [[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0], true],
  [[0x82, 127, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], true],
  [[0x82, 127, 0, 0x20, 0, 0, 0, 0, 0, 0], false],
  [[0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], false],
];

for (const [header, allowed] of HEADERS)
  test(`header ${Buffer.from(header).toString("hex")} ${allowed ? "begins a frame" : "fails"}`, () => {
    const { parser } = recorder();
    parser.push(Uint8Array.from(header));
    assert.equal(parser.failed, !allowed);
    parser.restart();
    parser.push(frame(2, false));
    assert.equal(parser.failed, false);
  });

function payloadOf(length: number): Buffer {
  const payload = Buffer.alloc(length);
  for (let i = 0; i < length; i++) payload[i] = (i * 5 + (i >> 8) * 3 + (i >> 16)) & 0xff;
  return payload;
}

/** A whole binary message. */
function frame(length: number, masked: boolean): Buffer {
  const size = length < 126 ? [length] : length <= 0xffff ? [126, length >> 8, length & 0xff] : longSize(length);
  const header = Buffer.from([0x82, size[0]! | (masked ? 0x80 : 0), ...size.slice(1), ...(masked ? KEY : [])]);
  const payload = payloadOf(length);
  if (masked) for (let i = 0; i < length; i++) payload[i]! ^= KEY[i & 3]!;
  return Buffer.concat([header, payload]);
}

function longSize(length: number): number[] {
  return [127, 0, 0, 0, 0, (length >>> 24) & 0xff, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
}

/** The frames' opcodes and lengths, and how many ended; all their payload. */
function recorder() {
  const begun: string[] = [];
  const pieces: Buffer[] = [];
  let ended = 0;
  const parser = new FrameParser({
    frameBegin: ({ opcode, length }) => void begun.push(`${opcode} ${length}`),
    payload: (bytes, start, end) => void pieces.push(Buffer.from(bytes.subarray(start, end))),
    frameEnd() {
      ended++;
    },
  });
  const seen = {
    get headers() {
      return [...begun, `end ${ended}`];
    },
    payload: () => Buffer.concat(pieces),
  };
  return { parser, seen };
}
