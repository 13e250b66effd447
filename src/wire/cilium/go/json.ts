import { type ByteString, utf8SequenceLength } from "./byte-string.ts";

/**
 * A string as Go's json.Marshal writes it: `<`, `>` and `&` escaped, U+2028 and U+2029 too, what is not UTF-8 as `\ufffd`.
 * @param shortEscapes Go 1.22 and later write `\b` and `\f`, earlier ones `\u0008` and `\u000c`.
 */
export function jsonString(text: ByteString, shortEscapes: boolean): ByteString {
  return PLAIN.test(text) ? `"${text}"` : `"${escapeJson(text, shortEscapes)}"`;
}

const PLAIN = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7f]*$/;

const SHORT: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeJson(text: ByteString, shortEscapes: boolean): ByteString {
  let out = "";
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    const code = character.charCodeAt(0);
    if (code < 0x80) {
      out += escapeAscii(character, code, shortEscapes);
      at++;
      continue;
    }
    const length = utf8SequenceLength(text, at);
    const sequence = text.slice(at, at + length);
    if (length === 0) out += "\\ufffd";
    else if (sequence === "\xe2\x80\xa8") out += "\\u2028";
    else if (sequence === "\xe2\x80\xa9") out += "\\u2029";
    else out += sequence;
    at += length === 0 ? 1 : length;
  }
  return out;
}

function escapeAscii(character: string, code: number, shortEscapes: boolean): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  if (shortEscapes && code === 8) return "\\b";
  if (shortEscapes && code === 12) return "\\f";
  if (code < 0x20 || character === "<" || character === ">" || character === "&")
    return `\\u00${code.toString(16).padStart(2, "0")}`;
  return character;
}
