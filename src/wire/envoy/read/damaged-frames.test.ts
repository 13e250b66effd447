import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { readTrace } from "../../../../test/support/trace-bytes.ts";
import type { TraceWrapper } from "../index.ts";
import { encodeTrace } from "../write/encode.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const WRAPPERS = Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? socketTrace(i) : httpTrace(i)));
const FRAMES = WRAPPERS.map((wrapper) => encodeTrace(wrapper, "PROTO_BINARY_LENGTH_DELIMITED"));
const BYTES = Uint8Array.from(Buffer.concat(FRAMES));
const STARTS = FRAMES.map((_, i) => FRAMES.slice(0, i).reduce((sum, { length }) => sum + length, 0));

test(`a length that is damaged costs its own trace alone (SEED=${SEED})`, () => {
  const random = new Random(SEED);
  for (const [number, start] of STARTS.entries())
    for (const value of [0, 1, 0x7f, 0x80, 0xff, FRAMES[number]![0]! + 1, FRAMES[number]![0]! - 1, random.below(256)]) {
      const bytes = BYTES.slice();
      bytes[start] = value;
      const where = `frame ${number} has the length ${value}`;
      const { wrappers, ledger } = readTrace(bytes, [random.below(bytes.length)], { encoding: "length-delimited" });
      for (const [i, wrapper] of WRAPPERS.entries())
        if (i !== number)
          assert.ok(
            wrappers.some((found) => isEqual(found, wrapper)),
            `${where}: ${i} is lost`,
          );
      assert.ok(ledger.balanced && ledger.book("bytes").buffered === 0, where);
    }
});

test("what is found behind damage does not depend on how it comes", () => {
  const random = new Random(SEED);
  for (let round = 0; round < 40; round++) {
    const bytes = BYTES.slice();
    bytes[random.pick(STARTS)] = random.below(256);
    const whole = readTrace(bytes, [], { encoding: "length-delimited" });
    for (const size of [1, 7, 50]) {
      const splits = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => i * size);
      const { wrappers } = readTrace(bytes, splits, { encoding: "length-delimited" });
      assert.deepEqual(wrappers, whole.wrappers, `round ${round}, pieces of ${size} (SEED=${SEED})`);
    }
  }
});

test("a file whose second trace is damaged is a file of traces all the same", () => {
  const bytes = BYTES.slice();
  bytes[STARTS[1]!] = 0xff;
  const { wrappers, reader } = readTrace(bytes);
  assert.equal(reader.encoding, "length-delimited");
  assert.equal(wrappers.length, WRAPPERS.length - 1);
});

test("what looks like frames without end is given up", () => {
  // Each two bytes begin a frame that reaches as far as it may, and holds none.
  const bytes = new Uint8Array(3_000_000);
  for (let at = 0; at < bytes.length; at += 8) bytes.set([0xff, 0xff, 0x3f, 0x0a, 0xfa, 0xff, 0x3f, 0x07], at);
  bytes.set(FRAMES[0]!);
  const { wrappers, ledger } = readTrace(bytes, [], { encoding: "length-delimited" });
  assert.deepEqual(wrappers, [WRAPPERS[0]]);
  assert.ok(ledger.balanced);
});

function httpTrace(number: number): TraceWrapper {
  const request = {
    headers: [
      { key: ":path", value: `/${number}` },
      { key: "cookie", value: "c".repeat(number * 9) },
    ],
    trailers: [],
  };
  return {
    trace: { kind: "http-buffered", request, response: { ...request, headers: [{ key: ":status", value: "200" }] } },
  };
}

function socketTrace(number: number): TraceWrapper {
  const data = { asBytes: new TextEncoder().encode(`GET /${number} HTTP/1.1\r\n\r\n`), truncated: false };
  const events = [{ kind: "read", timestamp: { seconds: number, nanos: 1 }, data }] as const;
  const state = { readTruncated: false, writeTruncated: false };
  return { trace: { kind: "socket-buffered", traceId: BigInt(number + 1), events, ...state } };
}

function isEqual(one: TraceWrapper, other: TraceWrapper): boolean {
  return Buffer.from(encodeTrace(one, "PROTO_BINARY")).equals(encodeTrace(other, "PROTO_BINARY"));
}
