/**
 * The Internet checksum (RFC 1071) over 16-bit words in the machine's own byte order: the one's complement sum is the same
 * in either order but for a swap of its two bytes, which is done once at the end.
 *
 * @param words at most 32 768 of them from `first` to before `end`: their sum stays below 2^31
 * @returns the folded sum of the words as big-endian numbers, not complemented
 */
export function sumWords(words: Uint16Array, first: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = first;
  for (const last = end - 3; i < last; i += 4) {
    a += words[i]!;
    b += words[i + 1]!;
    c += words[i + 2]!;
    d += words[i + 3]!;
  }
  for (; i < end; i++) a += words[i]!;
  const sum = foldSum(a + b + c + d);
  return LITTLE_ENDIAN ? ((sum & 0xff) << 8) | (sum >>> 8) : sum;
}

/** The folded one's complement sum of `bytes[start, end)` as big-endian 16-bit words; an odd last byte counts as a high one. */
export function sumBytes(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let i = start;
  for (const last = end - 1; i < last; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) sum += bytes[i]! << 8;
  return foldSum(sum);
}

/** A sum of 16-bit words with its carries added back, until it fits in 16 bits. */
function foldSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** The value in the header: the complement of the folded sum. */
export function checksumOf(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
