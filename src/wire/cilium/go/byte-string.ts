/**
 * Byte strings: strings of one character (U+0000 to U+00FF) a byte. Texts from the wire (URLs, DNS names, labels) are bytes in
 * Go and need not be UTF-8; kept so they are printed exactly, and writing them is a plain `latin1` copy.
 */
export type ByteString = string;

/** The UTF-8 bytes of a text, as a byte string. */
export function toByteString(text: string): ByteString {
  if (!/[^\0-\x7f]/.test(text)) return text;
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** The text of a byte string; what is not UTF-8 becomes U+FFFD. */
export function fromByteString(bytes: ByteString): string {
  if (!/[^\0-\x7f]/.test(bytes)) return bytes;
  return new TextDecoder().decode(bytesOf(bytes));
}

/** The bytes themselves. */
export function bytesOf(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** The length of the UTF-8 sequence at `at` of a byte string, 0 where it is not valid (Go's utf8.DecodeRune). */
export function utf8SequenceLength(text: ByteString, at: number): number {
  const first = text.charCodeAt(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + length > text.length) return 0;
  const second = text.charCodeAt(at + 1);
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((text.charCodeAt(at + i) & 0xc0) !== 0x80) return 0;
  return length;
}
