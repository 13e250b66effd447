/** The place where a text stops being JSON. */
export interface JsonFault {
  /** Characters before it. */
  readonly at: number;
  /** The thing that should stand there: `a value`. */
  readonly expected: string;
}

/** The first fault of a text by the grammar of RFC 8259; undefined where it is one JSON value. Nothing is made of it. */
export function findJsonFault(text: string): JsonFault | undefined {
  /** The brackets that close what is open. */
  const closing: string[] = [];
  let expected = VALUE;
  for (let at = skipBlanks(text, 0); ; at = skipBlanks(text, at)) {
    const character = text[at];
    if (closing.length > 0 && character === closing.at(-1) && (expected === NEXT || expected.mayBeEmpty)) {
      closing.pop();
      at++;
      expected = closing.length === 0 ? END : NEXT;
      continue;
    }
    switch (expected) {
      case END:
        return at === text.length ? undefined : { at, expected: "the end" };
      case NEXT:
        if (character !== ",") return { at, expected: `',' or '${closing.at(-1)}'` };
        expected = closing.at(-1) === "}" ? NAME : VALUE;
        at++;
        break;
      case COLON:
        if (character !== ":") return { at, expected: "':'" };
        expected = VALUE;
        at++;
        break;
      case NAME:
      case FIRST_NAME: {
        const end = endOf(STRING, text, at);
        if (end < 0) return { at, expected: `a name in quotes${expected.mayBeEmpty ? " or '}'" : ""}` };
        expected = COLON;
        at = end;
        break;
      }
      default:
        if (character === "{" || character === "[") {
          closing.push(character === "{" ? "}" : "]");
          expected = character === "{" ? FIRST_NAME : FIRST_VALUE;
          at++;
        } else {
          const end = endOf(SCALAR, text, at);
          if (end < 0) return { at, expected: `a value${expected.mayBeEmpty ? " or ']'" : ""}` };
          expected = closing.length === 0 ? END : NEXT;
          at = end;
        }
    }
  }
}

interface Expectation {
  /** An object or a list was just opened, and may be closed at once. */
  readonly mayBeEmpty: boolean;
}

const VALUE: Expectation = { mayBeEmpty: false };
const FIRST_VALUE: Expectation = { mayBeEmpty: true };
const NAME: Expectation = { mayBeEmpty: false };
const FIRST_NAME: Expectation = { mayBeEmpty: true };
const COLON: Expectation = { mayBeEmpty: false };
const NEXT: Expectation = { mayBeEmpty: false };
const END: Expectation = { mayBeEmpty: false };

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const SCALAR = new RegExp(`${STRING.source}|-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][-+]?\\d+)?|true|false|null`, "y");

/** Where what the pattern describes ends, if it stands there; else -1. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (BLANKS.has(text.charCodeAt(at))) at++;
  return at;
}

const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
