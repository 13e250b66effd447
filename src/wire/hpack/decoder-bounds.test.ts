import assert from "node:assert/strict";
import { test } from "node:test";
import type { Header } from "../../model/index.ts";
import { HpackDecoder, type HpackOptions } from "./decoder.ts";

/** RFC 7541, Appendix A, from 1 on; written down beside the table, so that a name that is lost there is missed here. */
const STATIC =
  `:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206|
  :status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|
  access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length|
  content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|
  if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after|server|
  set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`.split(/\|\s*/);

test("each entry of the static table is the RFC's", () => {
  assert.equal(STATIC.length, 61);
  for (const [at, entry] of STATIC.entries()) {
    const [name, value = ""] = entry.split("=");
    assert.deepEqual(decode(new HpackDecoder(), [0x80 | (at + 1)]), [{ name, value }], `${at + 1}`);
  }
});

test("strings of every length are decoded to their last octet, with Huffman code and without", () => {
  for (const length of [0, 1, 126, 127, 128, 254, 255, 256, 16_383, 16_384, 0xffff, 0x1_0000, 0x1_0001, 0x4_0000]) {
    const decoder = new HpackDecoder({ listBytes: 1 << 30 });
    const plain = textOf(length);
    const [header, ...others] = decode(decoder, [0, ...string("a"), ...integer(7, 0, length), ...plain]);
    assert.deepEqual(others, []);
    assert.ok(header?.value === latin1(plain), `${length}`);
    // "a" is 00011 (Appendix B): eight of them are five octets.
    const eights = Math.floor(length / 8);
    const coded = Array.from({ length: eights }, () => [0x18, 0xc6, 0x31, 0x8c, 0x63]).flat();
    const [huffman] = decode(decoder, [0, ...string("a"), ...integer(7, 0x80, coded.length), ...coded]);
    assert.ok(huffman?.value === "a".repeat(eights * 8), `${eights} times eight`);
  }
});

test("integers of every length: a size is allowed up to what the receiver said, and no further", () => {
  for (const size of [
    30,
    31,
    32,
    158,
    159,
    16_413,
    16_414,
    16_415,
    0xffff,
    0x1_0000,
    0x20_001e,
    0x20_001f,
    (1 << 28) + 30,
  ]) {
    const decoder = new HpackDecoder();
    decoder.allowTableSize(size);
    const tooLarge = size > 4096 ? size + 1 : 4097;
    assert.equal(decoder.decode(bytes(integer(5, 0x20, size)), []), undefined, `${size}`);
    const expected = size === (1 << 28) + 30 ? "integer-overflow" : "table-size-exceeded";
    assert.equal(decoder.decode(bytes(integer(5, 0x20, tooLarge)), []), expected, `${tooLarge}`);
  }
});

test("a list has 64 KiB unless it is said otherwise: what just fills it is given, one octet more is not", () => {
  for (const [options, size] of [
    [{}, 0x1_0000],
    [{ listBytes: 100 }, 100],
  ] as [HpackOptions, number][])
    for (const beyond of [0, 1]) {
      const decoder = new HpackDecoder(options);
      const value = textOf(size - 33 * 2 + beyond);
      const field = [0, ...string("a"), ...integer(7, 0, value.length), ...value];
      const headers = decode(decoder, [0, ...string("b"), 0, ...field]);
      assert.deepEqual(
        headers.map(({ name }) => name),
        beyond === 0 ? ["b", "a"] : ["b"],
      );
      assert.deepEqual([decoder.omittedFields, decoder.omittedBytes], beyond === 0 ? [0, 0] : [1, field.length]);
    }
});

test("a block has a thousand fields unless it is said otherwise, beside those of blocks before it", () => {
  for (const [options, limit] of [
    [{}, 1000],
    [{ fieldCount: 3 }, 3],
  ] as [HpackOptions, number][])
    for (const count of [limit - 1, limit, limit + 1]) {
      const decoder = new HpackDecoder({ listBytes: 1 << 20, ...options });
      const headers: Header[] = [{ name: "before", value: "" }];
      assert.equal(decoder.decode(bytes(new Array(count).fill(0x82)), headers), undefined);
      assert.equal(headers.length, 1 + Math.min(count, limit), `${count} of ${limit}`);
      assert.equal(decoder.omittedFields, Math.max(0, count - limit));
    }
});

test("a table keeps 64 KiB unless it is said otherwise, whatever the sender may use", () => {
  for (const [options, size] of [
    [{}, 0x1_0000],
    [{ tableBytes: 200 }, 200],
  ] as [HpackOptions, number][])
    for (const beyond of [0, 1]) {
      const decoder = new HpackDecoder({ listBytes: 1 << 20, ...options });
      decoder.allowTableSize(1 << 20);
      const value = textOf(size - 33 + beyond);
      const insert = [0x40, ...string("a"), ...integer(7, 0, value.length), ...value];
      decode(decoder, [...integer(5, 0x20, 1 << 20), ...insert]);
      assert.equal(decoder.tableSize, beyond === 0 ? size : 0);
      const [named] = decode(decoder, [0x80 | 62]);
      assert.equal(named!.name, beyond === 0 ? "a" : undefined);
      assert.equal(named!.value?.length, beyond === 0 ? value.length : undefined);
    }
});

test("many entries: each is named by how many came after it", () => {
  const decoder = new HpackDecoder();
  // 34 octets each: 120 of them fill the table.
  const count = 120;
  for (let at = 0; at < count; at++) decode(decoder, [0x40, ...string("n"), ...string(String.fromCharCode(at))]);
  for (let at = 0; at < count; at++) {
    const [header] = decode(decoder, integer(7, 0x80, 62 + at));
    assert.deepEqual(header, { name: "n", value: String.fromCharCode(count - 1 - at) });
  }
  assert.equal(decoder.decode(bytes(integer(7, 0x80, 62 + count)), []), "invalid-index");
});

test("what is broken gives no field, and nothing is read beyond the block's end", () => {
  for (const [block, end, error] of [
    [[0xff], 1, "truncated-block"],
    [[0xff, 0], 1, "truncated-block"],
    [[0xff, 0x80, 1], 2, "truncated-block"],
    [[0xff, 0xff, 0xff, 0xff, 0xff, 1], 6, "integer-overflow"],
    [[0x80], 1, "invalid-index"],
    // A Huffman code that ends within a symbol, and a value.
    [[0, 0x81, 0, 1, 0x62], 5, "bad-huffman"],
    [[0x40, 0x81, 0, 1, 0x62], 5, "bad-huffman"],
    [[0, 1, 0x61, 2, 0x62, 0x63], 5, "truncated-block"],
    [[0, 1, 0x61, 0], 3, "truncated-block"],
    [[0x7f, 0xff], 2, "truncated-block"],
  ] as [number[], number, string][])
    for (const joined of [false, true]) {
      const headers: Header[] = [];
      const found = new HpackDecoder({ joined }).decode(bytes(block), headers, 0, end);
      assert.deepEqual([found, headers], [error, []], `${block} ${joined}`);
    }
});

test("a size that was allowed once stays allowed", () => {
  const decoder = new HpackDecoder();
  for (const size of [8192, 100]) decoder.allowTableSize(size);
  assert.equal(decoder.decode(bytes(integer(5, 0x20, 8192)), []), undefined);
  assert.equal(decoder.decode(bytes(integer(5, 0x20, 8193)), []), "table-size-exceeded");
});

function decode(decoder: HpackDecoder, block: readonly number[]): Header[] {
  const headers: Header[] = [];
  assert.equal(decoder.decode(bytes(block), headers), undefined);
  return headers;
}

/** An integer behind a prefix of that many bits (§5.1). */
function integer(prefixBits: number, pattern: number, value: number): number[] {
  const mask = (1 << prefixBits) - 1;
  if (value < mask) return [pattern | value];
  const octets = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) octets.push((rest & 0x7f) | 0x80);
  return [...octets, rest];
}

function string(text: string): number[] {
  return [...integer(7, 0, text.length), ...Buffer.from(text, "latin1")];
}

/** No two neighbouring stretches are equal, so that an octet lost or doubled anywhere shows. */
function textOf(length: number): number[] {
  return Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13 + (i >> 16) * 29) & 0xff);
}

function latin1(octets: readonly number[]): string {
  return Buffer.from(octets).toString("latin1");
}

function bytes(octets: readonly number[]): Uint8Array {
  return Uint8Array.from(octets);
}
