// Takes credentials out of what is exported: the values of listed headers, and of listed parameters of URLs. The marks are Tapline's
// (`redacted-NAME-00000000`), without a hash: this module has no key, and a hash without one would let a weak password be guessed.

import { hasName } from "./list";
import { firstPlace, hexValue, isDigit, lower, startsWith } from "./text";
import { isUtf8, writeByte, writeStringPart, writeText } from "./writer";

const MOST_OF_NAME: u32 = 40;

/** The mark in the place of a header's value, as a string of JSON. */
export function writeMarkedValue(name: usize, nameSize: u32, value: usize, size: u32): void {
  writeByte(0x22);
  if (size === 0 || isMark(value, size)) writeStringPart(value, size, isUtf8(value, size));
  else writeMark(name, nameSize);
  writeByte(0x22);
}

/** A string of JSON in which the values of the URL's listed parameters are marks. */
export function writeUrl(names: usize, data: usize, size: u32): void {
  const asUtf8 = isUtf8(data, size);
  writeByte(0x22);
  const query = startOfQuery(data, size);
  writeStringPart(data, query, asUtf8);
  let from = query;
  while (from < size) {
    let to = from;
    while (to < size && !isBetweenPairs(load<u8>(data + to))) to++;
    writePair(names, data + from, to - from, asUtf8);
    if (to < size) writeStringPart(data + to++, 1, asUtf8);
    from = to;
  }
  writeByte(0x22);
}

/** Whether it may be a URL with parameters: it begins as one, and has a query or a fragment. */
export function isUrlWithQuery(data: usize, size: u32): bool {
  if (size < 4 || startOfQuery(data, size) >= size) return false;
  return load<u8>(data) === 0x2f || startsWith(data, size, "http") || startsWith(data, size, "ws");
}

function startOfQuery(data: usize, size: u32): u32 {
  const query = firstPlace(data, size, 0x3f);
  const fragment = firstPlace(data, size, 0x23);
  const first = query < 0 || (fragment >= 0 && fragment < query) ? fragment : query;
  return first < 0 ? size : first + 1;
}

function isBetweenPairs(byte: u8): bool {
  return byte === 0x26 || byte === 0x3b || byte === 0x23 || byte === 0x3f;
}

function writePair(names: usize, data: usize, size: u32, asUtf8: bool): void {
  const equals = firstPlace(data, size, 0x3d);
  if (equals > 0 && <u32>equals + 1 < size) {
    const value = data + equals + 1;
    const decoded = decodeName(data, equals);
    if (hasName(names, DECODED, decoded) && !isMark(value, size - equals - 1)) {
      writeStringPart(data, equals + 1, asUtf8);
      return writeMark(DECODED, decoded);
    }
  }
  writeStringPart(data, size, asUtf8);
}

const DECODED: usize = memory.data(128);

/** Undoes percent-encoding into `DECODED`. @returns the size; 0 of a name that is longer than any that is listed */
function decodeName(data: usize, size: u32): u32 {
  let to: u32 = 0;
  for (let at: u32 = 0; at < size; at++) {
    if (to >= 128) return 0;
    let byte = load<u8>(data + at);
    if (byte === 0x25 && at + 2 < size) {
      const high = hexValue(load<u8>(data + at + 1));
      const low = hexValue(load<u8>(data + at + 2));
      if (high >= 0 && low >= 0) {
        byte = <u8>((high << 4) | low);
        at += 2;
      }
    }
    store<u8>(DECODED + to++, byte);
  }
  return to;
}

function writeMark(name: usize, size: u32): void {
  writeText("redacted-");
  let count: u32 = 0;
  let before: u8 = 0;
  for (let at: u32 = 0; at < size && count < MOST_OF_NAME; at++) {
    const byte = load<u8>(name + at);
    const isCapital = byte >= 0x41 && byte <= 0x5a;
    const isPlain = isCapital || (byte >= 0x61 && byte <= 0x7a) || isDigit(byte);
    const isOfName = isPlain || byte === 0x2d || byte === 0x2e || byte === 0x5f || byte === 0x7e;
    if (count === 0 && !isPlain) continue;
    if (isCapital && before >= 0x61 && before <= 0x7a && count + 1 < MOST_OF_NAME) {
      writeByte(0x5f);
      count++;
    }
    writeByte(isOfName ? lower(byte) : 0x5f);
    count++;
    before = byte;
  }
  if (count === 0) writeText("secret");
  writeText("-00000000");
}

/** What was redacted before stays as it is. */
function isMark(data: usize, size: u32): bool {
  let length = size;
  while (length > 0 && load<u8>(data + length - 1) === 0x2a) length--;
  if (length < 19 || !startsWith(data, length, "redacted-") || load<u8>(data + length - 9) !== 0x2d) return false;
  for (let at = length - 8; at < length; at++) if (hexValue(load<u8>(data + at)) < 0) return false;
  for (let at: u32 = 9; at < length - 9; at++) {
    const byte = load<u8>(data + at);
    if (byte < 0x2d || byte > 0x7e || byte === 0x2f) return false;
  }
  return true;
}
