import { decodeLatin1 } from "./latin1.ts";

/**
 * Octets as text for people and for comparing: HTTP's targets, field names and values are octets, kept here as strings of
 * as many characters (`decodeLatin1`). Where they are UTF-8 throughout, that is what is meant (RFC 9110 §5.5 leaves it
 * open, browsers and servers send it); else every octet stays a character of ISO 8859-1. This is the one place where that is
 * decided: what is written to the wire, or to a trace, is the octets.
 */
export function octetsToText(octets: string): string {
  return isAscii(octets) ? octets : decode(octets);
}

/** Short texts are looked through here: calling the engine for patterns takes longer than that. */
export function isAscii(octets: string): boolean {
  if (octets.length > 48) return !BEYOND_ASCII.test(octets);
  for (let i = 0; i < octets.length; i++) if (octets.charCodeAt(i) > 0x7f) return false;
  return true;
}

function decode(octets: string): string {
  const bytes = new Uint8Array(octets.length);
  for (let i = 0; i < octets.length; i++) {
    const octet = octets.charCodeAt(i);
    if (octet > 0xff) return octets;
    bytes[i] = octet;
  }
  try {
    return STRICT.decode(bytes);
  } catch {
    return octets;
  }
}

/** The octets of a text in UTF-8, as a string of as many characters. */
export function textToOctets(text: string): string {
  return BEYOND_ASCII.test(text) ? decodeLatin1(new TextEncoder().encode(text)) : text;
}

/** Whether `octetsToText` and `textToOctets` give back the same octets. */
export function isText(octets: string): boolean {
  return !BEYOND_ASCII.test(octets) || octetsToText(octets) !== octets;
}

const BEYOND_ASCII = /[^\x00-\x7f]/;
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
