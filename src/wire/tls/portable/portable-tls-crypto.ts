import { hmac } from "../../digest/hmac.ts";
import { md5 } from "../../digest/md5.ts";
import { sha1 } from "../../digest/sha1.ts";
import { sha256 } from "../../digest/sha256.ts";
import { sha384 } from "../../digest/sha384.ts";
import type { TlsCrypto } from "../tls-crypto.ts";
import { Aes } from "./aes.ts";
import { openCbc, openCcm, openGcm } from "./aes-modes.ts";
import { openChaCha20Poly1305 } from "./chacha20-poly1305.ts";

/**
 * The primitives in portable code, for where there is no Node: the twin of `node-tls-crypto.ts`, some hundred times slower.
 */
export const portableTlsCrypto: TlsCrypto = {
  hmac: (hash, key, data) => hmac(HASHES[hash], hash === "sha384" ? 128 : 64, key, data),
  sha256,
  open(cipher, key, nonce, additional, sealed, tagBytes) {
    const length = sealed.length - tagBytes;
    if (length < 0) return undefined;
    const [text, tag] = [sealed.subarray(0, length), sealed.subarray(length)];
    if (cipher === "chacha20-poly1305") return openChaCha20Poly1305(key, nonce, additional, text, tag);
    return (cipher === "aes-gcm" ? openGcm : openCcm)(new Aes(key), nonce, additional, text, tag);
  },
  decryptCbc: (key, iv, data) => openCbc(new Aes(key), iv, data),
};

const HASHES = { md5, sha1, sha256, sha384 };
