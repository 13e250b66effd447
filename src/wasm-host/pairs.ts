import { MAX_MAP_BYTES, MAX_MAP_PAIRS } from "./abi.ts";

/** A header or a pair of a map. Both texts are byte strings: a character from U+0000 to U+00FF each byte, as Node's HTTP has them. */
export type Pair = readonly [name: string, value: string];

/**
 * A map as it goes to a module (little-endian): the count, the sizes of each name and value, then their bytes, each with a NUL behind it.
 * @param emptyAs what an empty map is: nothing (Envoy), four zero bytes (older proxies), one zero byte (the specification)
 */
export function encodePairs(pairs: readonly Pair[], emptyAs: 0 | 1 | 4 = 0): Uint8Array {
  if (pairs.length === 0) return new Uint8Array(emptyAs);
  let size = 4;
  for (const [name, value] of pairs) size += 10 + name.length + value.length;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pairs.length, true);
  let at = 4;
  for (const [name, value] of pairs) {
    view.setUint32(at, name.length, true);
    view.setUint32(at + 4, value.length, true);
    at += 8;
  }
  for (const pair of pairs)
    for (const text of pair) {
      writeOctets(bytes, at, text);
      at += text.length + 1;
    }
  return bytes;
}

/**
 * A map that a module hands over. Undefined where it is none: sizes that do not add up to the end, a NUL that is missing, more than
 * 1024 pairs or 1 MiB.
 */
export function decodePairs(bytes: Uint8Array): Pair[] | undefined {
  if (bytes.length === 0 || (bytes.length < 4 && bytes.every((byte) => byte === 0))) return [];
  if (bytes.length < 4 || bytes.length > MAX_MAP_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count > MAX_MAP_PAIRS || 4 + 8 * count > bytes.length) return undefined;
  const pairs: Pair[] = [];
  let at = 4 + 8 * count;
  for (let index = 0; index < count; index++) {
    const name = readPart(bytes, at, view.getUint32(4 + 8 * index, true));
    if (name === undefined) return undefined;
    at += name.length + 1;
    const value = readPart(bytes, at, view.getUint32(8 + 8 * index, true));
    if (value === undefined) return undefined;
    at += value.length + 1;
    pairs.push([name, value]);
  }
  return at === bytes.length ? pairs : undefined;
}

/** Bytes as a byte string, and back. */
export function octetsOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(at + CHUNK, bytes.length)));
  return text;
}

/** @param text a byte string; of other characters the low byte is taken */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeOctets(bytes, 0, text);
  return bytes;
}

const CHUNK = 4096;

function readPart(bytes: Uint8Array, at: number, size: number): string | undefined {
  if (at + size >= bytes.length || bytes[at + size] !== 0) return undefined;
  return octetsOf(bytes.subarray(at, at + size));
}

function writeOctets(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
}
