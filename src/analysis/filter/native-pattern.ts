/**
 * The same pattern for JavaScript's own engine, where that means the same and cannot take long: it backtracks, which is
 * ten times as fast as RE2 on what people write most, and exponential on what they should not. Taken are literals, classes,
 * groups, a few alternatives and `?`, and one `*` or `+` of a single character in a pattern that begins with `^`.
 */
export function toNativePattern(pattern: string): string | undefined {
  let native = "";
  let loops = 0;
  let choices = 0;
  let at = 0;
  let canRepeat = false;
  while (at < pattern.length) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(pattern);
    if (match === null) return undefined;
    const [piece] = match;
    at += piece.length;
    if (piece === "*" || piece === "+") {
      if (!canRepeat || ++loops > 1) return undefined;
      native += piece;
    } else if (piece === "|" || piece === "?") {
      if (++choices > 6 || (piece === "?" && !canRepeat)) return undefined;
      native += piece;
    } else if (piece === "^") {
      if (at !== 1) return undefined;
      native += piece;
    } else if (piece === "$") {
      if (at !== pattern.length) return undefined;
      native += piece;
    } else
      native += piece === "." ? "[^\\n]" : piece === "/" || piece === "-" ? `\\${piece}`.replace("\\-", "-") : piece;
    canRepeat = match[1] !== undefined;
  }
  return loops > 0 && (choices > 0 || !pattern.startsWith("^")) ? undefined : native;
}

/** One piece; in the first group, where it is a single character or a class of such. */
const PIECE =
  /([A-Za-z0-9_ /:;,=&%@#!~'"<>-]|\\[.*+?()[\]{}|^$\\/dw]|\.|\[\^?(?:[A-Za-z0-9_./:;,=%@#!](?:-[A-Za-z0-9])?|\\[.\\\]\-dw])+\])|\((?:\?:)?|[)|*+?^$]/y;
