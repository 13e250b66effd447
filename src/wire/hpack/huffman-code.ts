/**
 * The lengths, in bits, of HPACK's Huffman code (RFC 7541, Appendix B) for the symbols 0 to 255 and, last, EOS.
 *
 * The code is canonical: numbered in the order of (length, symbol), each code is its predecessor plus one, shifted to its
 * own length. So the lengths are the code.
 */
export const HUFFMAN_LENGTHS: readonly number[] = parseLengths(
  "13 23 28*7 24 30 28 28 30 28*8 30 28*9 " +
    // 0x20: space and punctuation, digits
    "6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5*3 6*7 7 8 15 6 12 10 " +
    // 0x40: upper case
    "13 6 7*22 8 7 8 13 19 13 14 6 " +
    // 0x60: lower case
    "15 5 6 5 6 5 6*3 5 7 7 6*3 5 6 7 6 5 5 6 7*5 15 11 14 13 28 " +
    // 0x80
    "20 22 20 20 22*3 23 22 23*5 24 23 24 24 22 23 24 23*4 21 22 23 22 23 23 24 " +
    "22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22*3 23 22 22 23 " +
    // 0xc0
    "26 26 20 19 22 23 22 25 26*3 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27*3 " +
    "20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27*5 28 27*5 26 " +
    // EOS
    "30",
);

/** The symbol that ends a string; a decoder that meets it fails. */
export const EOS = 256;

/** The code of each symbol, right-aligned in a number of 30 bits at most. */
export function computeHuffmanCodes(): Uint32Array {
  const codes = new Uint32Array(HUFFMAN_LENGTHS.length);
  const symbols = [...HUFFMAN_LENGTHS.keys()].sort((a, b) => HUFFMAN_LENGTHS[a]! - HUFFMAN_LENGTHS[b]! || a - b);
  let code = 0;
  let length = HUFFMAN_LENGTHS[symbols[0]!]!;
  for (const symbol of symbols) {
    code <<= HUFFMAN_LENGTHS[symbol]! - length;
    length = HUFFMAN_LENGTHS[symbol]!;
    codes[symbol] = code++;
  }
  return codes;
}

/** `28*7` stands for seven times 28. */
function parseLengths(text: string): number[] {
  return text.split(" ").flatMap((item) => {
    const [length, times] = item.split("*");
    return new Array<number>(Number(times ?? 1)).fill(Number(length));
  });
}
