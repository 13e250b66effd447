import { hash, randomBytes } from "node:crypto";
import { Redactor, type RedactorOptions } from "./redactor.ts";
import type { KeyedHash } from "./secret-marker.ts";

/** A redactor that hashes as Node does, with the same marks as the portable one. Without a key, all of a process have the same. */
export function createNodeRedactor(options: RedactorOptions = {}): Redactor {
  return new Redactor({ key: runKey, keyedHash: nodeKeyedHash, ...options });
}

let runKey: Uint8Array = randomBytes(32);

/** The key of this run's marks: drawn, where nobody has chosen one. */
export function runKeyOfMarks(): Uint8Array {
  return runKey;
}

/** Chooses the key for all redactors that are made from now on. */
export function chooseRunKey(key: Uint8Array): void {
  runKey = key;
}

/** HMAC-SHA-256 (RFC 2104) by two one-shot hashes: an Hmac object costs six times as much to make. */
export function nodeKeyedHash(key: Uint8Array): KeyedHash {
  const block = new Uint8Array(BLOCK);
  block.set(key.length > BLOCK ? hash("sha256", key, "buffer") : key);
  let inner = Buffer.alloc(1024);
  const outer = Buffer.alloc(BLOCK + 32);
  block.forEach((byte, at) => {
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  });
  return (value) => {
    if (BLOCK + value.length * 3 > inner.length)
      inner = Buffer.concat([inner.subarray(0, BLOCK)], BLOCK + value.length * 3);
    const end = BLOCK + inner.write(value, BLOCK);
    // As a text: a buffer for each digest costs as much as the digest.
    outer.write(hash("sha256", inner.subarray(0, end), "binary"), BLOCK, "binary");
    return hash("sha256", outer, "hex").slice(0, 8);
  };
}

const BLOCK = 64;
