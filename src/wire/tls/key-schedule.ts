import { concatenate } from "../bytes/concatenate.ts";
import type { CipherSuite, TlsHash } from "./cipher-suites.ts";
import type { TlsCrypto } from "./tls-crypto.ts";

/** The keys of one direction's records. */
export interface TrafficKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  /** The MAC key (CBC suites). */
  readonly mac: Uint8Array;
}

/** A TLS 1.3 traffic secret's key and nonce (RFC 8446 §7.3). */
export function deriveTrafficKeys(crypto: TlsCrypto, suite: CipherSuite, secret: Uint8Array): TrafficKeys {
  return {
    key: expandLabel(crypto, suite.hash, secret, "key", suite.keyBytes),
    iv: expandLabel(crypto, suite.hash, secret, "iv", 12),
    mac: new Uint8Array(0),
  };
}

/** The secret that follows a KeyUpdate (RFC 8446 §7.2). */
export function updateTrafficSecret(crypto: TlsCrypto, suite: CipherSuite, secret: Uint8Array): Uint8Array {
  return expandLabel(crypto, suite.hash, secret, "traffic upd", secret.length);
}

/** The keys of both directions of TLS 1.2 and older, from the master secret (RFC 5246 §6.3). */
export function deriveKeyBlock(
  crypto: TlsCrypto,
  suite: CipherSuite,
  version: number,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { client: TrafficKeys; server: TrafficKeys } {
  const macBytes = suite.mac === undefined ? 0 : suite.tagBytes;
  // TLS 1.0 chains CBC's vectors and takes the first from the key block.
  const ivBytes = suite.cipher === "aes-cbc" && version <= 0x0301 ? 16 : suite.ivBytes;
  const size = 2 * (macBytes + suite.keyBytes + ivBytes);
  const seed = concatenate([encodeAscii("key expansion"), serverRandom, clientRandom]);
  const block =
    version >= 0x0303 ? expandHash(crypto, suite.hash, master, seed, size) : expandLegacy(crypto, master, seed, size);
  let at = 0;
  const take = (length: number) => {
    at += length;
    return block.subarray(at - length, at);
  };
  const [clientMac, serverMac] = [take(macBytes), take(macBytes)];
  const [clientKey, serverKey] = [take(suite.keyBytes), take(suite.keyBytes)];
  const [clientIv, serverIv] = [take(ivBytes), take(ivBytes)];
  return {
    client: { key: clientKey, iv: clientIv, mac: clientMac },
    server: { key: serverKey, iv: serverIv, mac: serverMac },
  };
}

/** HKDF-Expand-Label with an empty context (RFC 8446 §7.1). */
function expandLabel(crypto: TlsCrypto, hash: TlsHash, secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = encodeAscii(`tls13 ${label}`);
  const info = concatenate([Uint8Array.of(length >> 8, length & 0xff, name.length), name, Uint8Array.of(0)]);
  const output = new Uint8Array(length);
  let previous = new Uint8Array(0);
  for (let at = 0, counter = 1; at < length; counter++) {
    previous = Uint8Array.from(crypto.hmac(hash, secret, concatenate([previous, info, Uint8Array.of(counter)])));
    output.set(previous.subarray(0, length - at), at);
    at += previous.length;
  }
  return output;
}

/** P_hash (RFC 5246 §5). */
function expandHash(
  crypto: TlsCrypto,
  hash: TlsHash | "md5",
  secret: Uint8Array,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const output = new Uint8Array(length);
  let a = seed;
  for (let at = 0; at < length; ) {
    a = crypto.hmac(hash, secret, a);
    const piece = crypto.hmac(hash, secret, concatenate([a, seed]));
    output.set(piece.subarray(0, length - at), at);
    at += piece.length;
  }
  return output;
}

/** The PRF of TLS 1.0 and 1.1: MD5 and SHA-1 over half the secret each (RFC 4346 §5). */
function expandLegacy(crypto: TlsCrypto, secret: Uint8Array, seed: Uint8Array, length: number): Uint8Array {
  const half = Math.ceil(secret.length / 2);
  const md5 = expandHash(crypto, "md5", secret.subarray(0, half), seed, length);
  const sha1 = expandHash(crypto, "sha1", secret.subarray(secret.length - half), seed, length);
  return md5.map((byte, index) => byte ^ sha1[index]!);
}

function encodeAscii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
