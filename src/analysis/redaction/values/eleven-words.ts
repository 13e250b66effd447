/**
 * Whether eleven words of three to eight small letters stand in a row, a space behind each, as in a mnemonic (BIP 39). The expression for
 * it looks at every letter for a row to begin; this one at one in as many as the shortest row has.
 */
export function hasElevenWords(text: string): boolean {
  for (let at = SHORTEST - 1; at < text.length; at += SHORTEST) {
    let start = at;
    while (start > 0 && isOfRow(text.charCodeAt(start - 1))) start--;
    // A row may end where one is looked for.
    if (start === at && !isOfRow(text.charCodeAt(at))) continue;
    let end = at;
    while (end < text.length && isOfRow(text.charCodeAt(end))) end++;
    if (end - start >= SHORTEST && ROWS.test(text.slice(start, end))) return true;
    // The rest of it has been seen.
    at = Math.max(at, end - 1);
  }
  return false;
}

/** Small letters and spaces. */
function isOfRow(code: number): boolean {
  return code === 0x20 || (code >= 0x61 && code <= 0x7a);
}

const SHORTEST = 44;
const ROWS = /(?<![a-z])(?:[a-z]{3,8} ){11}/;
