// Reads JSON (RFC 8259) where it lies. A document is checked whole first, so that reading it cannot fail afterwards.

import { hexValue, isDigit } from "./text";

const MOST_DEPTH: i32 = 32;

let at: usize = 0;
let end: usize = 0;

/** The string that was read last, its escapes undone in place. */
export let stringData: usize = 0;
export let stringSize: u32 = 0;

/** Whether it is one JSON value, with nothing behind it and at most 32 levels deep; reading begins at its start then. */
export function openJson(data: usize, size: u32): bool {
  at = data;
  end = data + size;
  if (!checkValue(0)) return false;
  skipSpace();
  if (at !== end) return false;
  at = data;
  return true;
}

/** The first byte of the next value: `{ [ " t f n`, or a digit or `-`. */
export function peekValue(): u8 {
  skipSpace();
  return at < end ? load<u8>(at) : 0;
}

/** Enters an object or an array. */
export function enter(): void {
  skipSpace();
  at++;
}

/** Whether the object has a further member; its name is the string that was read last then. */
export function nextMember(): bool {
  if (!nextItem()) return false;
  readString();
  skipSpace();
  at++;
  return true;
}

/** Whether the array that was entered has a further item; it is left where it has none. */
export function nextItem(): bool {
  skipSpace();
  let byte = load<u8>(at);
  if (byte === 0x2c) {
    at++;
    skipSpace();
    byte = load<u8>(at);
  }
  if (byte !== 0x5d && byte !== 0x7d) return true;
  at++;
  return false;
}

export function skipValue(): void {
  checkValue(0);
}

/** @returns whether it was `true` */
export function readBoolean(): bool {
  const isTrue = peekValue() === 0x74;
  checkValue(0);
  return isTrue;
}

/** A number with what follows its point, without great accuracy: it is a rate, a size or a time. */
export function readNumber(): f64 {
  skipSpace();
  const isNegative = load<u8>(at) === 0x2d;
  if (isNegative) at++;
  let value: f64 = readDigits(0);
  if (at < end && load<u8>(at) === 0x2e) {
    at++;
    let place: f64 = 1;
    while (at < end && isDigit(load<u8>(at))) {
      place /= 10;
      value += place * <f64>(load<u8>(at++) - 0x30);
    }
  }
  if (at < end && (load<u8>(at) | 0x20) === 0x65) {
    at++;
    const sign = load<u8>(at);
    if (sign === 0x2b || sign === 0x2d) at++;
    const power = <i32>min<f64>(readDigits(0), 400);
    for (let times = 0; times < power; times++) value = sign === 0x2d ? value / 10 : value * 10;
  }
  return isNegative ? -value : value;
}

/** Reads a string into `stringData` and `stringSize`, as UTF-8. */
export function readString(): void {
  skipSpace();
  stringData = ++at;
  let to = at;
  while (at < end) {
    const byte = load<u8>(at++);
    if (byte === 0x22) break;
    if (byte !== 0x5c) {
      store<u8>(to++, byte);
      continue;
    }
    const escaped = load<u8>(at++);
    if (escaped === 0x75) to = writeUtf8(to, readUnit());
    else store<u8>(to++, unescape(escaped));
  }
  stringSize = <u32>(to - stringData);
}

function readDigits(value: f64): f64 {
  let sum = value;
  while (at < end && isDigit(load<u8>(at))) sum = sum * 10 + <f64>(load<u8>(at++) - 0x30);
  return sum;
}

/** The code point of `\uXXXX`, or of two of them that are a pair of surrogates; one that has lost its other is U+FFFD. */
function readUnit(): u32 {
  const first = readHex();
  if (first < 0xd800 || first > 0xdfff) return first;
  if (first > 0xdbff || at + 6 > end || load<u8>(at) !== 0x5c || load<u8>(at, 1) !== 0x75) return 0xfffd;
  const before = at;
  at += 2;
  const second = readHex();
  if (second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
  at = before;
  return 0xfffd;
}

function readHex(): u32 {
  let value: u32 = 0;
  for (let place = 0; place < 4; place++) value = (value << 4) | <u32>hexValue(load<u8>(at++));
  return value;
}

function writeUtf8(to: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(to, <u8>point);
    return to + 1;
  }
  const more: u32 = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  const lead: u32 = more === 1 ? 0xc0 : more === 2 ? 0xe0 : 0xf0;
  store<u8>(to, <u8>(lead | (point >> (more * 6))));
  for (let place: u32 = 1; place <= more; place++)
    store<u8>(to + place, <u8>(0x80 | ((point >> ((more - place) * 6)) & 0x3f)));
  return to + more + 1;
}

function unescape(byte: u8): u8 {
  switch (byte) {
    case 0x62:
      return 8;
    case 0x66:
      return 12;
    case 0x6e:
      return 10;
    case 0x72:
      return 13;
    case 0x74:
      return 9;
    default:
      return byte;
  }
}

function checkValue(depth: i32): bool {
  skipSpace();
  if (at >= end || depth > MOST_DEPTH) return false;
  const byte = load<u8>(at);
  if (byte === 0x7b) return checkList(depth, 0x7d, true);
  if (byte === 0x5b) return checkList(depth, 0x5d, false);
  if (byte === 0x22) return checkString();
  if (byte === 0x74) return checkWord("true");
  if (byte === 0x66) return checkWord("false");
  if (byte === 0x6e) return checkWord("null");
  return checkNumber();
}

function checkList(depth: i32, close: u8, isObject: bool): bool {
  at++;
  skipSpace();
  if (at < end && load<u8>(at) === close) {
    at++;
    return true;
  }
  while (true) {
    if (isObject) {
      skipSpace();
      if (at >= end || load<u8>(at) !== 0x22 || !checkString()) return false;
      skipSpace();
      if (at >= end || load<u8>(at++) !== 0x3a) return false;
    }
    if (!checkValue(depth + 1)) return false;
    skipSpace();
    if (at >= end) return false;
    const byte = load<u8>(at++);
    if (byte === close) return true;
    if (byte !== 0x2c) return false;
  }
}

function checkString(): bool {
  at++;
  while (at < end) {
    const byte = load<u8>(at++);
    if (byte === 0x22) return true;
    if (byte < 0x20) return false;
    if (byte !== 0x5c) continue;
    if (at >= end) return false;
    const escaped = load<u8>(at++);
    if (escaped === 0x75) {
      if (at + 4 > end) return false;
      for (let place = 0; place < 4; place++) if (hexValue(load<u8>(at++)) < 0) return false;
    } else if (!isEscape(escaped)) return false;
  }
  return false;
}

function isEscape(byte: u8): bool {
  return byte === 0x22 || byte === 0x5c || byte === 0x2f || unescape(byte) !== byte;
}

function checkWord(word: string): bool {
  for (let place = 0; place < word.length; place++)
    if (at >= end || load<u8>(at++) !== <u8>word.charCodeAt(place)) return false;
  return true;
}

function checkNumber(): bool {
  if (at < end && load<u8>(at) === 0x2d) at++;
  const isZero = at < end && load<u8>(at) === 0x30;
  if (isZero) at++;
  else if (!checkDigits()) return false;
  if (at < end && load<u8>(at) === 0x2e) {
    at++;
    if (!checkDigits()) return false;
  }
  if (at < end && (load<u8>(at) | 0x20) === 0x65) {
    at++;
    if (at < end && (load<u8>(at) === 0x2b || load<u8>(at) === 0x2d)) at++;
    return checkDigits();
  }
  return true;
}

function checkDigits(): bool {
  const start = at;
  while (at < end && isDigit(load<u8>(at))) at++;
  return at > start;
}

function skipSpace(): void {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
    at++;
  }
}
