import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MemoryBudget } from "../../model/index.ts";
import { GrpcMessageParser, type GrpcMessageParserOptions } from "./message-parser.ts";
import { decodeGrpcStatusMessage, isGrpcContentType, nameGrpcStatus, parseGrpcStatus } from "./status.ts";

const TIME = { seconds: 1, nanos: 0 };

function play(pushes: Uint8Array[], options: GrpcMessageParserOptions = {}) {
  const budget = new MemoryBudget(1 << 20);
  const parser = new GrpcMessageParser({ budget, ...options });
  for (const data of pushes) parser.push(data, 0, data.length, TIME);
  const lines = parser.kept.map(
    ({ bytes, size, truncated, compressed, trailers }) =>
      `${Buffer.from(bytes).toString()} of ${size}${truncated ? " cut" : ""}${compressed ? " compressed" : ""}${trailers ? " trailers" : ""}`,
  );
  parser.release();
  assert.equal(budget.used, 0);
  return [...lines, ...(parser.broken && lines.length < parser.count ? [`${parser.count} in all`] : [])];
}

function message(flags: number, text: string): Buffer {
  const bytes = Buffer.alloc(5 + text.length);
  bytes[0] = flags;
  bytes.writeUInt32BE(text.length, 1);
  bytes.write(text, 5);
  return bytes;
}

const input = new Uint8Array(
  Buffer.concat([message(0, "hello"), message(1, ""), message(0, "x"), message(0x80, "a:b")]),
);

describe("messages", () => {
  test("at every split", () => {
    const expected = ["hello of 5", " of 0 compressed", "x of 1", "a:b of 3 trailers"];
    for (let at = 0; at <= input.length; at++)
      assert.deepEqual(play([input.subarray(0, at), input.subarray(at)]), expected, `split at ${at}`);
    assert.deepEqual(play([...input].map((byte) => Uint8Array.of(byte))), expected);
  });

  test("bounds: bytes of a message, number of messages, memory", () => {
    assert.deepEqual(play([input], { messageBytes: 2 })[0], "he of 5 cut");
    assert.deepEqual(play([input], { messages: 1 }), ["hello of 5", "4 in all"]);
    assert.deepEqual(play([input], { budget: new MemoryBudget(3) }), [
      " of 5 cut",
      " of 0 compressed",
      "x of 1",
      " of 3 cut trailers",
    ]);
  });

  test("other flags are no gRPC", () => {
    const parser = new GrpcMessageParser();
    parser.push(new Uint8Array([...message(0, "a"), 0x44, 0, 0, 0, 1, 0]), 0, 12, TIME);
    assert.deepEqual([parser.kept.length, parser.broken], [1, true]);
  });

  test("missing bytes cut the message that they stand in, and end everything where they hide a prefix", () => {
    const parser = new GrpcMessageParser();
    parser.push(input, 0, 7, TIME);
    parser.skip(2);
    parser.push(input, 9, input.length, TIME);
    assert.deepEqual(
      parser.kept.map(({ size, truncated, bytes }) => [size, truncated, Buffer.from(bytes).toString()]),
      [
        [5, true, "he"],
        [0, false, ""],
        [1, false, "x"],
        [3, false, "a:b"],
      ],
    );
    parser.skip(1);
    assert.equal(parser.broken, true);
  });
});

test("status", () => {
  assert.deepEqual([0, 1, 5, 16, 17].map(nameGrpcStatus), [
    "OK",
    "CANCELLED",
    "NOT_FOUND",
    "UNAUTHENTICATED",
    undefined,
  ]);
  assert.deepEqual(["0", "16", "", "x", "01", "-1"].map(parseGrpcStatus), [
    0,
    16,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(decodeGrpcStatusMessage("nicht gefunden"), "nicht gefunden");
  assert.equal(decodeGrpcStatusMessage("100%25 f%C3%BCr%zz %"), "100% für%zz %");
});

test("content types", () => {
  for (const yes of [
    "application/grpc",
    "application/grpc+proto",
    "application/grpc;x=y",
    "application/grpc-web+proto",
  ])
    assert.equal(isGrpcContentType(yes), true, yes);
  for (const no of [undefined, "", "application/grpcx", "application/json"]) assert.equal(isGrpcContentType(no), false);
});
