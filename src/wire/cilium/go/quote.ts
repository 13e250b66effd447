import { type ByteString, fromByteString, toByteString, utf8SequenceLength } from "./byte-string.ts";

/** Go's `%q` (strconv.Quote) of a string. */
export function quote(text: ByteString): ByteString {
  if (PLAIN.test(text)) return `"${text}"`;
  let out = '"';
  for (let at = 0; at < text.length; ) {
    const length = utf8SequenceLength(text, at);
    const sequence = text.slice(at, at + Math.max(1, length));
    if (length === 0) out += `\\x${hex(sequence.charCodeAt(0), 2)}`;
    else if (length === 1)
      out += SHORT[sequence] ?? (isPrintableAscii(sequence) ? sequence : `\\x${hex(sequence.charCodeAt(0), 2)}`);
    else out += quoteRune(sequence);
    at += sequence.length;
  }
  return `${out}"`;
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function isPrintableAscii(character: string): boolean {
  return character >= " " && character <= "~";
}

function quoteRune(sequence: ByteString): ByteString {
  const rune = fromByteString(sequence);
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(rune)) return toByteString(rune);
  const code = rune.codePointAt(0)!;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
