import { createDecipheriv, createHash, createHmac, type Decipheriv } from "node:crypto";
import type { TlsCrypto } from "./tls-crypto.ts";

/** Node's own primitives. */
export const nodeTlsCrypto: TlsCrypto = {
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  sha256: (data) => createHash("sha256").update(data).digest(),
  open(cipher, key, nonce, additional, sealed, tagBytes) {
    const length = sealed.length - tagBytes;
    if (length < 0) return undefined;
    const decipher = createAead(cipher, key, nonce, tagBytes);
    decipher.setAuthTag(sealed.subarray(length));
    // CCM wants the length beforehand; the other two ignore it.
    decipher.setAAD(additional, { plaintextLength: length });
    try {
      const opened = decipher.update(sealed.subarray(0, length));
      decipher.final();
      return opened;
    } catch {
      return undefined;
    }
  },
  decryptCbc(key, iv, data) {
    return createDecipheriv(key.length === 16 ? "aes-128-cbc" : "aes-256-cbc", key, iv)
      .setAutoPadding(false)
      .update(data);
  },
};

interface AeadDecipher extends Decipheriv {
  setAuthTag(tag: Uint8Array): this;
  setAAD(data: Uint8Array, options: { plaintextLength: number }): this;
}

function createAead(
  cipher: "aes-gcm" | "aes-ccm" | "chacha20-poly1305",
  key: Uint8Array,
  nonce: Uint8Array,
  tagBytes: number,
): AeadDecipher {
  const bits = key.length * 8;
  const name = cipher === "chacha20-poly1305" ? cipher : `aes-${bits}-${cipher.slice(4)}`;
  return createDecipheriv(name as "aes-128-ccm", key, nonce, { authTagLength: tagBytes }) as AeadDecipher;
}
