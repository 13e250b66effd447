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
  let plainFrom = 0;
  let index = 0;
  while (index < utf8.length) {
    const byte = utf8[index]!;
    if (byte < 0x80) {
      const escaped = ASCII_ESCAPES[byte];
      if (escaped !== undefined) {
        writer.writeBytes(utf8.subarray(plainFrom, index));
        writer.writeAscii(escaped);
        plainFrom = index + 1;
      }
      index++;
      continue;
    }
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
    writer.writeBytes(utf8.subarray(plainFrom, start));
    plainFrom = index;
    if (!valid || scalar > MAX_CODE_POINT) writer.writeByte(SPACE);
    else writer.writeAscii(ASCII_ESCAPES[scalar] ?? escapeScalar(scalar));
  }
  writer.writeBytes(utf8.subarray(plainFrom));
  writer.writeByte(QUOTE);
}

/** The same for text. Headers are ASCII nearly always: those are written without being encoded first. */
export function writeJsonText(writer: ByteWriter, text: string): void {
  // An escape is at most six bytes.
  writer.reserve(6 * text.length + 2);
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
const QUOTE = 0x22;
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
