/**
 * The value that a text is the beginning of, as far as it goes: members and items that are not finished at its end are left out, and what
 * is open is closed. Undefined where it is no beginning of JSON (RFC 8259), or is nested deeper than `MAX_DEPTH`.
 */
export function readCutJson(text: string): unknown {
  /** The brackets that close what is open. */
  const closing: string[] = [];
  /** Behind the last value that is whole, or the last bracket that was opened: nothing was opened or closed since. */
  let whole = 0;
  let isName = false;
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    if (character === "{" || character === "[") {
      if (closing.length === MAX_DEPTH) return undefined;
      closing.push(character === "{" ? "}" : "]");
      isName = character === "{";
      whole = ++at;
    } else if (character === "}" || character === "]") {
      if (closing.pop() !== character) return undefined;
      whole = ++at;
      if (closing.length === 0) break;
    } else if (character === ",") {
      isName = closing.at(-1) === "}";
      at++;
    } else if (character === ":") {
      isName = false;
      at++;
    } else if (BLANKS.includes(character)) at++;
    else {
      SCALAR.lastIndex = at;
      // A number at the very end may go on.
      if (!SCALAR.test(text) || (SCALAR.lastIndex === text.length && character !== '"')) break;
      at = SCALAR.lastIndex;
      if (!isName) whole = at;
    }
  }
  if (whole === 0) return undefined;
  try {
    return JSON.parse(text.slice(0, whole) + closing.reverse().join(""));
  } catch {
    return undefined;
  }
}

const MAX_DEPTH = 512;
const BLANKS = " \t\r\n";
const SCALAR = /"(?:[^"\\]|\\.)*"|[-\w.+]+/y;
