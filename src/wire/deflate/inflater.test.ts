import assert from "node:assert/strict";
import { test } from "node:test";
import { constants, createDeflateRaw, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Inflater } from "./inflater.ts";

const TEXT = Buffer.from(Array.from({ length: 3000 }, (_, i) => `${i * i} is the square of ${i}\n`).join(""));

const INPUTS: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  "one byte": Buffer.from("a"),
  "a short text": Buffer.from("hello hello hello"),
  "a text longer than the window": TEXT,
  "a long run": Buffer.alloc(200_000, 7),
  "random bytes": Buffer.from(
    Array.from({ length: 70_000 }, (_, i) => (Math.imul(i ^ (i >> 7), 2654435761) >>> 13) & 255),
  ),
};

for (const [name, input] of Object.entries(INPUTS)) {
  for (const [how, options] of [
    ["stored", { level: 0 }],
    ["fixed codes", { strategy: constants.Z_FIXED }],
    ["dynamic codes", { level: 9 }],
    ["small window", { level: 6, windowBits: 9 }],
    ["runs only", { strategy: constants.Z_RLE }],
  ] as const)
    test(`what zlib compressed comes out again: ${name}, ${how}, in pieces of any size`, () => {
      const compressed = deflateRawSync(input, options);
      for (const size of [1, 2, 3, 7, 100, 4096, compressed.length])
        assert.ok(input.equals(inflate(compressed, size)), `pieces of ${size}`);
    });
}

test("a short stream at every split point", () => {
  const compressed = deflateRawSync(TEXT.subarray(0, 2000), { level: 9 });
  for (let split = 0; split <= compressed.length; split++) {
    const inflater = new Inflater();
    const output: Buffer[] = [];
    const write = (bytes: Uint8Array, start: number, end: number) =>
      output.push(Buffer.from(bytes.subarray(start, end)));
    inflater.push(compressed, 0, split, write);
    inflater.push(compressed, split, compressed.length, write);
    assert.ok(inflater.ended && Buffer.concat(output).equals(TEXT.subarray(0, 2000)), `split at ${split}`);
  }
});

test("messages that share a window, as a WebSocket's", async () => {
  const deflater = createDeflateRaw();
  const compressed: Buffer[] = [];
  deflater.on("data", (chunk: Buffer) => compressed.push(chunk));
  const inflater = new Inflater();
  for (let message = 0; message < 50; message++) {
    const text = Buffer.from(`message ${message}: the same words again and again, ${"x".repeat(message * 300)}`);
    deflater.write(text);
    await new Promise<void>((resolve) => deflater.flush(constants.Z_SYNC_FLUSH, resolve));
    const output: Buffer[] = [];
    const bytes = Buffer.concat(compressed.splice(0));
    inflater.push(bytes, 0, bytes.length, (piece, start, end) => output.push(Buffer.from(piece.subarray(start, end))));
    assert.equal(Buffer.concat(output).toString(), text.toString());
  }
});

test("what is not DEFLATE fails, and never gives more than it can", () => {
  for (const bytes of [
    [0x07],
    [0x00, 1, 0, 1, 0],
    [0x05, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0x63, 0x00, 0x02, 0x3e, 0xff],
  ]) {
    const inflater = new Inflater();
    let output = 0;
    inflater.push(Uint8Array.from(bytes), 0, bytes.length, (_, start, end) => {
      output += end - start;
    });
    assert.ok(output <= 258 * 8 * bytes.length);
  }
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state >> 8;
  };
  const valid = deflateRawSync(TEXT.subarray(0, 5000));
  for (let round = 0; round < 300; round++) {
    const broken = Buffer.from(valid);
    for (let flips = 0; flips < 3; flips++) broken[random() % broken.length]! ^= 1 << (random() % 8);
    const inflater = new Inflater();
    let output = 0;
    inflater.push(broken, 0, broken.length, (_, start, end) => {
      output += end - start;
    });
    assert.ok(output <= 1032 * broken.length, `seed ${seed}, round ${round}`);
  }
});

for (const [format, compress] of [
  ["zlib", deflateSync],
  ["gzip", gzipSync],
] as const) {
  test(`${format}: its wrapper is read, and its checksum verified`, () => {
    const compressed = compress(TEXT);
    for (const size of [1, 7, 4096, compressed.length])
      assert.ok(TEXT.equals(inflate(compressed, size, format)), `pieces of ${size}`);
    const damaged = Buffer.from(compressed);
    damaged[damaged.length - (format === "gzip" ? 5 : 1)]! ^= 1;
    const { inflater, output } = inflateWhole(damaged, format);
    assert.ok(inflater.failed && !inflater.ended);
    assert.ok(output.equals(TEXT), "what came before the checksum is kept");
  });

  test(`${format}: cut anywhere, what is there comes out`, () => {
    const compressed = compress(TEXT.subarray(0, 2000));
    for (let length = 0; length < compressed.length; length++) {
      const { inflater, output } = inflateWhole(compressed.subarray(0, length), format);
      assert.ok(!inflater.failed && !inflater.ended);
      assert.ok(output.equals(TEXT.subarray(0, output.length)), `cut at ${length}`);
      if (length > compressed.length - 4) assert.equal(output.length, 2000);
    }
  });
}

test("members of gzip follow each other, and a push says where each ends", () => {
  const [one, two] = [gzipSync("one"), gzipSync("two")];
  const both = Buffer.concat([one, two, Buffer.from("more")]);
  const inflater = new Inflater("gzip");
  let text = "";
  const write = (bytes: Uint8Array, start: number, end: number) => {
    text += Buffer.from(bytes.subarray(start, end)).toString();
  };
  assert.equal(inflater.push(both, 0, both.length, write), one.length);
  assert.ok(inflater.ended);
  assert.equal(inflater.push(both, one.length, both.length, write), one.length, "until it is reset");
  inflater.reset();
  assert.equal(inflater.push(both, one.length, both.length, write), one.length + two.length);
  assert.equal(text, "onetwo");
  inflater.reset();
  inflater.push(both, one.length + two.length, both.length, write);
  assert.ok(inflater.failed);
});

test("writing stops a push, and no more than a piece was decompressed", () => {
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024));
  let pieces = 0;
  let output = 0;
  const stopped = new Inflater().push(bomb, 0, bomb.length, (_, start, end) => {
    output += end - start;
    return ++pieces < 3;
  });
  assert.equal(pieces, 3);
  assert.ok(output <= 3 * 64 * 1024 && stopped < 1024, `${output} bytes, stopped at ${stopped}`);
});

function inflateWhole(compressed: Uint8Array, format: "raw" | "zlib" | "gzip") {
  const inflater = new Inflater(format);
  const output: Buffer[] = [];
  inflater.push(compressed, 0, compressed.length, (bytes, start, end) =>
    output.push(Buffer.from(bytes.subarray(start, end))),
  );
  return { inflater, output: Buffer.concat(output) };
}

function inflate(compressed: Uint8Array, size: number, format: "raw" | "zlib" | "gzip" = "raw"): Buffer {
  const inflater = new Inflater(format);
  const output: Buffer[] = [];
  for (let at = 0; at < compressed.length; at += size)
    inflater.push(compressed, at, Math.min(at + size, compressed.length), (bytes, start, end) =>
      output.push(Buffer.from(bytes.subarray(start, end))),
    );
  assert.ok(inflater.ended);
  return Buffer.concat(output);
}
