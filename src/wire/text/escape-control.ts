/**
 * Text that is safe to print on a terminal: control characters (C0, DEL, C1), characters that change the direction of
 * writing or that nobody sees, and halves of surrogate pairs become `\x1b`, `\u202e`. Nothing that was captured can move the
 * cursor, change colours or hide what stands beside it.
 * @param keep `lines` lets line feeds and tabs through
 */
export function escapeControl(text: string, keep: "nothing" | "lines" = "nothing"): string {
  if (isPlain(text)) return text;
  return text.replace(UNSAFE, (character) => {
    if (keep === "lines" && (character === "\n" || character === "\t")) return character;
    const code = character.codePointAt(0)!;
    return (
      SHORT[character] ??
      (code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`)
    );
  });
}

/**
 * The same for a JSON document, where what is unsafe stands within strings only: as JSON's own `\\u009b`.
 * @param keep `lines` lets the line feeds between members through
 */
export function escapeControlInJson(document: string, keep: "nothing" | "lines" = "nothing"): string {
  if (PLAIN.test(document)) return document;
  return document.replace(UNSAFE, (character) => {
    if (keep === "lines" && character === "\n") return character;
    let escaped = "";
    for (let i = 0; i < character.length; i++) escaped += `\\u${hex(character.charCodeAt(i), 4)}`;
    return escaped;
  });
}

/** It has characters of ASCII only, and none that controls a terminal: each takes one column. */
export function isPlain(text: string): boolean {
  // To call the engine for patterns takes longer than to look a short text through.
  if (text.length > 64) return PLAIN.test(text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const PLAIN = /^[ -~]*$/;
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/gu;
const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
