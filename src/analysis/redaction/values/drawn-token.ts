import { decodeText } from "./decode-base64.ts";
import { looksRandom } from "./looks-random.ts";

/**
 * Whether a text of letters, digits and base64's signs is a secret although nothing says so: what kind, or undefined. Digests, UUIDs and
 * identifiers in one case are none, and base64 of a text is what the text is.
 * @param hasSecret whether a text has a secret in it
 */
export function isDrawn(token: string, hasSecret: (text: string) => boolean): "encoded" | "token" | undefined {
  const hidden = decodeHexText(token);
  if (hidden !== undefined) return hasSecret(hidden) ? "encoded" : undefined;
  const hasUpper = /[A-Z]/.test(token);
  const hasLower = /[a-z]/.test(token);
  if (hasUpper && hasLower) {
    const text = decodeText(token);
    if (text !== undefined) return hasSecret(text) ? "encoded" : undefined;
    if (token.length > MAX_TOKEN || FILE.test(token)) return undefined;
    if (!/[\d+/=]/.test(token))
      return token.length >= 24 && looksRandom(token.replace(/[-_]/g, ""), LEAST) ? "token" : undefined;
    return isMixed(token) ? "token" : undefined;
  }
  return isDrawnInOneCase(token) ? "token" : undefined;
}

/** Whether it is none without a look at what it may hold: in one case, and not of hexadecimal digits alone. */
export function isNeverDrawn(token: string): boolean {
  if (/[A-Z]/.test(token) && /[a-z]/.test(token)) return false;
  return !HEX.test(token) && !isDrawnInOneCase(token);
}

function isDrawnInOneCase(token: string): boolean {
  if (token.length > MAX_TOKEN || token.length < 32 || !/\d/.test(token)) return false;
  return token.split(/[-_+/=]/).some((piece) => piece.length >= 32 && !HEX.test(piece) && looksRandom(piece, LEAST));
}

/** The text that hexadecimal digits hold; undefined where they hold none. */
function decodeHexText(token: string): string | undefined {
  if (token.length % 2 !== 0 || !HEX.test(token.slice(0, 32)) || !HEX.test(token)) return undefined;
  let text = "";
  for (let at = 0; at < token.length; at += 2) {
    const code = Number.parseInt(token.slice(at, at + 2), 16);
    if (code > 0x7e || (code < 0x20 && code !== 9 && code !== 10 && code !== 13)) return undefined;
    text += String.fromCharCode(code);
  }
  return text;
}

/** Anything longer is no token, but data. */
const MAX_TOKEN = 2048;
const HEX = /^[0-9a-fA-F]+$/;
/** base64 of how GIF, PNG, JPEG, RIFF, ZIP, PDF, gzip, BMP, fonts, Ogg, MP3, MP4 and certificates begin. */
const FILE = /^(?:R0lG|iVBOR|\/9j\/|UklGR|UEsDB|JVBER|H4sI|Qk0|d09G|T2dnU|SUQz|AAAA|AAEAAAA|MII[A-Z])/;

/** Capital and small letters and digits: drawn as one, or cut by base64's signs. */
function isMixed(token: string): boolean {
  const pieces = token.split(/[-_+/=]/).filter((piece) => piece !== "");
  if (pieces.some((piece) => piece.length >= 18 && !HEX.test(piece) && looksRandom(piece, LEAST))) return true;
  if (token.startsWith("/") || pieces.length * 6 > token.length + 12) return false;
  const joined = pieces.join("");
  return joined.length >= 18 && !HEX.test(joined) && looksRandom(joined, LEAST_OF_PIECES);
}

/** In bits (`looksRandom`): more than where a name says that it may be secret, since names of many words are everywhere. */
const LEAST = 12;
const LEAST_OF_PIECES = 24;
