import assert from "node:assert/strict";
import { test } from "node:test";
import { concat, FrameRecorder, frame } from "../../../test/support/frame-recorder.ts";
import { FrameParser } from "./frame-parser.ts";

const TIME = { seconds: 1, nanos: 0 };
/** A client's start, after which any frame may come. */
const START = concat(new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0));
const STARTED = "started client-preface";

/** Around the sizes at which a buffer, a counter or a byte of a frame's length ends; the last is the largest that there is. */
const SIZES = [1, 255, 256, 16_384, 0xffff, 0x1_0000, 0x1_0001, 0xff_ffff];

/** No two neighbouring stretches are equal, so that a byte lost or doubled anywhere shows. */
const BODY = bodyOf(SIZES.at(-1)!);

for (const piece of [Number.POSITIVE_INFINITY, 0x1_0000, 12_345])
  test(`every byte of a large DATA frame is handed on, in pieces of ${piece}`, () => {
    for (const size of SIZES) {
      const { parser, data, lines } = listen();
      const body = BODY.subarray(0, size);
      const input = concat(START, headerOfData(size), body, frame(3, 0, 1, "00000000"));
      for (let at = 0; at < input.length; at += piece) parser.push(input.subarray(at, at + piece), TIME);
      parser.finish();
      assert.ok(Buffer.concat(data).equals(body), `${size}`);
      assert.deepEqual(lines, [STARTED, "dataEnd", "RST_STREAM 1 NO_ERROR"], `${size}`);
      assert.equal(parser.parsedBytes + size, input.length, `${size}`);
    }
  });

test("what is missing of a large DATA frame is passed over to its last byte", () => {
  for (const size of SIZES.slice(1))
    for (const seen of [0, 1, size >> 1, size - 1]) {
      const { parser, data, lines } = listen();
      parser.push(concat(START, headerOfData(size), BODY.subarray(0, seen)), TIME);
      parser.gap(size - seen, TIME);
      parser.push(frame(3, 0, 1, "00000000"), TIME);
      parser.finish();
      assert.ok(Buffer.concat(data).equals(BODY.subarray(0, seen)), `${seen} of ${size}`);
      const expected = [STARTED, `missing ${size - seen}`, "dataEnd", "RST_STREAM 1 NO_ERROR"];
      assert.deepEqual(lines, expected, `${seen} of ${size}`);
    }
});

test("padding of every length is taken off, from DATA and from HEADERS", () => {
  for (let padding = 0; padding < 256; padding++) {
    const { parser, data, lines } = listen();
    const padded = padding.toString(16).padStart(2, "0");
    const zeros = "00".repeat(padding);
    parser.push(
      concat(START, frame(0, 8, 1, `${padded}616263${zeros}`), frame(1, 0xd, 1, `${padded}82${zeros}`)),
      TIME,
    );
    parser.finish();
    assert.equal(Buffer.concat(data).toString(), "abc", padded);
    assert.deepEqual(lines, [STARTED, "dataEnd", `HEADERS 1 82 end (${11 + padding})`], padded);
  }
});

test("a stream's number has 31 bits", () => {
  for (const streamId of [1, 0xff, 0x101, 0xffff, 0x1_0001, 0xff_ffff, 0x100_0001, 0x7fff_ffff])
    assert.deepEqual(read(frame(3, 0, streamId, "00000008")), [STARTED, `RST_STREAM ${streamId} CANCEL`]);
});

test("a header block has 64 CONTINUATIONs unless it is said otherwise, and one more is too many", () => {
  for (const [count, line] of [
    [64, `HEADERS 1 ${"82".repeat(65)} end (${65 * 10})`],
    [65, "lost 1 too-large end"],
  ] as const) {
    const middle = Array.from({ length: count - 1 }, () => frame(9, 0, 1, "82"));
    assert.deepEqual(read(frame(1, 1, 1, "82"), ...middle, frame(9, 4, 1, "82")), [STARTED, line]);
  }
});

test("a header block has 256 KiB unless it is said otherwise, and one byte more is too many", () => {
  const part = "82".repeat(16_384);
  const parts = [frame(1, 1, 1, part), ...Array.from({ length: 14 }, () => frame(9, 0, 1, part))];
  assert.deepEqual(read(...parts, frame(9, 4, 1, part)), [
    STARTED,
    `HEADERS 1 ${"82".repeat(1 << 18)} end (${(1 << 18) + 16 * 9})`,
  ]);
  const whole = [...parts, frame(9, 0, 1, part)];
  assert.deepEqual(read(...whole, frame(9, 4, 1, "82")), [STARTED, "lost 1 too-large end"]);
});

test("a control frame has 16 KiB at most, whatever is allowed: a longer one is passed over", () => {
  const goaway = (size: number) => frame(7, 0, 0, `0000000300000008${"00".repeat(size - 8)}`);
  const settings = (count: number) => frame(4, 0, 0, "000100001000".repeat(count));
  const after = frame(3, 0, 1, "00000008");
  assert.deepEqual(read(goaway(16_384), after), [STARTED, "GOAWAY 3 CANCEL", "RST_STREAM 1 CANCEL"]);
  assert.deepEqual(read(goaway(16_385), after), [STARTED, "RST_STREAM 1 CANCEL"]);
  assert.equal(read(settings(2730), after).length, 2732);
  assert.deepEqual(read(settings(2731), after), [STARTED, "RST_STREAM 1 CANCEL"]);
});

test("of several settings that are against the rules, the first says which; the others are told", () => {
  const [push, window, right] = ["000200000002", "000480000000", "000100001000"];
  for (const [order, error] of [
    [push + window + right, "PROTOCOL_ERROR"],
    [right + window + push, "FLOW_CONTROL_ERROR"],
    [window + right + push, "FLOW_CONTROL_ERROR"],
  ] as const)
    assert.deepEqual(read(frame(4, 0, 0, order)), [STARTED, "SETTINGS 1=4096", `violation ${error} SETTINGS 0`]);
});

function read(...frames: Uint8Array[]): string[] {
  const { parser, lines } = listen();
  parser.push(concat(START, ...frames), TIME);
  parser.finish();
  return lines;
}

/** Keeps DATA as bytes: a line of sixteen megabytes is slow to compare. */
function listen(): { parser: FrameParser; data: Uint8Array[]; lines: string[] } {
  const recorder = new FrameRecorder();
  const data: Uint8Array[] = [];
  recorder.data = (_streamId, bytes, start, end) => void data.push(bytes.slice(start, end));
  recorder.dataMissing = (_streamId, size) => void recorder.lines.push(`missing ${size}`);
  recorder.dataEnd = () => void recorder.lines.push("dataEnd");
  const parser = new FrameParser(recorder, { fromStart: true });
  parser.allowFrameSize(0xff_ffff);
  return { parser, data, lines: recorder.lines };
}

function headerOfData(size: number): Uint8Array {
  const bytes = frame(0, 0, 1);
  bytes.set([size >> 16, (size >> 8) & 255, size & 255]);
  return bytes;
}

function bodyOf(size: number): Uint8Array {
  const body = new Uint8Array(size);
  for (let i = 0; i < size; i++) body[i] = (i * 7 + (i >> 8) * 13 + (i >> 16) * 29) & 0xff;
  return body;
}
