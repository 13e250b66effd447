import type { DocumentForm } from "./document-form.ts";

/** An escape sequence's bytes, and how many characters behind the backslash it took (perhaps not the last one given). */
export interface DecodedEscape {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/**
 * Decodes what stands behind a backslash as far as it is known. JSON: RFC 8259 §7, surrogate pairs included. Text: the C
 * escapes of protobuf's text format, one to three octal digits, one or two hexadecimal ones behind `x`, `u` with four and
 * `U` with eight.
 * @returns `more` while the sequence may go on, `invalid` when it is none
 */
export function decodeEscape(sequence: string, form: DocumentForm): DecodedEscape | "more" | "invalid" {
  const first = sequence[0]!;
  const simple = (form === "json" ? JSON_ESCAPES : TEXT_ESCAPES)[first];
  if (simple !== undefined) return { bytes: Uint8Array.of(simple), length: 1 };
  if (first === "u") return form === "json" ? decodeUtf16(sequence) : decodeCodePoint(sequence, 4);
  if (form === "json") return "invalid";
  if (first === "U") return decodeCodePoint(sequence, 8);
  if (first === "x" || first === "X") return decodeDigits(sequence, 1, 2, 16);
  return decodeDigits(sequence, 0, 3, 8);
}

/**
 * The quick way for the sequences that most strings are full of, when they are in one piece: a single character, three
 * octal digits, `u00XX` below U+0080.
 * @param at behind the backslash
 * @returns the byte, and above it (`<< 8`) how many characters stand for it; 0 when the slow way must tell
 */
export function decodeShortEscape(bytes: Uint8Array, at: number, form: DocumentForm): number {
  const simple = (form === "json" ? JSON_BYTES : TEXT_BYTES)[bytes[at] ?? 0]!;
  if (simple !== 0) return simple | 0x100;
  if (at + 5 > bytes.length) return 0;
  if (form === "text") {
    const value = (octal(bytes[at]!) << 6) | (octal(bytes[at + 1]!) << 3) | octal(bytes[at + 2]!);
    return value >= 0 && value <= 0xff ? value | 0x300 : 0;
  }
  if (bytes[at] !== 0x75 || bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x30) return 0;
  const digits = String.fromCharCode(bytes[at + 3]!, bytes[at + 4]!);
  return /^[0-7][0-9a-fA-F]$/.test(digits) ? Number.parseInt(digits, 16) | 0x500 : 0;
}

/** The digit's value; -1 for what is none, which makes what it is part of negative. */
function octal(byte: number): number {
  return byte >= 0x30 && byte <= 0x37 ? byte - 0x30 : -1;
}

const JSON_ESCAPES: Readonly<Record<string, number>> = {
  '"': 0x22,
  "\\": 0x5c,
  "/": 0x2f,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

const TEXT_ESCAPES: Readonly<Record<string, number>> = {
  '"': 0x22,
  "'": 0x27,
  "\\": 0x5c,
  "?": 0x3f,
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

const JSON_BYTES = byCharacter(JSON_ESCAPES);
const TEXT_BYTES = byCharacter(TEXT_ESCAPES);

function byCharacter(escapes: Readonly<Record<string, number>>): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const [character, byte] of Object.entries(escapes)) bytes[character.charCodeAt(0)] = byte;
  return bytes;
}

/** At least one and at most `most` digits from `start` on: a byte. */
function decodeDigits(sequence: string, start: number, most: number, base: 8 | 16): DecodedEscape | "more" | "invalid" {
  const digits = (base === 8 ? /^[0-7]*/ : /^[0-9a-fA-F]*/).exec(sequence.slice(start))![0];
  if (start + digits.length === sequence.length && digits.length < most) return "more";
  const value = Number.parseInt(digits, base);
  if (digits === "" || value > 0xff) return "invalid";
  return { bytes: Uint8Array.of(value), length: start + digits.length };
}

function decodeCodePoint(sequence: string, digits: number): DecodedEscape | "more" | "invalid" {
  if (!/^.[0-9a-fA-F]*$/.test(sequence)) return "invalid";
  if (sequence.length <= digits) return "more";
  const value = Number.parseInt(sequence.slice(1), 16);
  if (value > 0x10ffff) return "invalid";
  return { bytes: UTF8.encode(String.fromCodePoint(value)), length: digits + 1 };
}

/** `uXXXX`, or two of them that are a surrogate pair; a surrogate alone becomes U+FFFD. */
function decodeUtf16(sequence: string): DecodedEscape | "more" | "invalid" {
  if (!/^u[0-9a-fA-F]{0,4}$/.test(sequence.slice(0, 5))) return "invalid";
  if (sequence.length < 5) return "more";
  const unit = Number.parseInt(sequence.slice(1, 5), 16);
  const alone = { bytes: UTF8.encode(String.fromCharCode(unit)), length: 5 };
  if (unit < 0xd800 || unit > 0xdbff) return alone;
  if (sequence.length < 11 && "\\u".startsWith(sequence.slice(5, 7)) && /^[0-9a-fA-F]*$/.test(sequence.slice(7)))
    return "more";
  const low = Number.parseInt(sequence.slice(7), 16);
  if (sequence.length < 11 || low < 0xdc00 || low > 0xdfff) return alone;
  return { bytes: UTF8.encode(String.fromCharCode(unit, low)), length: 11 };
}

const UTF8 = new TextEncoder();
