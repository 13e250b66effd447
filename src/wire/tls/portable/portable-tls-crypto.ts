import { cbc, gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hmac } from "@noble/hashes/hmac.js";
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384 } from "@noble/hashes/sha2.js";
import type { TlsCrypto } from "../tls-crypto.ts";
import { openCcm } from "./open-ccm.ts";

/** The primitives in portable code, for where there is no Node: the twin of `node-tls-crypto.ts`. */
export const portableTlsCrypto: TlsCrypto = {
  hmac: (hash, key, data) => hmac(HASHES[hash], key, data),
  sha256: (data) => sha256(data),
  open(cipher, key, nonce, additional, sealed, tagBytes) {
    if (sealed.length < tagBytes) return undefined;
    if (cipher === "aes-ccm") return openCcm(key, nonce, additional, sealed, tagBytes);
    const aead = cipher === "aes-gcm" ? gcm : chacha20poly1305;
    try {
      return aead(key, nonce, additional).decrypt(sealed);
    } catch {
      return undefined;
    }
  },
  decryptCbc: (key, iv, data) => (data.length === 0 ? data : cbc(key, iv, { disablePadding: true }).decrypt(data)),
};

const HASHES = { md5, sha1, sha256, sha384 };
