import { decimalEscape } from "./dns-reader.ts";

/** A character string (RFC 1035 §5.1): in quotes, with `"`, `\` and what is not printable ASCII escaped. */
export function quotedText(bytes: Uint8Array): string {
  return `"${escapedText(bytes, '"\\')}"`;
}

/** The same without quotes: white space, quotes, `;` and the like are escaped too. */
export function rawText(bytes: Uint8Array): string {
  return escapedText(bytes, '"\\ ();,');
}

function escapedText(bytes: Uint8Array, special: string): string {
  let text = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x7f) text += decimalEscape(byte);
    else text += special.includes(character) ? `\\${character}` : character;
  }
  return text;
}
