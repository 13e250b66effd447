import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import type { Body } from "../../model/index.ts";
import { decodeBodies } from "./decode-bodies.ts";
import { decodeContent } from "./node-content-decoder.ts";
import { presentExchange } from "./present-exchange.ts";

// Longer than a block of zstd (128 KiB): of a block that is cut nothing can be shown.
const TEXT = Array.from({ length: 40_000 }, (_, i) => `line ${i * 7919}`).join("\n");

function decode(coding: string, bytes: Uint8Array, body: Partial<Body> = {}): Body {
  const exchange = buildExchange({ responseHeaders: { "Content-Encoding": coding }, responseBody: bytes });
  const response = { ...exchange.response!, body: { ...buildBody(bytes), ...body } };
  return decodeBodies({ ...exchange, response }, decodeContent).response!.body;
}

for (const [coding, encode] of [
  ["gzip", gzipSync],
  ["x-gzip", gzipSync],
  ["GZIP", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
  ["identity, gzip", gzipSync],
  ["br, gzip", (text: string) => gzipSync(brotliCompressSync(text))],
] as const)
  test(`${coding} (${encode.name}) is undone, and what was cut is shown as far as it goes`, () => {
    const bytes = encode(TEXT);
    const whole = decode(coding, bytes);
    assert.equal(Buffer.from(whole.bytes).toString(), TEXT);
    assert.equal(whole.size, bytes.length);
    assert.ok(whole.decodedFrom !== undefined && !whole.truncated);
    for (const part of [0.5, 0.9]) {
      const cut = decode(coding, bytes.subarray(0, bytes.length * part), { truncated: true });
      assert.ok(TEXT.startsWith(Buffer.from(cut.bytes).toString()));
      assert.ok(cut.truncated);
    }
  });

for (const [coding, encode] of [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
] as const)
  test(`${coding} (${encode.name}) that ends too early in a whole message is told, in one that is cut it is not`, () => {
    const bytes = encode("a text that is not long");
    for (let end = 12; end < bytes.length; end++) {
      const body = decode(coding, bytes.subarray(0, end));
      if (body.decodedFrom !== undefined)
        assert.deepEqual([body.decodingProblem, body.truncated], [`invalid:${coding}`, true], `${end} bytes`);
      assert.equal(decode(coding, bytes.subarray(0, end), { truncated: true }).decodingProblem, undefined);
      assert.equal(decode(coding, bytes.subarray(0, end), { complete: false }).decodingProblem, undefined);
    }
    assert.equal(decode(coding, bytes.subarray(0, -1)).decodingProblem, `invalid:${coding}`);
  });

test("what is not of its coding, or of none that is known, stays as it is", () => {
  for (const coding of ["gzip", "br", "zstd", "deflate", "compress", "exi", "gzip,gzip,gzip,gzip,gzip", "__proto__"]) {
    const body = decode(coding, Buffer.from("plain text"));
    assert.equal(Buffer.from(body.bytes).toString(), "plain text");
    assert.equal(body.decodedFrom, undefined);
  }
});

const CODINGS = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["deflate", deflateRawSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const;

for (const [coding, encode] of CODINGS) {
  const name = `${coding} (${encode.name})`;

  test(`${name}: a bomb stops at the limit, exactly, and says so`, () => {
    const bytes = encode(Buffer.alloc(32 * 1024 * 1024, "a"));
    const body = decode(coding, bytes);
    const limit = 64 * 1024 + 200 * bytes.length;
    assert.equal(body.bytes.length, Math.min(limit, 32 * 1024 * 1024));
    assert.ok(Buffer.from(body.bytes).every((byte) => byte === 0x61));
    assert.ok(body.truncated && body.decodedFrom === coding && body.size === bytes.length);
    assert.equal(body.decodingProblem, "decompression-limit");
  });

  test(`${name}: what fills the limit exactly is whole`, () => {
    const bytes = encode(TEXT);
    for (const [limit, length, problem] of [
      [TEXT.length, TEXT.length, undefined],
      [TEXT.length + 1, TEXT.length, undefined],
      [TEXT.length - 1, TEXT.length - 1, "decompression-limit"],
      [1, 1, "decompression-limit"],
    ] as const) {
      const decoded = decodeContent(coding, bytes, limit);
      assert.equal(decoded?.bytes.length, length);
      assert.equal(decoded?.problem, problem);
      assert.equal(decoded?.truncated, problem !== undefined);
    }
  });

  test(`${name}: what came out before the damage is kept`, () => {
    const bytes = encode(TEXT);
    let invalid = 0;
    for (let part = 1; part < 40; part++) {
      const at = Math.floor((bytes.length * part) / 40);
      const damaged = Buffer.from(bytes);
      for (let i = at; i < Math.min(bytes.length, at + 8); i++) damaged[i]! ^= 0xff;
      const before = decode(coding, bytes.subarray(0, at), { truncated: true });
      const body = decode(coding, damaged);
      if (before.decodedFrom === undefined) continue;
      assert.ok(body.decodedFrom !== undefined, `damaged at ${at} of ${bytes.length}`);
      assert.ok(Buffer.from(body.bytes.subarray(0, before.bytes.length)).equals(before.bytes), `damaged at ${at}`);
      if (body.decodingProblem === undefined) continue;
      assert.equal(body.decodingProblem, `invalid:${coding}`);
      assert.ok(body.truncated);
      invalid++;
    }
    // Bare DEFLATE has no checksum, so that little of it is noticed.
    assert.ok(invalid >= (encode === deflateRawSync ? 1 : 10), `${invalid} were noticed`);
  });

  test(`${name}: bytes behind the end are not content`, () => {
    for (const more of ["x", "more and more", "\0\0\0\0"]) {
      const body = decode(coding, Buffer.concat([encode("short"), Buffer.from(more)]));
      assert.equal(Buffer.from(body.bytes).toString(), "short");
      assert.equal(body.decodingProblem, undefined);
    }
  });
}

for (const [coding, encode] of [
  ["gzip", gzipSync],
  ["zstd", zstdCompressSync],
] as const)
  test(`${coding}: parts that follow each other are one content`, () => {
    const parts = Buffer.concat([encode("one "), encode("two "), encode("three")]);
    assert.equal(Buffer.from(decode(coding, parts).bytes).toString(), "one two three");
    assert.equal(Buffer.from(decodeContent(coding, parts, 6)!.bytes).toString(), "one tw");
    assert.equal(decodeContent(coding, parts, 6)?.problem, "decompression-limit");
    const many = Buffer.concat(Array.from({ length: 100 }, () => encode("x")));
    assert.ok(decode(coding, many).bytes.length >= 64);
  });

test("gzip of nothing is nothing", () => {
  const body = decode("gzip", gzipSync(""));
  assert.equal(body.bytes.length, 0);
  assert.equal(body.decodedFrom, "gzip");
});

test("an exchange says what decoding its bodies met, once", () => {
  const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024));
  const headers = { "Content-Encoding": "gzip" };
  const exchange = buildExchange({
    requestHeaders: headers,
    requestBody: bomb,
    responseHeaders: headers,
    responseBody: bomb,
    exchange: { problems: ["conflicting-length"] },
  });
  assert.deepEqual(decodeBodies(exchange, decodeContent).problems, ["conflicting-length", "decompression-limit"]);
  const limits = { decompressionGrace: 2 ** 26, decompressionRatio: 1, decompressedBytes: 2 ** 26 };
  assert.deepEqual(decodeBodies(exchange, decodeContent, limits).problems, ["conflicting-length"]);
  const presentation = { decode: decodeContent, redactor: undefined };
  assert.deepEqual(presentExchange(exchange, presentation).problems, ["conflicting-length"]);
  const shown = { ...presentation, showsBodies: true };
  assert.deepEqual(presentExchange(exchange, shown).problems, ["conflicting-length", "decompression-limit"]);
  assert.deepEqual(presentExchange(exchange, { ...shown, limits }).problems, ["conflicting-length"]);
});
