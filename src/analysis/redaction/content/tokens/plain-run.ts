import { mayVendorTokenBegin } from "./vendor-tokens.ts";

/**
 * Whether no token is in a run: no word of it begins as one, and no piece of it is long enough but in one case, as parts of URLs and UUIDs
 * are, or in hexadecimal digits that hold no text, as digests and identifiers are.
 */
export function isPlainRun(codes: Uint8Array, start: number, end: number): boolean {
  let kinds = 0;
  let length = 0;
  let word = 0;
  let wordKinds = 0;
  for (let at = start; at < end; at++) {
    const kind = RUN_KINDS[codes[at]!]!;
    if (word === 0 && mayVendorTokenBegin(codes, at)) return false;
    const isInWord = (kind & ALPHANUMERIC) !== 0;
    word = isInWord ? word + 1 : 0;
    wordKinds = isInWord ? wordKinds | kind : 0;
    if (word >= MIN_ONE_CASE && (wordKinds & BEYOND_HEX) !== 0) return false;
    const isPiece = (kind & PIECE) !== 0;
    if (isPiece) {
      kinds |= kind;
      length++;
      if (at + 1 < end) continue;
    }
    if (length >= MIN_MIXED) {
      if ((kinds & MIXED) === MIXED) return false;
      const behind = isPiece ? at + 1 : at;
      if ((kinds & BEYOND_HEX) === 0 && mayHoldText(codes, behind - length, behind)) return false;
    }
    kinds = 0;
    length = 0;
  }
  // Behind a comma it may be data of a URL.
  return codes[start - 1] !== 0x2c;
}

/** Whether hexadecimal digits may be those of a text. */
function mayHoldText(codes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at + 1 < end; at += 2) {
    const code = (digitOf(codes[at]!) << 4) | digitOf(codes[at + 1]!);
    if (code > 0x7e || (code < 0x20 && code !== 9 && code !== 10 && code !== 13)) return false;
  }
  return (end - start) % 2 === 0;
}

function digitOf(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}

/** The shortest that `DRAWN` takes, and the shortest that is looked at in one case. */
const MIN_MIXED = 20;
const MIN_ONE_CASE = 32;
const [CAPITAL, SMALL, BEYOND_HEX, ALPHANUMERIC, PIECE] = [1, 2, 4, 8, 16];
const MIXED = CAPITAL | SMALL;
const RUN_KINDS = new Uint8Array(0x100);
for (const [kind, pattern] of [
  [CAPITAL, /[A-Z]/],
  [SMALL, /[a-z]/],
  [BEYOND_HEX, /[^0-9A-Fa-f]/],
  [ALPHANUMERIC, /[A-Za-z0-9]/],
  [PIECE, /[A-Za-z0-9+/_-]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) RUN_KINDS[code]! |= kind;
