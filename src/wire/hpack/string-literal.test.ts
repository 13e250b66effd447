import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { shareOf } from "../../../test/support/share-of.ts";
import { computeHuffmanCodes, HUFFMAN_LENGTHS } from "./huffman-code.ts";
import { decodeName, decodeString } from "./string-literal.ts";

const CODES = computeHuffmanCodes();

/** RFC 7541 §5.2: the code of each octet, the last one filled with ones. */
function encodeHuffman(text: string): Uint8Array {
  let bits = "";
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i);
    bits += CODES[octet]!.toString(2).padStart(HUFFMAN_LENGTHS[octet]!, "0");
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

const plain = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
/** The bytes somewhere in a block. */
const placed = (bytes: Uint8Array, before: number) =>
  Uint8Array.from([...new Array(before).fill(0xff), ...bytes, 0xff]);

test("strings of every length and octet, in Huffman code and without, wherever they stand", () => {
  const random = new Random(3);
  const octets = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  const lengths = [0, 1, 2, 15, 16, 17, 31, 32, 33, 34, 255, 4096, 8193, 3, 20_000, 1];
  // Octets of five bits are the longest texts that so many bytes can be.
  const shortest = [4096, 5000, 6553].map((length) => "0".repeat(length));
  const texts = [...shortest, octets, ...lengths.map((length) => "abc\x00\xff-".repeat(length).slice(0, length))];
  for (const text of texts)
    for (const before of [0, 1 + random.below(40)])
      for (const [bytes, isHuffman] of [
        [encodeHuffman(text), true],
        [plain(text), false],
      ] as const) {
        const block = placed(bytes, before);
        assert.equal(decodeString(block, before, before + bytes.length, isHuffman), text);
        assert.equal(decodeName(block, before, before + bytes.length, isHuffman), text);
      }
});

test("names that are remembered are never mixed up", () => {
  const random = new Random(5);
  const letters = "abcdefgh-";
  const name = () => Array.from({ length: random.below(36) }, () => letters[random.below(letters.length)]).join("");
  for (let round = 0; round < shareOf(30_000); round++) {
    const text = name();
    // The same bytes mean another name in Huffman code.
    const isHuffman = random.chance(2);
    const bytes = isHuffman ? encodeHuffman(text) : plain(text);
    assert.equal(decodeName(bytes, 0, bytes.length, isHuffman), text);
  }
  const bytes = encodeHuffman("x-request-id");
  assert.equal(decodeName(bytes, 0, bytes.length, true), "x-request-id");
  assert.equal(decodeName(bytes, 0, bytes.length, false), String.fromCharCode(...bytes));
  assert.equal(decodeName(bytes, 0, bytes.length, true), "x-request-id");
});

test("broken code is none, and is not remembered", () => {
  // Eight ones of padding, and a string that ends in the middle of a long code.
  for (const bytes of [[0xff], [0x1c, 0x64, 0xff], [0xff, 0xff, 0xff, 0xff], [0b0001_1000, 0]])
    for (let times = 0; times < 2; times++) {
      const block = Uint8Array.from(bytes);
      assert.equal(decodeName(block, 0, block.length, true), undefined, bytes.join());
      assert.equal(decodeString(block, 0, block.length, true), undefined, bytes.join());
    }
});
