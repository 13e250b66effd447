import { cbc, ctr } from "@noble/ciphers/aes.js";
import { equalBytes } from "@noble/ciphers/utils.js";

/**
 * AES-CCM (RFC 3610, NIST SP 800-38C) with a nonce of 12 bytes, of counter mode and the last block of CBC.
 * @param sealed the ciphertext and its tag of `tagBytes`
 * @returns undefined when the tag is wrong
 */
export function openCcm(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
  tagBytes: number,
): Uint8Array | undefined {
  const length = sealed.length - tagBytes;
  const counter = Uint8Array.of(2, ...nonce, 0, 0, 0);
  // Block 0 of the key stream covers the tag, the blocks after it the text.
  const covered = new Uint8Array(16 + length);
  covered.set(sealed.subarray(length));
  covered.set(sealed.subarray(0, length), 16);
  const opened = ctr(key, counter).decrypt(covered);
  const text = opened.subarray(16);

  const header = 16 + pad(2 + additional.length);
  const authenticated = new Uint8Array(header + pad(length));
  authenticated.set([
    0x40 | (((tagBytes - 2) / 2) << 3) | 2,
    ...nonce,
    length >> 16,
    (length >> 8) & 255,
    length & 255,
  ]);
  authenticated.set([additional.length >> 8, additional.length & 255, ...additional], 16);
  authenticated.set(text, header);
  const mac = cbc(key, new Uint8Array(16), { disablePadding: true }).encrypt(authenticated).subarray(-16);
  return equalBytes(mac.subarray(0, tagBytes), opened.subarray(0, tagBytes)) ? text : undefined;
}

/** To whole blocks. */
function pad(length: number): number {
  return Math.ceil(length / 16) * 16;
}
