import assert from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import { Random } from "../../../test/support/random.ts";
import type { Body } from "../../model/index.ts";
import { decodeBodies } from "./decode-bodies.ts";
import { decodeContent } from "./node-content-decoder.ts";

const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const LIMIT = 2 ** 20;

type Decode = (bytes: Uint8Array) => Buffer;
interface Coding {
  readonly name: string;
  readonly coding: string;
  readonly encode: (text: Uint8Array) => Buffer;
  /** All that the bytes may be under this coding's name: all or nothing, as Node's own calls have it. */
  readonly strict: readonly Decode[];
  /** Node's own call that gives what cut bytes hold. */
  readonly lenient: Decode;
}

const cut = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
const CODINGS: readonly Coding[] = [
  {
    name: "gzip",
    coding: "gzip",
    encode: (text) => zlib.gzipSync(text),
    strict: [(bytes) => zlib.gunzipSync(bytes)],
    lenient: (bytes) => zlib.gunzipSync(bytes, cut),
  },
  {
    name: "deflate",
    coding: "deflate",
    encode: (text) => zlib.deflateSync(text),
    strict: [(bytes) => zlib.inflateSync(bytes), (bytes) => zlib.inflateRawSync(bytes)],
    lenient: (bytes) => zlib.inflateSync(bytes, cut),
  },
  {
    name: "bare deflate",
    coding: "deflate",
    encode: (text) => zlib.deflateRawSync(text),
    strict: [(bytes) => zlib.inflateSync(bytes), (bytes) => zlib.inflateRawSync(bytes)],
    lenient: (bytes) => zlib.inflateRawSync(bytes, cut),
  },
  {
    name: "br",
    coding: "br",
    encode: (text) => zlib.brotliCompressSync(text),
    strict: [(bytes) => zlib.brotliDecompressSync(bytes)],
    lenient: (bytes) => zlib.brotliDecompressSync(bytes, { finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
  },
  {
    name: "zstd",
    coding: "zstd",
    encode: (text) => zlib.zstdCompressSync(text),
    strict: [(bytes) => zlib.zstdDecompressSync(bytes)],
    lenient: (bytes) => zlib.zstdDecompressSync(bytes, { finishFlush: zlib.constants.ZSTD_e_flush }),
  },
  {
    name: "zstd with a checksum",
    coding: "zstd",
    encode: (text) => zlib.zstdCompressSync(text, { params: { [zlib.constants.ZSTD_c_checksumFlag]: 1 } }),
    strict: [(bytes) => zlib.zstdDecompressSync(bytes)],
    lenient: (bytes) => zlib.zstdDecompressSync(bytes, { finishFlush: zlib.constants.ZSTD_e_flush }),
  },
];

/** Short and long runs, and bytes that no coding makes shorter. */
function drawContents(): readonly Uint8Array[] {
  const random = new Random(SEED);
  const noise = Uint8Array.from({ length: 40 }, () => random.below(256));
  const words = Array.from({ length: 30 }, () => ["alpha ", "beta ", "gamma "][random.below(3)]!).join("");
  return [Buffer.from(words), noise, Buffer.alloc(3000, "abcdefg")];
}

for (const { name, coding, encode, strict, lenient } of CODINGS) {
  const judge = (bytes: Uint8Array): Buffer | undefined => strict.map((decode) => attempt(decode, bytes)).find(Boolean);

  test(`${name}: bodies that end at each byte hold what Node says, and say that they are cut (seed ${SEED})`, () => {
    for (const content of drawContents()) {
      const whole = encode(content);
      for (let end = 1; end < whole.length; end++) {
        const bytes = whole.subarray(0, end);
        const ours = decode(coding, bytes);
        const held = attempt(lenient, bytes) ?? Buffer.alloc(0);
        if (ours.decodedFrom !== undefined)
          assert.deepEqual(Buffer.from(ours.bytes), held, `${end} of ${whole.length}`);
        else assert.equal(held.length, 0, `${end} of ${whole.length}: nothing was shown`);
        assert.ok(held.length === 0 || ours.decodingProblem === `invalid:${coding}`, `${end} of ${whole.length}`);
        for (const part of [{ truncated: true }, { complete: false }])
          assert.equal(decode(coding, bytes, part).decodingProblem, undefined, `${end}: the message is cut itself`);
        const range = decode(coding, bytes, {}, { "Content-Range": `bytes 0-${end - 1}/${whole.length}` });
        assert.equal(range.decodingProblem, undefined, `${end}: a range`);
      }
    }
  });

  test(`${name}: of bodies damaged at each byte what Node takes is equal, and what it refuses is told (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (const content of drawContents()) {
      const whole = encode(content);
      for (let at = 0; at < whole.length; at++) {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ (1 << random.below(8));
        const ours = decode(coding, bytes);
        const theirs = judge(bytes);
        // Bytes of something else often give nothing rather than an error: they are shown.
        if (theirs !== undefined && theirs.length > 0) {
          assert.deepEqual(Buffer.from(ours.bytes), theirs, `at ${at}`);
          assert.deepEqual([ours.decodedFrom, ours.decodingProblem], [coding, undefined], `at ${at}`);
        } else if (ours.decodedFrom !== undefined) {
          assert.deepEqual([ours.truncated, ours.decodingProblem], [true, `invalid:${coding}`], `at ${at}`);
        } else assert.deepEqual(Buffer.from(ours.bytes), bytes, `at ${at}: stays as on the wire`);
      }
    }
  });

  test(`${name}: nothing is content too, and what stands behind the end is none`, () => {
    for (const [bytes, content] of [
      [encode(Buffer.alloc(0)), ""],
      [Buffer.concat([encode(Buffer.from("short")), Buffer.from("behind")]), "short"],
    ] as const) {
      const ours = decode(coding, bytes);
      assert.deepEqual([Buffer.from(ours.bytes).toString(), ours.decodedFrom], [content, coding]);
      assert.deepEqual([ours.truncated, ours.decodingProblem], [false, undefined]);
    }
  });
}

for (const { name, coding, encode } of CODINGS.filter(({ coding }) => coding === "gzip" || coding === "zstd"))
  test(`${name}: the second of three parts ends at each byte`, () => {
    const [first, second] = [encode(Buffer.from("one ")), encode(Buffer.from("two "))];
    for (let end = 4; end < second.length; end++) {
      const ours = decode(coding, Buffer.concat([first, second.subarray(0, end)]));
      const text = Buffer.from(ours.bytes).toString();
      assert.ok("one two ".startsWith(text) && text.startsWith("one "), text);
      assert.equal(ours.decodingProblem, `invalid:${coding}`, `${end} of ${second.length}`);
    }
  });

test("of what begins as gzip or zstd and gives nothing it is told", () => {
  for (const [coding, bytes] of [
    ["gzip", zlib.gzipSync("text").subarray(0, 10)],
    ["x-gzip", zlib.gzipSync("text").subarray(0, 10)],
    ["zstd", zlib.zstdCompressSync("text").subarray(0, 9)],
  ] as const) {
    const ours = decode(coding, bytes);
    assert.deepEqual(Buffer.from(ours.bytes), bytes);
    assert.deepEqual([ours.decodedFrom, ours.decodingProblem], [undefined, `invalid:${coding}`]);
  }
});

test(`codings on top of each other, of several parts each: what Node makes of them (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const PIPES = {
    "x-gzip": CODINGS[0]!,
    gzip: CODINGS[0]!,
    deflate: CODINGS[1]!,
    br: CODINGS[3]!,
    zstd: CODINGS[4]!,
  } as const;
  const names = Object.keys(PIPES) as (keyof typeof PIPES)[];
  for (let run = 0; run < 300; run++) {
    const content = drawContents()[random.below(3)]!;
    const codings = Array.from({ length: 1 + random.below(3) }, () => names[random.below(names.length)]!);
    let bytes: Uint8Array = content;
    let hasParts = false;
    for (const coding of codings) {
      const mayHaveParts = coding.endsWith("gzip") || coding === "zstd";
      const cutAt = random.below(bytes.length + 1);
      const parts = mayHaveParts && random.chance(2) ? [bytes.subarray(0, cutAt), bytes.subarray(cutAt)] : [bytes];
      hasParts ||= parts.length > 1;
      bytes = Buffer.concat(parts.map((part) => PIPES[coding].encode(part)));
      // A frame that is to be skipped (RFC 8878 §3.1.2).
      if (coding === "zstd" && random.chance(3))
        bytes = Buffer.concat([Buffer.from("502a4d1803000000aabbcc", "hex"), bytes]);
    }
    const spelled = codings.map((coding) => (random.chance(2) ? coding : coding.toUpperCase()));
    const listed = random.chance(2) ? spelled.join(", ") : spelled.join(" ,, identity\t,");
    const garbage = random.chance(3) ? Buffer.from("trailing") : Buffer.alloc(0);
    const ours = decode(listed, Buffer.concat([bytes, garbage]));
    const where = `run ${run}: ${listed}, ${garbage.length} behind it`;
    assert.deepEqual(Buffer.from(ours.bytes), Buffer.from(content), where);
    assert.deepEqual([ours.truncated, ours.decodingProblem], [false, undefined], where);
    assert.equal(
      ours.decodedFrom?.toLowerCase().replaceAll("x-gzip", "gzip"),
      codings.join(", ").replaceAll("x-gzip", "gzip"),
      where,
    );
    const end = 1 + random.below(bytes.length - 1);
    const part = decode(listed, bytes.subarray(0, end));
    if (part.decodedFrom !== undefined) {
      assert.ok(
        Buffer.from(content).subarray(0, part.bytes.length).equals(Buffer.from(part.bytes)),
        `${where}, cut at ${end}`,
      );
      // Between two parts nothing tells that there is another.
      assert.ok(hasParts || part.decodingProblem !== undefined, `${where}, cut at ${end}`);
    }
  }
});

test("the limit is what comes out, at each length of it", () => {
  for (const { name, coding, encode } of CODINGS) {
    const content = Buffer.from("0123456789".repeat(4));
    for (let limit = 1; limit <= content.length + 1; limit++) {
      const ours = decodeContent(coding, encode(content), limit)!;
      assert.deepEqual(Buffer.from(ours.bytes), content.subarray(0, limit), `${name}, ${limit}`);
      assert.equal(ours.problem, limit < content.length ? "decompression-limit" : undefined, `${name}, ${limit}`);
    }
  }
});

function attempt(decode: Decode, bytes: Uint8Array): Buffer | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

function decode(
  coding: string,
  bytes: Uint8Array,
  body: Partial<Body> = {},
  headers: Record<string, string> = {},
): Body {
  const exchange = buildExchange({ responseHeaders: { "Content-Encoding": coding, ...headers }, responseBody: bytes });
  const response = { ...exchange.response!, body: { ...buildBody(bytes), ...body } };
  const limits = { decompressionGrace: LIMIT, decompressionRatio: 1, decompressedBytes: LIMIT };
  return decodeBodies({ ...exchange, response }, decodeContent, limits).response!.body;
}
