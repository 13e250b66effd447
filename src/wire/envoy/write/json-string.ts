import type { ByteWriter } from "../byte-writer.ts";

/**
 * Writes UTF-8 as a JSON string, with its quotes, byte for byte as protobuf's C++ library does (since version 22, which is
 * what Envoy uses): beyond what JSON demands it escapes `<`, `>`, DEL, the C1 controls and characters that nobody sees
 * (soft hyphen, bidirectional marks, line separators, tags, …), as lower-case `\uXXXX`.
 *
 * What is no UTF-8 becomes one space an attempt: a byte that cannot begin a character, or a beginning together with all
 * that follows it up to and including the byte that should have continued it. The library does not look for overlong
 * forms and surrogates and lets them pass; so does this.
 */
export function writeJsonString(writer: ByteWriter, utf8: Uint8Array): void {
  writer.reserve(utf8.length + 2);
  writer.writeByte(QUOTE);
  for (let index = 0; index < utf8.length; )
    index = utf8[index]! < 0x80 ? writeAscii(writer, utf8, index) : writeOthers(writer, utf8, index);
  writer.writeByte(QUOTE);
}

/** Up to the next byte that is no ASCII, or a piece of it; gives where it ends. JSON has a quote to escape every few bytes. */
function writeAscii(writer: ByteWriter, utf8: Uint8Array, from: number): number {
  const end = Math.min(utf8.length, from + PIECE);
  writer.reserve(MAX_ESCAPE * (end - from));
  const out = writer.bytes;
  let at = writer.length;
  let index = from;
  for (; index < end; index++) {
    const byte = utf8[index]!;
    if (byte >= 0x80) break;
    const short = SHORT_CODES[byte]!;
    if (short === 0) out[at++] = byte;
    else if (short !== NOT_SHORT) {
      out[at++] = BACKSLASH;
      out[at++] = short;
    } else {
      const escaped = ASCII_ESCAPES[byte]!;
      for (let unit = 0; unit < escaped.length; unit++) out[at++] = escaped.charCodeAt(unit);
    }
  }
  writer.length = at;
  return index;
}

/** Up to the next ASCII character; gives where that stands. */
function writeOthers(writer: ByteWriter, utf8: Uint8Array, from: number): number {
  let plainFrom = from;
  let index = from;
  while (index < utf8.length) {
    const byte = utf8[index]!;
    if (byte < 0x80) break;
    const start = index;
    let scalar = byte;
    let following =
      byte >= 0xc0 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : byte >= 0xf0 && byte < 0xf8 ? 3 : 0;
    let valid = following > 0;
    scalar &= following === 1 ? 0x1f : following === 2 ? 0x0f : 0x07;
    index++;
    for (; following > 0 && valid; following--) {
      const next = utf8[index];
      if (next === undefined) valid = false;
      else {
        index++;
        valid = (next & 0xc0) === 0x80;
        scalar = (scalar << 6) | (next & 0x3f);
      }
    }
    if (valid && scalar <= MAX_CODE_POINT && !mustEscape(scalar)) continue;
    writer.writeRange(utf8, plainFrom, start);
    plainFrom = index;
    if (!valid || scalar > MAX_CODE_POINT) writer.writeByte(SPACE);
    else writer.writeAscii(ASCII_ESCAPES[scalar] ?? escapeScalar(scalar));
  }
  writer.writeRange(utf8, plainFrom, index);
  return index;
}

/** The same for text. Headers are ASCII nearly always: those are written without being encoded first. */
export function writeJsonText(writer: ByteWriter, text: string): void {
  writer.reserve(MAX_ESCAPE * text.length + 2);
  const { bytes } = writer;
  let at = writer.length;
  bytes[at++] = QUOTE;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) {
      writeJsonString(writer, UTF8.encode(text));
      return;
    }
    const escaped = ASCII_ESCAPES[code];
    if (escaped === undefined) bytes[at++] = code;
    else for (let unit = 0; unit < escaped.length; unit++) bytes[at++] = escaped.charCodeAt(unit);
  }
  bytes[at++] = QUOTE;
  writer.length = at;
}

const UTF8 = new TextEncoder();
/** Bytes for which there is room at once, however many of them are escaped. */
const PIECE = 1024;
/** For one character below U+0080: `\u001f`. */
const MAX_ESCAPE = 6;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const MAX_CODE_POINT = 0x10ffff;

/** First and last of the ranges that are escaped, in order. */
const ESCAPED_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x22, 0x22],
  [0x3c, 0x3c],
  [0x3e, 0x3e],
  [0x5c, 0x5c],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x600, 0x603],
  [0x6dd, 0x6dd],
  [0x70f, 0x70f],
  [0x17b4, 0x17b5],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x2064],
  [0x206a, 0x206f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0x1d173, 0x1d17a],
  [0xe0001, 0xe0001],
  [0xe0020, 0xe007f],
];

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  8: "\\b",
  9: "\\t",
  10: "\\n",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** The escape of each character below U+0080 that is not written as itself. */
const ASCII_ESCAPES: readonly (string | undefined)[] = Array.from({ length: 0x80 }, (_, scalar) =>
  mustEscape(scalar) ? (SHORT_ESCAPES[scalar] ?? escapeScalar(scalar)) : undefined,
);

const NOT_SHORT = 1;
/** The character behind the backslash of a short escape; 0: none is needed; NOT_SHORT: it has six bytes. */
const SHORT_CODES = Uint8Array.from(ASCII_ESCAPES, (escaped) =>
  escaped === undefined ? 0 : escaped.length === 2 ? escaped.charCodeAt(1) : NOT_SHORT,
);

function mustEscape(scalar: number): boolean {
  for (const [first, last] of ESCAPED_RANGES) {
    if (scalar < first) return false;
    if (scalar <= last) return true;
  }
  return false;
}

function escapeScalar(scalar: number): string {
  return [...String.fromCodePoint(scalar).matchAll(/[\s\S]/g)]
    .map(([unit]) => `\\u${unit!.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
