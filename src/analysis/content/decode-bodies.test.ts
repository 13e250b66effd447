import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import type { Body } from "../../model/index.ts";
import { decodeBodies } from "./decode-bodies.ts";
import { decodeContent } from "./node-content-decoder.ts";

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

test("what is not of its coding, or of none that is known, stays as it is", () => {
  for (const coding of ["gzip", "br", "zstd", "deflate", "compress", "exi", "gzip,gzip,gzip,gzip,gzip", "__proto__"]) {
    const body = decode(coding, Buffer.from("plain text"));
    assert.equal(Buffer.from(body.bytes).toString(), "plain text");
    assert.equal(body.decodedFrom, undefined);
  }
});

for (const [coding, encode] of [
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
  ["zstd", zstdCompressSync],
] as const)
  test(`a bomb in ${coding} becomes no larger than the limits allow`, () => {
    const bytes = encode(Buffer.alloc(64 * 1024 * 1024));
    const body = decode(coding, bytes);
    assert.ok(body.bytes.length <= 64 * 1024 + 200 * bytes.length, String(body.bytes.length));
    assert.ok(body.truncated || body.decodedFrom === undefined);
  });
