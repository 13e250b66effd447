/**
 * The text that base64 or base64url holds, padded or not; undefined where it holds none: bytes that are no UTF-8, control characters, or
 * too few that are letters.
 * @param encoded of the alphabets' characters, with up to two `=`; the last three may be cut
 */
export function decodeText(encoded: string): string | undefined {
  const plain = encoded.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
  if (plain.length % 4 === 1) return undefined;
  let binary: string;
  try {
    binary = atob(plain);
  } catch {
    return undefined;
  }
  // Most bytes of a text are printable ASCII: what is not is found out without decoding it all.
  if (/[\u0000-\u0008\u000e-\u001f\u007f]/.test(binary)) return undefined;
  if (!/[\u0080-\u00ff]/.test(binary)) return binary;
  if (!mayBeUtf8(binary)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(binary, (character) => character.charCodeAt(0)),
      { stream: true },
    );
  } catch {
    return undefined;
  }
}

/** Tells most bytes that are no UTF-8 without what costs more than all else: an exception for each token that was drawn. */
function mayBeUtf8(binary: string): boolean {
  for (let at = 0; at < binary.length; ) {
    const code = binary.charCodeAt(at++);
    if (code < 0x80) continue;
    // The first byte of a character tells how many follow; the end may be cut.
    const length = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc0 ? 1 : 0;
    if (length === 0) return false;
    for (const end = Math.min(at + length, binary.length); at < end; at++)
      if ((binary.charCodeAt(at) & 0xc0) !== 0x80) return false;
  }
  return true;
}
