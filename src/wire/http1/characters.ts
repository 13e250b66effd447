/** Bytes by name, and classes of bytes as tables of 256: 1 where the byte belongs to the class. */

export const TAB = 0x09;
export const LF = 0x0a;
export const VERTICAL_TAB = 0x0b;
export const FORM_FEED = 0x0c;
export const CR = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION_MARK = 0x3f;
export const AT = 0x40;
export const BACKSLASH = 0x5c;

/** `tchar` (RFC 9110 §5.6.2). */
export const TOKEN = createTable((c) => isAlphanumeric(c) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(c)));

/** The characters of a field value: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const FIELD_VALUE = createTable((c) => c === 0x09 || (c >= 0x20 && c !== 0x7f));

/** A field value's bytes but for the comma: an element of a list. */
export const LIST_ELEMENT = createTable((c) => FIELD_VALUE[c] === 1 && c !== 0x2c);

/** `qdtext` (RFC 9110 §5.6.4). */
export const QUOTED_TEXT = createTable((c) => FIELD_VALUE[c] === 1 && c !== 0x22 && c !== 0x5c);

/** The characters of a request target's path, query and fragment, but for `?` and `#`. */
export const TARGET = createTable((c) => c > 0x20 && c < 0x7f && c !== 0x23 && c !== 0x3f);

/** The characters of a request target's authority, but for `@`. */
export const AUTHORITY = createTable(
  (c) => isAlphanumeric(c) || "-_.!~*'()%;:&=+$,[]".includes(String.fromCharCode(c)),
);

/** A hexadecimal digit's value, or -1. */
export const HEX_VALUE = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit;
  HEX_VALUE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

export function isDigit(c: number): boolean {
  return c >= ZERO && c <= 0x39;
}

export function isAlpha(c: number): boolean {
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function isAlphanumeric(c: number): boolean {
  return isDigit(c) || isAlpha(c);
}

function createTable(belongs: (c: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, c) => (belongs(c) ? 1 : 0));
}

/** White space between the parts of a start line, as lenient readers take it, but for a CR by itself (RFC 9112 §3). */
export function isWhiteSpace(c: number): boolean {
  return c === SPACE || c === TAB || c === VERTICAL_TAB || c === FORM_FEED;
}
