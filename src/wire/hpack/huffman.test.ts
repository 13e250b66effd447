import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeHuffman } from "./huffman.ts";
import { computeHuffmanCodes, EOS, HUFFMAN_LENGTHS } from "./huffman-code.ts";

const codes = computeHuffmanCodes();

test("the codes are those of RFC 7541, Appendix B", () => {
  const expected: [symbol: number, code: number, length: number][] = [
    [0, 0x1ff8, 13],
    [32, 0x14, 6],
    [48, 0x0, 5],
    [65, 0x21, 6],
    [92, 0x7fff0, 19],
    [122, 0x7b, 7],
    [127, 0xffffffc, 28],
    [203, 0x7ffffde, 27],
    [249, 0xffffffe, 28],
    [255, 0x3ffffee, 26],
    [EOS, 0x3fffffff, 30],
  ];
  for (const [symbol, code, length] of expected)
    assert.deepEqual([codes[symbol], HUFFMAN_LENGTHS[symbol]], [code, length], `symbol ${symbol}`);
  assert.equal(
    HUFFMAN_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0),
    1,
    "the code is complete",
  );
});

test("every symbol is decoded alone, at every position in a byte, and between others", () => {
  for (let symbol = 0; symbol < 256; symbol++) {
    for (let before = 0; before < 9; before++) {
      const symbols = [...new Array<number>(before).fill(48), symbol, 255 - symbol];
      assert.deepEqual(decode(encode(symbols)), symbols, `symbol ${symbol} after ${before}`);
    }
  }
});

test("padding is at most seven bits, all ones, and EOS is refused", () => {
  assert.deepEqual(decode([]), []);
  assert.equal(decode([0xff]), undefined, "eight bits of padding");
  assert.equal(decode([0b00000_110]), undefined, "padding with a zero");
  assert.deepEqual(decode([0b00000_111]), [48]);
  assert.equal(decode([0b00000_111, 0xff]), undefined, "padding of eleven bits");
  assert.equal(decode([0xff, 0xff, 0xff, 0xff]), undefined, "EOS");
  assert.equal(decode([0b00000_111, 0xff, 0xff, 0xff, 0b11111_000]), undefined, "EOS after a symbol");
});

function decode(source: number[]): number[] | undefined {
  const target = new Uint8Array(source.length * 2);
  const length = decodeHuffman(Uint8Array.from(source), 0, source.length, target);
  return length < 0 ? undefined : [...target.subarray(0, length)];
}

function encode(symbols: number[]): number[] {
  let bits = symbols.map((symbol) => codes[symbol]!.toString(2).padStart(HUFFMAN_LENGTHS[symbol]!, "0")).join("");
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}
