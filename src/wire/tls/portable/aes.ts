/**
 * AES (FIPS 197) with 128 or 256 bits, a block at a time. It is for reading captures: its look-ups take a time that depends on
 * the key, so it must not be used where an attacker could measure.
 */
export class Aes {
  readonly #schedule: Uint8Array;
  readonly #rounds: number;

  /** @param key 16 or 32 bytes */
  constructor(key: Uint8Array) {
    this.#rounds = key.length / 4 + 6;
    this.#schedule = expandKey(key, this.#rounds);
  }

  /** Encrypts the 16 bytes of `block` in place. */
  encrypt(block: Uint8Array): void {
    this.#addRoundKey(block, 0);
    for (let round = 1; round <= this.#rounds; round++) {
      for (let index = 0; index < 16; index++) block[index] = SBOX[block[index]!]!;
      shiftRows(block, 1);
      if (round < this.#rounds) for (let column = 0; column < 16; column += 4) mixColumn(block, column, 2, 3, 1, 1);
      this.#addRoundKey(block, round);
    }
  }

  /** Decrypts the 16 bytes of `block` in place. */
  decrypt(block: Uint8Array): void {
    this.#addRoundKey(block, this.#rounds);
    for (let round = this.#rounds - 1; round >= 0; round--) {
      shiftRows(block, 3);
      for (let index = 0; index < 16; index++) block[index] = INVERSE_SBOX[block[index]!]!;
      this.#addRoundKey(block, round);
      if (round > 0) for (let column = 0; column < 16; column += 4) mixColumn(block, column, 14, 11, 13, 9);
    }
  }

  #addRoundKey(block: Uint8Array, round: number): void {
    for (let index = 0; index < 16; index++) block[index] = block[index]! ^ this.#schedule[16 * round + index]!;
  }
}

/** Row r moves by `step` × r columns: 1 to encrypt, 3 (which is −1 of 4) to decrypt. */
function shiftRows(block: Uint8Array, step: 1 | 3): void {
  const before = block.slice();
  for (let index = 0; index < 16; index++) block[index] = before[(index + 4 * step * (index % 4)) % 16]!;
}

function mixColumn(block: Uint8Array, at: number, a: number, b: number, c: number, d: number): void {
  const column = block.slice(at, at + 4);
  for (let row = 0; row < 4; row++) {
    const [x, y, z, w] = [column[row]!, column[(row + 1) & 3]!, column[(row + 2) & 3]!, column[(row + 3) & 3]!];
    block[at + row] = multiply(x, a) ^ multiply(y, b) ^ multiply(z, c) ^ multiply(w, d);
  }
}

/** In GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
function multiply(left: number, right: number): number {
  let product = 0;
  for (let a = left, b = right; b > 0; b >>= 1) {
    if ((b & 1) === 1) product ^= a;
    a = (a << 1) ^ (a >= 0x80 ? 0x11b : 0);
  }
  return product;
}

function expandKey(key: Uint8Array, rounds: number): Uint8Array {
  const schedule = new Uint8Array(16 * (rounds + 1));
  schedule.set(key);
  let constant = 1;
  for (let at = key.length; at < schedule.length; at += 4) {
    const word = schedule.slice(at - 4, at);
    if (at % key.length === 0) {
      word.set([SBOX[word[1]!]! ^ constant, SBOX[word[2]!]!, SBOX[word[3]!]!, SBOX[word[0]!]!]);
      constant = multiply(constant, 2);
    } else if (key.length === 32 && at % 32 === 16) word.set(word.map((byte) => SBOX[byte]!));
    for (let index = 0; index < 4; index++) schedule[at + index] = schedule[at + index - key.length]! ^ word[index]!;
  }
  return schedule;
}

const SBOX = createSubstitution();
const INVERSE_SBOX = new Uint8Array(256);
for (const [index, value] of SBOX.entries()) INVERSE_SBOX[value] = index;

/** FIPS 197 §5.1.1: the inverse in GF(2^8), then an affine map. */
function createSubstitution(): Uint8Array {
  const box = new Uint8Array(256);
  // p runs through the powers of 3, q through those of its inverse.
  for (let p = 1, q = 1, step = 0; step < 255; step++) {
    box[p] = q ^ rotate(q, 1) ^ rotate(q, 2) ^ rotate(q, 3) ^ rotate(q, 4) ^ 0x63;
    p = multiply(p, 3);
    q = multiply(q, 0xf6);
  }
  box[0] = 0x63;
  return box;
}

function rotate(byte: number, count: number): number {
  return ((byte << count) | (byte >> (8 - count))) & 0xff;
}
