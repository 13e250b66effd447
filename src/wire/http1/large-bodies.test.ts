import assert from "node:assert/strict";
import { test } from "node:test";
import { Http1Parser, type MessageHandler } from "./index.ts";

/** Around the sizes at which a counter, a buffer or a digit of the chunk's size ends. */
const SIZES = [1, 15, 16, 255, 256, 4095, 4096, 0xffff, 0x1_0000, 0x1_0001, 0xf_ffff, 0x10_0000];

/** How the stream is cut: whole, as packets, as reads of a socket, by a size that divides none. */
const PIECES = [Number.POSITIVE_INFINITY, 1460, 0x1_0000, 12_345];

const HEAD = "HTTP/1.1 200 OK\r\n";

for (const piece of PIECES)
  test(`every byte of a large body is handed on, in pieces of ${piece}`, () => {
    for (const size of SIZES) {
      const body = bodyOf(size);
      const chunk = Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), body, Buffer.from("\r\n")]);
      const chunked = Buffer.concat([Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`), chunk, chunk, LAST]);
      const plain = Buffer.concat([Buffer.from(`${HEAD}Content-Length: ${size}\r\n\r\n`), body]);
      const untilEnd = Buffer.concat([Buffer.from(`${HEAD}\r\n`), body]);
      const twice = Buffer.concat([body, body]);
      assertSame(read(chunked, piece), { body: twice, chunks: [size, size, 0], over: true }, `chunks of ${size}`);
      assertSame(read(plain, piece), { body, chunks: [], over: true }, `a length of ${size}`);
      assertSame(read(untilEnd, piece), { body, chunks: [], over: false }, `up to the end, ${size}`);
    }
  });

test("each of many chunks is handed on, the first as the last", () => {
  const sizes = [3, 1, 20, 0x1_0000, 5, 16, 0x1_0001, 2];
  const parts = sizes.map((size, at) => bodyOf(size + at).subarray(at));
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  const stream = Buffer.concat([Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`), ...chunks, LAST]);
  for (const piece of [...PIECES, 7])
    assertSame(read(stream, piece), { body: Buffer.concat(parts), chunks: [...sizes, 0], over: true }, `${piece}`);
});

test("what was not captured of a large chunk is passed over to its last byte, and no further", () => {
  for (const size of SIZES.slice(1))
    for (const seen of [0, 1, size >> 1, size - 1]) {
      const record = recorder();
      record.parser.push(Buffer.from(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${size.toString(16)}\r\n`));
      record.parser.push(bodyOf(seen));
      assert.equal(record.parser.skip(size - seen + 1), false, `${size}, beyond the chunk`);
      assert.equal(record.parser.skip(size - seen), true, `${size}, the rest of the chunk`);
      record.parser.push(Buffer.concat([Buffer.from("\r\n1\r\nx\r\n"), LAST]));
      const body = Buffer.concat([bodyOf(seen), Buffer.from("x")]);
      assertSame(record.result(), { body, chunks: [size, 1, 0], over: true }, `${seen} of ${size}`);
    }
});

const LAST = Buffer.from("0\r\n\r\n");

interface Read {
  readonly body: Buffer;
  readonly chunks: readonly number[];
  readonly over: boolean;
}

/** No two neighbouring stretches are equal, so that a byte lost or doubled anywhere shows. */
function bodyOf(size: number): Buffer {
  const body = Buffer.alloc(size);
  for (let i = 0; i < size; i++) body[i] = (i * 7 + (i >> 8) * 13 + (i >> 16) * 29) & 0xff;
  return body;
}

function read(stream: Buffer, piece: number): Read {
  const { parser, result } = recorder();
  for (let at = 0; at < stream.length; at += piece) parser.push(stream.subarray(at, at + piece));
  return result();
}

function assertSame(actual: Read, expected: Read, what: string): void {
  assert.deepEqual([actual.chunks, actual.over], [expected.chunks, expected.over], what);
  assert.equal(actual.body.length, expected.body.length, what);
  assert.ok(actual.body.equals(expected.body), what);
}

function recorder(): { parser: Http1Parser; result: () => Read } {
  const pieces: Buffer[] = [];
  const chunks: number[] = [];
  let over = false;
  const handler: MessageHandler = {
    messageBegin() {},
    span() {},
    complete() {},
    headersComplete: () => "none",
    body: (data, start, end) => void pieces.push(Buffer.from(data.subarray(start, end))),
    chunkHeader: (_at, size) => void chunks.push(size),
    chunkComplete() {},
    messageComplete() {
      over = true;
    },
    violation: (problem) => assert.fail(problem),
    failure: (code) => assert.fail(code),
  };
  const parser = new Http1Parser({ kind: "response", strict: false, handler });
  return { parser, result: () => ({ body: Buffer.concat(pieces), chunks, over }) };
}
