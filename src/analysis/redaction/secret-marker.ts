import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { TextMemo } from "../../wire/text/text-memo.ts";

/** What is written in a secret's place. */
export interface Marker {
  /** @param name what the secret is called */
  mark(name: string, value: string): string;
  /** A mark is as long as the value. */
  readonly keepsLength: boolean;
}

/** As many `*`: in bytes whose format has lengths in it. */
export const COVER: Marker = { keepsLength: true, mark: (_name, value) => "*".repeat(value.length) };

/**
 * What stands for a secret: `‹redacted:NAME #1a2b3c4d›`. The digits are a keyed hash (HMAC-SHA-256, cut to 32 bits) of the
 * value: equal values get equal digits as long as the key is the same, and without the key they say nothing.
 */
export class SecretMarker implements Marker {
  readonly keepsLength = false;
  /** A session's token comes with every request: its hash is computed once. */
  readonly #hashes: TextMemo<string>;

  /** @param key by default random, so that marks can be compared within one run only */
  constructor(key: Uint8Array = crypto.getRandomValues(new Uint8Array(32))) {
    const keyed = hmac.create(sha256, key);
    this.#hashes = new TextMemo(MAX_KNOWN, (value) => {
      const digest = keyed.clone().update(new TextEncoder().encode(value)).digest();
      return Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
    });
  }

  /** A value that is a mark already stays: what was redacted once can be read and written again. */
  mark(name: string, value: string): string {
    if (MARK.test(value)) return value;
    return `‹redacted:${name} #${this.hash(value)}›`;
  }

  /** Eight hexadecimal digits. */
  hash(value: string): string {
    return this.#hashes.get(value);
  }
}

const MARK = /^‹redacted:[^‹›]{1,160}›$/;

/** Values whose hashes are kept. */
const MAX_KNOWN = 1024;
