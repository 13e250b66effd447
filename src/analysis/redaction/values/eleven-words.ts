/**
 * Whether eleven words of three to eight small letters stand in a row, a space behind each, as in a mnemonic (BIP 39). The expression for
 * it looks at every letter for a row to begin; this one at each space for one to go on.
 */
export function hasElevenWords(text: string): boolean {
  let count = 0;
  let last = -1;
  for (let space = text.indexOf(" "); space >= 0; space = text.indexOf(" ", space + 1)) {
    let start = space;
    while (start > last + 1 && space - start <= MAX && isSmallLetter(text.charCodeAt(start - 1))) start--;
    const length = space - start;
    if (length < MIN || length > MAX) count = 0;
    else if (start === last + 1) count++;
    else count = 1;
    if (count === ROW) return true;
    last = space;
  }
  return false;
}

function isSmallLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

const ROW = 11;
const MIN = 3;
const MAX = 8;
