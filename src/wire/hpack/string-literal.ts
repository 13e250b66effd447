import { decodeLatin1 } from "../text/latin1.ts";
import { decodeHuffman } from "./huffman.ts";

/** Decodes the string literal `block[start, end)` (RFC 7541 §5.2); undefined when its Huffman code is broken. */
export function decodeString(block: Uint8Array, start: number, end: number, isHuffman: boolean): string | undefined {
  if (!isHuffman) return decodeLatin1(block, start, end);
  if ((end - start) * 2 > scratch.length) scratch = new Uint8Array((end - start) * 2);
  const length = decodeHuffman(block, start, end, scratch);
  return length < 0 ? undefined : decodeLatin1(scratch, 0, length);
}

/**
 * As `decodeString`, for a field's name. There are few names, and a sender that does not index them repeats them: so short ones
 * are remembered by their bytes.
 *
 *     hash of the bytes ──▶ slot ─┬─ the bytes, as on the wire (up to 32)
 *                                 └─ the string
 *
 * A new name takes the slot of the one before. What is remembered is bounded, and the same for all connections. (For values it
 * would cost more than it saves.)
 */
export function decodeName(block: Uint8Array, start: number, end: number, isHuffman: boolean): string | undefined {
  const length = end - start;
  if (length === 0) return "";
  if (length > SLOT_BYTES) return decodeString(block, start, end, isHuffman);
  let hash = isHuffman ? length : length + SLOT_BYTES;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + block[at]!) | 0;
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
  const stored = slot * SLOT_BYTES;
  if (lengths[slot] === (isHuffman ? length : -length)) {
    let at = 0;
    while (at < length && bytes[stored + at] === block[start + at]) at++;
    if (at === length) return strings[slot];
  }
  const decoded = decodeString(block, start, end, isHuffman);
  if (decoded === undefined) return undefined;
  for (let at = 0; at < length; at++) bytes[stored + at] = block[start + at]!;
  lengths[slot] = isHuffman ? length : -length;
  strings[slot] = decoded;
  return decoded;
}

const SLOTS = 1024;
const SLOT_BYTES = 32;

const bytes = new Uint8Array(SLOTS * SLOT_BYTES);
/** Lengths of the strings remembered, as on the wire; negative without Huffman code, 0 where there is none. */
const lengths = new Int8Array(SLOTS);
const strings = new Array<string>(SLOTS).fill("");

/** Where strings are decoded; it grows with the longest there was. */
let scratch: Uint8Array = new Uint8Array(4096);
