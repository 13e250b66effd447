import type { Timestamp } from "../../model/index.ts";
import { parseTimestamp as parseRfc3339 } from "../text/parse-timestamp.ts";

/** An integer as text and JSON have it: decimal, `0x…`, octal with a leading 0; a fraction of zero and an exponent too. */
export function parseInteger(word: string): bigint | undefined {
  const [, sign, digits] = /^(-?)(0[xX][0-9a-fA-F]+|\d+)$/.exec(word) ?? [];
  if (digits !== undefined) {
    const magnitude = /^0\d/.test(digits) ? parseOctal(digits) : BigInt(digits);
    return magnitude === undefined ? undefined : sign === "-" ? -magnitude : magnitude;
  }
  const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? Number(word) : Number.NaN;
  return Number.isSafeInteger(number) ? BigInt(number) : undefined;
}

function parseOctal(digits: string): bigint | undefined {
  return /^[0-7]+$/.test(digits) ? BigInt(`0o${digits}`) : undefined;
}

/** Whether `google.protobuf.Timestamp` may have these: the years 1 to 9999, nanoseconds within a second. */
export function isTimestamp(seconds: number, nanos: number): boolean {
  return seconds >= -62_135_596_800 && seconds <= 253_402_300_799 && nanos >= 0 && nanos <= 999_999_999;
}

/** proto3 JSON's Timestamp: RFC 3339 with at most nine fractional digits, of the years 1 to 9999. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const time = /^[^.]*(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text) ? parseRfc3339(text) : undefined;
  return time !== undefined && isTimestamp(time.seconds, time.nanos) ? time : undefined;
}

/** Base64 of the standard or the URL-safe alphabet, padded or not; undefined for what is none. */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  let length = text.length;
  while (length > 0 && text[length - 1] === EQUALS_SIGN) length--;
  if (length % 4 === 1 || text.length - length > 2) return undefined;
  const decoded = new Uint8Array(Math.floor((length * 3) / 4));
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let index = 0; index < length; index++) {
    const value = BASE64_VALUES[text[index]!]!;
    if (value === NO_VALUE) return undefined;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      decoded[at++] = (bits >> held) & 0xff;
    }
  }
  return decoded;
}

const EQUALS_SIGN = 0x3d;
const NO_VALUE = 0xff;
const BASE64_VALUES = new Uint8Array(256).fill(NO_VALUE);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((character, value) => {
  BASE64_VALUES[character.charCodeAt(0)] = value;
});
BASE64_VALUES["-".charCodeAt(0)] = 62;
BASE64_VALUES["_".charCodeAt(0)] = 63;
