// Builds a payload. It is written twice: first nothing is stored and the size is found, then into as much room as that takes.

import { charAt } from "./text";

/** Where the next byte goes; 0 while the size is found. */
let target: usize = 0;
let written: u32 = 0;

export function beginWriting(to: usize): void {
  target = to;
  written = 0;
}

/** Bytes written so far, or that would have been. */
export function writtenSize(): u32 {
  return written;
}

// @ts-ignore: decorator
@inline
export function writeByte(byte: u8): void {
  if (target !== 0) store<u8>(target + written, byte);
  written++;
}

export function writeText(text: string): void {
  for (let at: u32 = 0; at < <u32>text.length; at++) writeByte(charAt(text, at));
}

export function writeBytes(data: usize, size: u32): void {
  if (target !== 0) memory.copy(target + written, data, size);
  written += size;
}

export function writeUint32(value: u32): void {
  if (target !== 0) store<u32>(target + written, value);
  written += 4;
}

export function writeNumber(value: u64): void {
  let divisor: u64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) writeByte(<u8>(0x30 + ((value / divisor) % 10)));
}

/** A member's value: a string of JSON in its quotes. */
export function writeString(data: usize, size: u32): void {
  writeByte(0x22);
  writeStringPart(data, size, isUtf8(data, size));
  writeByte(0x22);
}

/**
 * A part of a string of JSON, escaped.
 * @param asUtf8 the bytes are text; otherwise each of them is the character of its number (U+0000 to U+00FF)
 */
export function writeStringPart(data: usize, size: u32, asUtf8: bool): void {
  for (let at: u32 = 0; at < size; at++) {
    const byte = load<u8>(data + at);
    if (byte === 0x22 || byte === 0x5c) {
      writeByte(0x5c);
      writeByte(byte);
    } else if (byte < 0x20) {
      writeText("\\u00");
      writeByte(hexDigit(byte >> 4));
      writeByte(hexDigit(byte & 15));
    } else if (byte < 0x80 || asUtf8) writeByte(byte);
    else {
      writeByte(0xc0 | (byte >> 6));
      writeByte(0x80 | (byte & 0x3f));
    }
  }
}

/** Whether the bytes are UTF-8 throughout (RFC 3629 §4: no surrogates, nothing longer than it needs to be). */
export function isUtf8(data: usize, size: u32): bool {
  let at: u32 = 0;
  while (at < size) {
    const byte = load<u8>(data + at++);
    if (byte < 0x80) continue;
    if (byte < 0xc2 || byte > 0xf4) return false;
    const more: u32 = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (at + more > size) return false;
    const second = load<u8>(data + at);
    if (byte === 0xe0 && second < 0xa0) return false;
    if (byte === 0xed && second > 0x9f) return false;
    if (byte === 0xf0 && second < 0x90) return false;
    if (byte === 0xf4 && second > 0x8f) return false;
    for (let following: u32 = 0; following < more; following++)
      if ((load<u8>(data + at + following) & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
}

const BASE64: usize = memory.data<u8>([
  65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 97, 98, 99, 100,
  101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 48, 49, 50,
  51, 52, 53, 54, 55, 56, 57, 43, 47,
]);

/** Base64 (RFC 4648 §4). Only the last part of a body may have a size that is no multiple of three. */
export function writeBase64(data: usize, size: u32): void {
  if (target === 0) {
    written += ((size + 2) / 3) * 4;
    return;
  }
  let to = target + written;
  const whole = size - (size % 3);
  const end = data + whole;
  for (let from = data; from < end; from += 3, to += 4) {
    const bits = (<u32>load<u8>(from) << 16) | (<u32>load<u8>(from, 1) << 8) | <u32>load<u8>(from, 2);
    store<u32>(to, digit(bits >> 18) | (digit(bits >> 12) << 8) | (digit(bits >> 6) << 16) | (digit(bits) << 24));
  }
  if (whole < size) {
    const isOne = size - whole === 1;
    const bits = (<u32>load<u8>(end) << 16) | (isOne ? 0 : <u32>load<u8>(end, 1) << 8);
    const third: u32 = isOne ? 0x3d : digit(bits >> 6);
    store<u32>(to, digit(bits >> 18) | (digit(bits >> 12) << 8) | (third << 16) | (0x3d << 24));
    to += 4;
  }
  written = <u32>(to - target);
}

// @ts-ignore: decorator
@inline
function digit(bits: u32): u32 {
  return load<u8>(BASE64 + (bits & 63));
}

function hexDigit(value: u8): u8 {
  return value < 10 ? 0x30 + value : 0x57 + value;
}
