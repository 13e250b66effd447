/** The AEAD of RFC 8439 §2.8 with a nonce of 12 bytes and a tag of 16; undefined when the tag is wrong. */
export function openChaCha20Poly1305(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const macKey = chaChaBlock(key, nonce, 0).subarray(0, 32);
  const padded = (length: number) => Math.ceil(length / 16) * 16;
  const message = new Uint8Array(padded(additional.length) + padded(text.length) + 16);
  message.set(additional);
  message.set(text, padded(additional.length));
  const view = new DataView(message.buffer);
  view.setUint32(message.length - 16, additional.length, true);
  view.setUint32(message.length - 8, text.length, true);
  if (!poly1305(macKey, message).every((byte, index) => byte === tag[index])) return undefined;
  const plain = Uint8Array.from(text);
  for (let at = 0, counter = 1; at < plain.length; at += 64, counter++) {
    const stream = chaChaBlock(key, nonce, counter);
    const end = Math.min(64, plain.length - at);
    for (let index = 0; index < end; index++) plain[at + index] = plain[at + index]! ^ stream[index]!;
  }
  return plain;
}

/** RFC 8439 §2.3. */
function chaChaBlock(key: Uint8Array, nonce: Uint8Array, counter: number): Uint8Array {
  const initial = new Uint32Array([
    0x61707865,
    0x3320646e,
    0x79622d32,
    0x6b206574,
    ...readWords(key),
    counter,
    ...readWords(nonce),
  ]);
  const state = initial.slice();
  for (let round = 0; round < 10; round++) {
    for (let column = 0; column < 4; column++) quarterRound(state, column, column + 4, column + 8, column + 12);
    for (let row = 0; row < 4; row++)
      quarterRound(state, row, 4 + ((row + 1) & 3), 8 + ((row + 2) & 3), 12 + ((row + 3) & 3));
  }
  const block = new DataView(new ArrayBuffer(64));
  for (let index = 0; index < 16; index++) block.setUint32(4 * index, (state[index]! + initial[index]!) >>> 0, true);
  return new Uint8Array(block.buffer);
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  const step = (x: number, y: number, z: number, count: number) => {
    state[x] = state[x]! + state[y]!;
    const mixed = state[z]! ^ state[x]!;
    state[z] = (mixed << count) | (mixed >>> (32 - count));
  };
  step(a, b, d, 16);
  step(c, d, b, 12);
  step(a, b, d, 8);
  step(c, d, b, 7);
}

/** RFC 8439 §2.5, in big integers. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = readLittleEndian(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + readLittleEndian(block) + (1n << BigInt(8 * block.length))) * r) % PRIME;
  }
  let tag = BigInt.asUintN(128, sum + readLittleEndian(key.subarray(16, 32)));
  return Uint8Array.from({ length: 16 }, () => {
    const byte = Number(tag & 0xffn);
    tag >>= 8n;
    return byte;
  });
}

const PRIME = (1n << 130n) - 5n;

function readLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[index]!);
  return value;
}

function readWords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}
