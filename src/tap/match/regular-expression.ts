/**
 * Compiles a regular expression in RE2's syntax, as Envoy's configurations write it, to a JavaScript one that matches a whole
 * value. Gives a text that says what is wrong where it is not one.
 *
 * Translated: leading flags `(?imsU)` without `U`, `(?P<name>…)`, `\A`, `\z`, `\Q…\E`, POSIX classes such as `[[:alpha:]]`.
 * Refused, as RE2 does: back-references and look-around, because they cannot be matched in linear time.
 * Limits: 4096 characters.
 */
export function compileFullMatch(pattern: string): RegExp | string {
  if (pattern.length > MAX_PATTERN_LENGTH) return `is longer than ${MAX_PATTERN_LENGTH} characters`;
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(pattern);
  const source = flags === null ? pattern : pattern.slice(flags[0].length);
  const wrongFlag = [...(flags?.[1] ?? "")].find((flag) => !"ims".includes(flag));
  if (wrongFlag !== undefined) return `the flag ${wrongFlag} is not supported`;
  try {
    return new RegExp(`^(?${flags?.[1] ?? ""}:${translate(source)})$`, "u");
  } catch (error) {
    return error instanceof UnsupportedSyntax ? error.message : "is not a regular expression";
  }
}

const MAX_PATTERN_LENGTH = 4096;

class UnsupportedSyntax extends Error {}

/** The next unit of RE2 syntax that may need a translation, or any single character. */
const UNITS =
  /\\Q([\s\S]*?)(?:\\E|$)|\[:(\^?)(\w+):\]|\(\?P?<([^=!][^>]*)>|\(\?<?[=!]|\\([1-9AzZCbBaxpPkc])|\\([^\w\s]|_)|\\?[\s\S]/gu;

const POSIX_CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7f",
  blank: "\\t ",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t-\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

function translate(pattern: string): string {
  return pattern.replace(UNITS, (unit, quoted, negated, posixClass, groupName, escaped, punctuation) => {
    if (quoted !== undefined) return escapeLiteral(quoted);
    if (posixClass !== undefined) return translatePosixClass(unit, negated, posixClass);
    if (groupName !== undefined) return `(?<${groupName}>`;
    if (/^\(\?<?[=!]/.test(unit)) throw new UnsupportedSyntax("look-around is not supported");
    if (escaped === "A") return "^";
    if (escaped === "z") return "$";
    if (escaped === "a") return "\\x07";
    if (escaped === "x") return unit;
    if (escaped !== undefined && /[1-9k]/.test(escaped))
      throw new UnsupportedSyntax("back-references are not supported");
    if (escaped === "Z" || escaped === "C" || escaped === "c")
      throw new UnsupportedSyntax(`\\${escaped} is not supported`);
    if (punctuation !== undefined) return escapeLiteral(punctuation);
    return unit;
  });
}

function translatePosixClass(unit: string, negated: string, name: string): string {
  const members = POSIX_CLASSES[name];
  if (members === undefined || negated !== "") throw new UnsupportedSyntax(`${unit} is not supported`);
  return members;
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, (character) => (character === "-" ? "\\x2d" : `\\${character}`));
}
