/** The record ciphers that can be decrypted, and what they need. Lengths in bytes. */
export interface CipherSuite {
  readonly name: string;
  readonly cipher: "aes-gcm" | "aes-ccm" | "chacha20-poly1305" | "aes-cbc";
  readonly keyBytes: number;
  /** The part of the nonce in the key block: the salt of GCM and CCM, ChaCha's whole nonce, nothing for CBC since TLS 1.1. */
  readonly ivBytes: number;
  /** The authentication tag; for CBC the MAC. */
  readonly tagBytes: number;
  /** The hash of the key schedule. */
  readonly hash: TlsHash;
  /** The hash of the record's MAC (CBC only). */
  readonly mac?: TlsHash;
}

export type TlsHash = "sha1" | "sha256" | "sha384";

/** The suite with that number (IANA's registry), when it is one that can be decrypted. */
export function findCipherSuite(id: number): CipherSuite | undefined {
  return SUITES.get(id);
}

const SUITES = new Map<number, CipherSuite>();

const MAC_BYTES: Record<TlsHash, number> = { sha1: 20, sha256: 32, sha384: 48 };

function add(
  cipher: CipherSuite["cipher"],
  keyBytes: number,
  hash: TlsHash,
  suites: Record<number, string>,
  tagBytes = 16,
  mac?: TlsHash,
): void {
  for (const [id, name] of Object.entries(suites)) {
    const ivBytes = cipher === "chacha20-poly1305" ? 12 : cipher === "aes-cbc" ? 0 : 4;
    const tag = mac === undefined ? tagBytes : MAC_BYTES[mac];
    SUITES.set(Number(id), {
      name: `TLS_${name}`,
      cipher,
      keyBytes,
      ivBytes,
      tagBytes: tag,
      hash,
      ...(mac === undefined ? {} : { mac }),
    });
  }
}

// TLS 1.3 (RFC 8446 §B.4).
add("aes-gcm", 16, "sha256", { 4865: "AES_128_GCM_SHA256" });
add("aes-gcm", 32, "sha384", { 4866: "AES_256_GCM_SHA384" });
add("chacha20-poly1305", 32, "sha256", { 4867: "CHACHA20_POLY1305_SHA256" });
add("aes-ccm", 16, "sha256", { 4868: "AES_128_CCM_SHA256" });
add("aes-ccm", 16, "sha256", { 4869: "AES_128_CCM_8_SHA256" }, 8);
// TLS 1.2: GCM (RFC 5288, 5289), ChaCha20-Poly1305 (RFC 7905), CCM (RFC 6655, 7251).
add("aes-gcm", 16, "sha256", {
  156: "RSA_WITH_AES_128_GCM_SHA256",
  158: "DHE_RSA_WITH_AES_128_GCM_SHA256",
  168: "PSK_WITH_AES_128_GCM_SHA256",
  49195: "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  49197: "ECDH_ECDSA_WITH_AES_128_GCM_SHA256",
  49199: "ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  49201: "ECDH_RSA_WITH_AES_128_GCM_SHA256",
});
add("aes-gcm", 32, "sha384", {
  157: "RSA_WITH_AES_256_GCM_SHA384",
  159: "DHE_RSA_WITH_AES_256_GCM_SHA384",
  169: "PSK_WITH_AES_256_GCM_SHA384",
  49196: "ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  49198: "ECDH_ECDSA_WITH_AES_256_GCM_SHA384",
  49200: "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  49202: "ECDH_RSA_WITH_AES_256_GCM_SHA384",
});
add("chacha20-poly1305", 32, "sha256", {
  52392: "ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  52393: "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  52394: "DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  52395: "PSK_WITH_CHACHA20_POLY1305_SHA256",
  52396: "ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
});
add("aes-ccm", 16, "sha256", {
  49308: "RSA_WITH_AES_128_CCM",
  49310: "DHE_RSA_WITH_AES_128_CCM",
  49324: "ECDHE_ECDSA_WITH_AES_128_CCM",
});
add("aes-ccm", 32, "sha256", {
  49309: "RSA_WITH_AES_256_CCM",
  49311: "DHE_RSA_WITH_AES_256_CCM",
  49325: "ECDHE_ECDSA_WITH_AES_256_CCM",
});
add(
  "aes-ccm",
  16,
  "sha256",
  { 49312: "RSA_WITH_AES_128_CCM_8", 49314: "DHE_RSA_WITH_AES_128_CCM_8", 49326: "ECDHE_ECDSA_WITH_AES_128_CCM_8" },
  8,
);
add(
  "aes-ccm",
  32,
  "sha256",
  { 49313: "RSA_WITH_AES_256_CCM_8", 49315: "DHE_RSA_WITH_AES_256_CCM_8", 49327: "ECDHE_ECDSA_WITH_AES_256_CCM_8" },
  8,
);
// CBC (RFC 5246, 4492, 5289).
const SHA1_128 = {
  47: "RSA",
  50: "DHE_DSS",
  51: "DHE_RSA",
  49156: "ECDH_ECDSA",
  49161: "ECDHE_ECDSA",
  49166: "ECDH_RSA",
  49171: "ECDHE_RSA",
  140: "PSK",
};
const SHA1_256 = {
  53: "RSA",
  56: "DHE_DSS",
  57: "DHE_RSA",
  49157: "ECDH_ECDSA",
  49162: "ECDHE_ECDSA",
  49167: "ECDH_RSA",
  49172: "ECDHE_RSA",
  141: "PSK",
};
const SHA256_128 = {
  60: "RSA",
  64: "DHE_DSS",
  103: "DHE_RSA",
  49187: "ECDHE_ECDSA",
  49189: "ECDH_ECDSA",
  49191: "ECDHE_RSA",
  49193: "ECDH_RSA",
};
const SHA256_256 = { 61: "RSA", 106: "DHE_DSS", 107: "DHE_RSA" };
const SHA384_256 = { 49188: "ECDHE_ECDSA", 49190: "ECDH_ECDSA", 49192: "ECDHE_RSA", 49194: "ECDH_RSA" };
const named = (suites: Record<number, string>, suffix: string) =>
  Object.fromEntries(Object.entries(suites).map(([id, exchange]) => [id, `${exchange}_WITH_${suffix}`]));
add("aes-cbc", 16, "sha256", named(SHA1_128, "AES_128_CBC_SHA"), 16, "sha1");
add("aes-cbc", 32, "sha256", named(SHA1_256, "AES_256_CBC_SHA"), 16, "sha1");
add("aes-cbc", 16, "sha256", named(SHA256_128, "AES_128_CBC_SHA256"), 16, "sha256");
add("aes-cbc", 32, "sha256", named(SHA256_256, "AES_256_CBC_SHA256"), 16, "sha256");
add("aes-cbc", 32, "sha384", named(SHA384_256, "AES_256_CBC_SHA384"), 16, "sha384");
