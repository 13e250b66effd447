// Texts are bytes: a pointer and a size. Static strings of this module are ASCII.

import { ANSWER, OK, answerData, answerSize, clearAnswer, proxy_get_property } from "./host";

const STATIC_SIZE: u32 = 512;
const STATIC: usize = memory.data(512);

/** Writes a static string as bytes to where it stays until the next call. */
export function toBytes(text: string): usize {
  const size = min<u32>(text.length, STATIC_SIZE);
  for (let at: u32 = 0; at < size; at++) store<u8>(STATIC + at, charAt(text, at));
  return STATIC;
}

// @ts-ignore: decorator
@inline
export function charAt(text: string, at: u32): u8 {
  return <u8>load<u16>(changetype<usize>(text) + (<usize>at << 1));
}

export function isText(data: usize, size: u32, text: string): bool {
  if (size !== <u32>text.length) return false;
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) !== charAt(text, at)) return false;
  return true;
}

/** @param text in lower case */
export function isName(data: usize, size: u32, text: string): bool {
  if (size !== <u32>text.length) return false;
  for (let at: u32 = 0; at < size; at++) if (lower(load<u8>(data + at)) !== charAt(text, at)) return false;
  return true;
}

export function startsWith(data: usize, size: u32, text: string): bool {
  return size >= <u32>text.length && isText(data, text.length, text);
}

export function isSame(a: usize, aSize: u32, b: usize, bSize: u32): bool {
  return aSize === bSize && memory.compare(a, b, aSize) === 0;
}

export function isSameIgnoringCase(a: usize, aSize: u32, b: usize, bSize: u32): bool {
  if (aSize !== bSize) return false;
  for (let at: u32 = 0; at < aSize; at++) if (lower(load<u8>(a + at)) !== lower(load<u8>(b + at))) return false;
  return true;
}

// @ts-ignore: decorator
@inline
export function lower(byte: u8): u8 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

// @ts-ignore: decorator
@inline
export function isDigit(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x39;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: u8): i32 {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** The last place of the byte, or -1. */
export function lastPlace(data: usize, size: u32, byte: u8): i32 {
  for (let at = <i32>size - 1; at >= 0; at--) if (load<u8>(data + at) === byte) return at;
  return -1;
}

/** The first place of the byte, or -1. */
export function firstPlace(data: usize, size: u32, byte: u8): i32 {
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) === byte) return <i32>at;
  return -1;
}

export function hashBytes(data: usize, size: u32, seed: u32 = 0x811c9dc5): u32 {
  let hash = seed;
  for (let at: u32 = 0; at < size; at++) hash = (hash ^ load<u8>(data + at)) * 0x01000193;
  return hash;
}

/** Asks the host for a property; `ANSWER` has it then, and whoever asked releases it. @param path its parts with NUL between them */
export function askProperty(path: string): bool {
  clearAnswer();
  return (
    proxy_get_property(toBytes(path), path.length, ANSWER, ANSWER + 4) === OK && answerData() !== 0 && answerSize() !== 0
  );
}
