import type { ByteString } from "./byte-string.ts";
import { quote } from "./quote.ts";
import { UrlError } from "./url-error.ts";

/** A part of a URL: each has its own characters that need not be escaped. */
export type UrlPart = "path" | "fragment" | "host" | "zone" | "user";

/** Go's url.escape of a byte string. */
export function escapeUrl(text: ByteString, part: UrlPart): ByteString {
  if (PLAIN[part].test(text)) return text;
  let out = "";
  for (const character of text) out += needsEscape(character, part) ? `%${HEX[character.charCodeAt(0)]}` : character;
  return out;
}

/** Go's url.unescape. @throws UrlError */
export function unescapeUrl(text: ByteString, part: UrlPart): ByteString {
  if (PLAIN[part].test(text)) return text;
  let out = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character !== "%") {
      if ((part === "host" || part === "zone") && character < "\x80" && needsEscape(character, part))
        throw new UrlError(`invalid character ${quote(character)} in host name`);
      out += character;
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9a-fA-F]{2}$/.test(digits)) throw new UrlError(`invalid URL escape ${quote(text.slice(at, at + 3))}`);
    const decoded = String.fromCharCode(Number.parseInt(digits, 16));
    const refused =
      part === "host"
        ? decoded < "\x80" && digits !== "25"
        : part === "zone" && digits !== "25" && decoded !== " " && needsEscape(decoded, "host");
    if (refused) throw new UrlError(`invalid URL escape ${quote(text.slice(at, at + 3))}`);
    out += decoded;
    at += 2;
  }
  return out;
}

/** Texts that need no escaping: the common case, decided at once. */
const PLAIN: Readonly<Record<UrlPart, RegExp>> = {
  path: /^[A-Za-z0-9\-_.~$&+,;=:/]*$/,
  fragment: /^[A-Za-z0-9\-_.~$&+,;=:/]*$/,
  host: /^[A-Za-z0-9\-_.~$&+,;=:]*$/,
  zone: /^[A-Za-z0-9\-_.~$&+,;=:]*$/,
  user: /^[A-Za-z0-9\-_.~$&+,;=]*$/,
};

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, "0"),
);

/** Characters that are not escaped, beyond letters, digits and `-_.~`. */
const UNESCAPED: Readonly<Record<UrlPart, string>> = {
  path: "$&+,/:;=@",
  fragment: "$&+,/:;=?@!()*",
  host: "!$&'()*+,;=:[]<>\"",
  zone: "!$&'()*+,;=:[]<>\"",
  user: "$&+,;=",
};

function needsEscape(character: string, part: UrlPart): boolean {
  return !/[A-Za-z0-9\-_.~]/.test(character) && !UNESCAPED[part].includes(character);
}
