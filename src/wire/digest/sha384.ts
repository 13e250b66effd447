import { padMessage } from "./pad-message.ts";

/** SHA-384 (FIPS 180-4 §6.5). In 64-bit integers, so not fast: for key schedules, not for bulk. */
export function sha384(bytes: Uint8Array): Uint8Array {
  const view = padMessage(bytes, 128, "big-endian");
  const words = new BigUint64Array(80);
  const state = BigUint64Array.from(INITIAL);
  for (let at = 0; at < view.byteLength; at += 128) {
    for (let t = 0; t < 16; t++) words[t] = view.getBigUint64(at + 8 * t);
    for (let t = 16; t < 80; t++) {
      const [w15, w2] = [words[t - 15]!, words[t - 2]!];
      words[t] =
        words[t - 16]! +
        (rotate(w15, 1n) ^ rotate(w15, 8n) ^ (w15 >> 7n)) +
        words[t - 7]! +
        (rotate(w2, 19n) ^ rotate(w2, 61n) ^ (w2 >> 6n));
    }
    compress(state, words);
  }
  const digest = new DataView(new ArrayBuffer(48));
  for (let index = 0; index < 6; index++) digest.setBigUint64(8 * index, state[index]!);
  return new Uint8Array(digest.buffer);
}

function compress(state: BigUint64Array, words: BigUint64Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
  for (let t = 0; t < 80; t++) {
    const one =
      h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ (~e & g)) + CONSTANTS[t]! + words[t]!;
    const two = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
    [h, g, f, e, d, c, b, a] = [g, f, e, BigInt.asUintN(64, d + one), c, b, a, BigInt.asUintN(64, one + two)];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = state[index]! + value;
}

function rotate(word: bigint, count: bigint): bigint {
  return BigInt.asUintN(64, (word >> count) | (word << (64n - count)));
}

const PRIMES = listPrimes(80);
/** The first 64 bits of the fractions of the cube roots of the first 80 primes, and of the square roots of the 9th to 16th. */
const CONSTANTS = PRIMES.map((prime) => fractionOfRoot(prime, 3));
const INITIAL = PRIMES.slice(8, 16).map((prime) => fractionOfRoot(prime, 2));

function listPrimes(count: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 2n; primes.length < count; candidate++)
    if (primes.every((prime) => candidate % prime !== 0n)) primes.push(candidate);
  return primes;
}

/** The largest integer whose `degree`-th power is at most value × 2^(64 × degree), without its integer part: by bisection. */
function fractionOfRoot(value: bigint, degree: 2 | 3): bigint {
  const target = value << BigInt(64 * degree);
  let [low, high] = [0n, 1n << 80n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle;
  }
  return BigInt.asUintN(64, low);
}
