import type { TlsHash } from "./cipher-suites.ts";

/**
 * The primitives that decrypting TLS needs, so that `wire` and `analysis` stay free of Node. `node-tls-crypto.ts` has them from
 * Node; where none is given, TLS is read as far as it can be without keys.
 */
export interface TlsCrypto {
  hmac(hash: TlsHash | "md5", key: Uint8Array, data: Uint8Array): Uint8Array;
  sha256(data: Uint8Array): Uint8Array;
  /**
   * Opens one AEAD-protected text whose tag of `tagBytes` stands at its end; undefined when the tag is wrong.
   */
  open(
    cipher: "aes-gcm" | "aes-ccm" | "chacha20-poly1305",
    key: Uint8Array,
    nonce: Uint8Array,
    additional: Uint8Array,
    sealed: Uint8Array,
    tagBytes: number,
  ): Uint8Array | undefined;
  /** AES in CBC mode without padding; `data` is a whole number of blocks. */
  decryptCbc(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}
