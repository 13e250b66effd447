import assert from "node:assert/strict";
import { createCipheriv, createHmac, randomBytes, randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { nodeTlsCrypto } from "../node-tls-crypto.ts";
import type { TlsCrypto } from "../tls-crypto.ts";
import { portableTlsCrypto } from "./portable-tls-crypto.ts";

const IMPLEMENTATIONS: Record<string, TlsCrypto> = { node: nodeTlsCrypto, portable: portableTlsCrypto };
const SIZES = [0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 300];

for (const [name, crypto] of Object.entries(IMPLEMENTATIONS)) {
  describe(`TLS primitives: ${name}`, () => {
    test("HMAC over every hash, with keys shorter and longer than a block", () => {
      for (const hash of ["md5", "sha1", "sha256", "sha384"] as const) {
        for (const size of SIZES) {
          const [key, data] = [randomBytes(randomInt(1, 200)), randomBytes(size)];
          assert.deepEqual(
            Buffer.from(crypto.hmac(hash, key, data)),
            createHmac(hash, key).update(data).digest(),
            `${hash} of ${data.toString("hex")} with ${key.toString("hex")}`,
          );
        }
      }
    });

    for (const [cipher, keyBytes, tagBytes] of [
      ["aes-gcm", 16, 16],
      ["aes-gcm", 32, 16],
      ["aes-ccm", 16, 16],
      ["aes-ccm", 32, 8],
      ["chacha20-poly1305", 32, 16],
    ] as const) {
      test(`${cipher} with ${keyBytes * 8} bits and a tag of ${tagBytes} opens what OpenSSL sealed, and nothing else`, () => {
        for (const size of SIZES) {
          const [key, nonce, additional, text] = [
            randomBytes(keyBytes),
            randomBytes(12),
            randomBytes(13),
            randomBytes(size),
          ];
          const openssl = cipher === "chacha20-poly1305" ? cipher : `aes-${keyBytes * 8}-${cipher.slice(4)}`;
          const seal = createCipheriv(openssl as "aes-128-ccm", key, nonce, { authTagLength: tagBytes });
          seal.setAAD(additional, { plaintextLength: size });
          const sealed = Buffer.concat([seal.update(text), seal.final(), seal.getAuthTag()]);
          const opened = crypto.open(cipher, key, nonce, additional, sealed, tagBytes);
          assert.deepEqual(opened && Buffer.from(opened), text);
          const at = randomInt(sealed.length);
          sealed[at] = sealed[at]! ^ 1;
          assert.equal(
            crypto.open(cipher, key, nonce, additional, sealed, tagBytes),
            undefined,
            "a flipped bit is noticed",
          );
        }
      });
    }

    test("AES-CBC", () => {
      for (const keyBytes of [16, 32]) {
        const [key, iv, text] = [randomBytes(keyBytes), randomBytes(16), randomBytes(160)];
        const cipher = createCipheriv(`aes-${keyBytes * 8}-cbc`, key, iv).setAutoPadding(false);
        assert.deepEqual(
          Buffer.from(crypto.decryptCbc(key, iv, Buffer.concat([cipher.update(text), cipher.final()]))),
          text,
        );
      }
    });
  });
}
