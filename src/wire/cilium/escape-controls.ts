import { type ByteString, utf8SequenceLength } from "./byte-string.ts";

/**
 * A byte string without what would act on a terminal or forge a line: control characters (C0, DEL, C1) and bytes that are not
 * UTF-8. ESC becomes `^[`, line feed `\n`, others `^G` or `\x9b`.
 */
export function escapeControls(text: ByteString): ByteString {
  if (!SUSPICIOUS.test(text)) return text;
  let out = "";
  for (let at = 0; at < text.length; ) {
    const length = utf8SequenceLength(text, at);
    const sequence = text.slice(at, at + Math.max(1, length));
    const code = sequence.charCodeAt(0);
    if (length === 0) out += `\\x${code.toString(16)}`;
    else if (length === 1) out += escapeAscii(sequence, code);
    else if (code === 0xc2 && sequence.charCodeAt(1) < 0xa0) out += `\\x${sequence.charCodeAt(1).toString(16)}`;
    else out += sequence;
    at += sequence.length;
  }
  return out;
}

/** Whether a text has what `escapeControls` changes. */
export function hasControls(text: ByteString): boolean {
  return SUSPICIOUS.test(text) && escapeControls(text) !== text;
}

const SUSPICIOUS = /[\0-\x1f\x7f-\xff]/;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x7f": "^?" };

function escapeAscii(character: string, code: number): string {
  if (code >= 0x20 && code !== 0x7f) return character;
  return SHORT[character] ?? `^${String.fromCharCode(code + 0x40)}`;
}
