import type { Aes } from "./aes.ts";

/** AES-GCM (NIST SP 800-38D) with a nonce of 12 bytes; undefined when the tag is wrong. */
export function openGcm(
  aes: Aes,
  nonce: Uint8Array,
  additional: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const counter = new Uint8Array(16);
  counter.set(nonce);
  counter[15] = 1;
  const hashKey = new Uint8Array(16);
  aes.encrypt(hashKey);
  const expected = hashGcm(hashKey, additional, text);
  xorInto(expected, encryptCopy(aes, counter));
  return matches(expected, tag) ? applyCounter(aes, counter, text, 12) : undefined;
}

/** AES-CCM (RFC 3610, NIST SP 800-38C) with a nonce of 12 bytes; undefined when the tag is wrong. */
export function openCcm(
  aes: Aes,
  nonce: Uint8Array,
  additional: Uint8Array,
  text: Uint8Array,
  tag: Uint8Array,
): Uint8Array | undefined {
  const counter = new Uint8Array(16);
  counter[0] = 2;
  counter.set(nonce, 1);
  const plain = applyCounter(aes, counter, text, 13);
  const mac = new Uint8Array(16);
  mac[0] = 0x40 | (((tag.length - 2) / 2) << 3) | 2;
  mac.set(nonce, 1);
  new DataView(mac.buffer).setUint16(14, plain.length & 0xffff);
  mac[13] = plain.length >> 16;
  aes.encrypt(mac);
  const header = new Uint8Array(2 + additional.length);
  new DataView(header.buffer).setUint16(0, additional.length);
  header.set(additional, 2);
  for (const part of [header, plain]) {
    for (let at = 0; at < part.length; at += 16) {
      xorInto(mac, part.subarray(at, at + 16));
      aes.encrypt(mac);
    }
  }
  xorInto(mac, encryptCopy(aes, counter));
  return matches(mac.subarray(0, tag.length), tag) ? plain : undefined;
}

/** AES-CBC without padding. */
export function openCbc(aes: Aes, iv: Uint8Array, text: Uint8Array): Uint8Array {
  const plain = Uint8Array.from(text);
  for (let at = 0; at + 16 <= plain.length; at += 16) {
    const block = plain.subarray(at, at + 16);
    aes.decrypt(block);
    xorInto(block, at === 0 ? iv : text.subarray(at - 16, at));
  }
  return plain;
}

/** Counter mode, beginning one after `counter`, whose number stands from byte `from` on. */
function applyCounter(aes: Aes, counter: Uint8Array, text: Uint8Array, from: number): Uint8Array {
  const output = Uint8Array.from(text);
  const current = counter.slice();
  for (let at = 0; at < output.length; at += 16) {
    for (let index = 15; index >= from; index--) {
      current[index] = current[index]! + 1;
      if (current[index] !== 0) break;
    }
    xorInto(output.subarray(at, at + 16), encryptCopy(aes, current));
  }
  return output;
}

/** GHASH over the additional data, the text and their lengths in bits. */
function hashGcm(key: Uint8Array, additional: Uint8Array, text: Uint8Array): Uint8Array {
  const lengths = new Uint8Array(16);
  const view = new DataView(lengths.buffer);
  view.setUint32(4, additional.length * 8);
  view.setUint32(12, text.length * 8);
  const hash = new Uint8Array(16);
  for (const part of [additional, text, lengths]) {
    for (let at = 0; at < part.length; at += 16) {
      xorInto(hash, part.subarray(at, at + 16));
      multiplyInto(hash, key);
    }
  }
  return hash;
}

/** In GF(2^128), bits in GCM's order (SP 800-38D §6.3). */
function multiplyInto(x: Uint8Array, y: Uint8Array): void {
  const [xs, v] = [new DataView(x.slice().buffer), new DataView(y.slice().buffer)];
  let [z0, z1, z2, z3] = [0, 0, 0, 0];
  let [v0, v1, v2, v3] = [v.getUint32(0), v.getUint32(4), v.getUint32(8), v.getUint32(12)];
  for (let word = 0; word < 16; word += 4) {
    const bits = xs.getUint32(word);
    for (let bit = 31; bit >= 0; bit--) {
      if (((bits >>> bit) & 1) === 1) {
        z0 ^= v0;
        z1 ^= v1;
        z2 ^= v2;
        z3 ^= v3;
      }
      const carry = v3 & 1;
      v3 = (v3 >>> 1) | (v2 << 31);
      v2 = (v2 >>> 1) | (v1 << 31);
      v1 = (v1 >>> 1) | (v0 << 31);
      v0 = (v0 >>> 1) ^ (carry === 1 ? 0xe1000000 : 0);
    }
  }
  const output = new DataView(x.buffer, x.byteOffset, 16);
  for (const [index, value] of [z0, z1, z2, z3].entries()) output.setUint32(4 * index, value >>> 0);
}

function encryptCopy(aes: Aes, block: Uint8Array): Uint8Array {
  const copy = block.slice();
  aes.encrypt(copy);
  return copy;
}

function xorInto(target: Uint8Array, bytes: Uint8Array): void {
  const length = Math.min(target.length, bytes.length);
  for (let index = 0; index < length; index++) target[index] = target[index]! ^ bytes[index]!;
}

function matches(expected: Uint8Array, tag: Uint8Array): boolean {
  return expected.every((byte, index) => byte === tag[index]);
}
