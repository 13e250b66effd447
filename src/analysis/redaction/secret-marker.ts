import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { copyText } from "../../wire/text/copy-text.ts";
import { formatMark, isMark, kindOf } from "./mark.ts";

/** Puts something in a secret's place. */
export interface Marker {
  /** @param name what the secret is called */
  mark(name: string, value: string): string;
  /** A mark is as long as the value. */
  readonly keepsLength: boolean;
}

/** Eight hexadecimal digits for a value: the same for the same value, and saying nothing about it. */
export type KeyedHash = (value: string) => string;

/**
 * Marks (`formatMark`) with a keyed hash of the value: HMAC-SHA-256, cut to 32 bits. Equal values have equal marks as long as the key is
 * the same, and without the key they say nothing. A value's mark is named as the value was where it came first, so that it is the same
 * text in every place; of `MAX_KNOWN` values at least that is remembered.
 */
export class SecretMarker implements Marker {
  readonly keepsLength = false;
  readonly #hash: KeyedHash;
  #known = new Map<string, string>();
  #before = new Map<string, string>();

  readonly #marked: ((kind: string, value: string) => void) | undefined;

  /** @param marked told of each value that gets a mark, whenever it does */
  constructor(hash: KeyedHash, marked?: (kind: string, value: string) => void) {
    this.#hash = hash;
    this.#marked = marked;
  }

  /** A value that is a mark already stays: what was redacted once can be read and written again. */
  mark(name: string, value: string): string {
    if (isMark(value)) return value;
    this.#marked?.(kindOf(name), value);
    let mark = this.#known.get(value);
    if (mark !== undefined) return mark;
    mark = this.#before.get(value) ?? formatMark(name, this.#hash(value));
    if (value.length > MAX_LENGTH) return mark;
    if (this.#known.size >= MAX_KNOWN) {
      this.#before = this.#known;
      this.#known = new Map();
    }
    // A name is a part of what it stood in, and the mark would keep that.
    const own = copyText(mark);
    this.#known.set(copyText(value), own);
    return own;
  }
}

/** Marks that are as long as the value, filled up with `*` (or `*` alone): for bytes whose format has lengths in it. */
export class CoveringMarker implements Marker {
  readonly keepsLength = true;
  readonly #marker: Marker;

  constructor(marker: Marker) {
    this.#marker = marker;
  }

  mark(name: string, value: string): string {
    if (isMark(value) || COVERED.test(value)) return value;
    const mark = this.#marker.mark(name, value);
    return mark.length > value.length ? "*".repeat(value.length) : mark.padEnd(value.length, "*");
  }
}

const COVERED = /^\*+$/;

/** Values whose marks are kept, and how long a value may be for that. */
const MAX_KNOWN = 8192;
const MAX_LENGTH = 512;

/** @param key any length, 16 bytes or more */
export function portableKeyedHash(key: Uint8Array): KeyedHash {
  const keyed = hmac.create(sha256, key);
  const encoder = new TextEncoder();
  return (value) => {
    const digest = keyed.clone().update(encoder.encode(value)).digest();
    return Array.from(digest.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
}
