import { FilterFault } from "../filter-error.ts";

/** The parser came to `at` and cannot go on: that, told in the words of whoever wrote it. */
export function describeUnexpected(text: string, at: number, isInBrackets: boolean): FilterFault {
  const rest = text.slice(at);
  const before = text.slice(0, at).trimEnd();
  if (rest === "")
    return new FilterFault(
      `it ends after ${before.slice(-12).trim()}, where more is expected`,
      text.length,
      text.length + 1,
      isInBrackets ? "a bracket is not closed" : undefined,
    );
  for (const [pattern, message, hint] of WRONG_OPERATORS) {
    const written = pattern.exec(rest)?.[0];
    if (written !== undefined)
      return new FilterFault(message, at, at + written.length, hint(operandBefore(before), rest.slice(written.length)));
  }
  const dangling = /(&&|\|\||[<>=!]=|[<>+*/%!-]|\b(?:and|or|not|in))$/i.exec(before)?.[1];
  if (dangling !== undefined && /^[)\]}]/.test(rest)) {
    const start = before.length - dangling.length;
    return new FilterFault(`something is missing after ${dangling}`, start, before.length);
  }
  if (/^[)\]}]/.test(rest)) return new FilterFault(`${rest[0]} closes nothing`, at, at + 1);
  const word = /^[\w./'"-]+/.exec(rest)?.[0] ?? String.fromCodePoint(rest.codePointAt(0)!);
  return new FilterFault(`${word} is not expected here`, at, at + word.length, hintFor(before, rest, word));
}

/** A word where a value should stand, which begins as a number does: `5s`, `5xx`, `10.1-beta`. */
export function describeWord(text: string, start: number): FilterFault {
  const word = /[\w.:/*-]+/y;
  word.lastIndex = start;
  const written = word.exec(text)![0];
  return new FilterFault(
    `${written} is not expected here`,
    start,
    start + written.length,
    /^\d+(?:\.\d+)?(?:ns|us|ms|s|m|h)$/.test(written)
      ? `a duration is written duration('${written}')`
      : /^\dxx$/i.test(written)
        ? "statuses are 1xx, 2xx, 3xx, 4xx and 5xx"
        : `a text is quoted: '${written}'`,
  );
}

/** The bracket that is open where the text ends, or where an operator between conditions follows. */
export function unclosedBracket(text: string, at: number, open: number | undefined): FilterFault | undefined {
  if (open === undefined) return undefined;
  const rest = text.slice(at);
  const before = text.slice(open + 1, at).trim();
  if (rest !== "" && !/^[)\]}]/.test(rest)) return undefined;
  if (rest === "" && (before === "" || /(?:&&|\|\||[<>=!]=|[<>+*/%!,?:([{-]|\b(?:and|or|not|in))$/i.test(before)))
    return undefined;
  const closing = CLOSING[text[open]!]!;
  if (rest.startsWith(closing)) return undefined;
  return new FilterFault(`${text[open]} is not closed`, open, open + 1, `add ${closing}`);
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Operators of other languages: how they begin, and what is written here. */
const WRONG_OPERATORS: readonly [RegExp, string, (left: string, rest: string) => string][] = [
  [/^(?:=~|~)/, "=~ is no operator", (left, rest) => `write ${left}.matches(${literal(rest, "'…'")})`],
  [/^!~/, "!~ is no operator", (left, rest) => `write !${left}.matches(${literal(rest, "'…'")})`],
  [/^===/, "=== is no operator", () => "== compares"],
  [/^=(?!=)/, "= is no operator", () => "== compares"],
  [/^<>/, "<> is no operator", () => "!= compares"],
  [/^&(?!&)/, "& is no operator", () => "&& means and"],
  [/^\|(?!\|)/, "| is no operator", () => "|| means or"],
  [/^xor\b/i, "xor is no operator", () => "!= between two conditions in parentheses is true where one of them is"],
  [
    /^contains\b(?!\s*\()/i,
    "contains is a function",
    (left, rest) => `write ${left}.contains(${literal(rest, "'…'")})`,
  ],
  [/^matches\b(?!\s*\()/i, "matches is a function", (left, rest) => `write ${left}.matches(${literal(rest, "'…'")})`],
  [
    /^between\b/i,
    "between is no operator",
    (left, rest) => {
      const [, low = "…", high = "…"] = /^\s*(\S+)\s+(?:and|&&)\s+([^\s)]+)/i.exec(rest) ?? [];
      return `write ${left} >= ${low} && ${left} <= ${high}`;
    },
  ],
  [
    /^like\b/i,
    "like is no operator",
    (left, rest) => `write glob(${left}, ${literal(rest, "'…*'").replaceAll("%", "*")})`,
  ],
  [/^starts_?with\b/i, "that is a function", (left, rest) => `write ${left}.startsWith(${literal(rest, "'…'")})`],
  [/^ends_?with\b/i, "that is a function", (left, rest) => `write ${left}.endsWith(${literal(rest, "'…'")})`],
  [/^eq\b/i, "eq is no operator", () => "write =="],
  [/^ne\b/i, "ne is no operator", () => "write !="],
  [/^gt\b/i, "gt is no operator", () => "write >"],
  [/^ge\b/i, "ge is no operator", () => "write >="],
  [/^lt\b/i, "lt is no operator", () => "write <"],
  [/^le\b/i, "le is no operator", () => "write <="],
  [/^is\b/i, "is is no operator", () => "== compares"],
  [/^not\s+in\b/i, "not in is no operator", (left) => `write !(${left} in …)`],
  [/^;/, "; is no operator", () => "join conditions with && (and) or || (or)"],
];

function operandBefore(before: string): string {
  return /[\w.'"()[\]-]+$/.exec(before)?.[0] ?? "x";
}

function literal(rest: string, otherwise: string): string {
  return /^\s*('[^']*'|"[^"]*")/.exec(rest)?.[1] ?? otherwise;
}

function hintFor(before: string, rest: string, word: string): string | undefined {
  if (rest.startsWith(",")) {
    const port = /(?:^|[\s(])((?:(?:src|dst)\s+)?port)\s+(\d+)$/i.exec(before);
    if (port !== null) return `write ${port[1]} ${port[2]} or ${/^,\s*(\d+)/.exec(rest)?.[1] ?? "…"}`;
    if (/\bin\s*\([^()]*$/i.test(before)) return "a list is written [200, 201]";
  }
  const last = /(\w+)$/.exec(before)?.[1] ?? "";
  if (/^(?:tcp|udp|ip6?)$/i.test(last) && /^(?:src|dst|host|net|port)\b/i.test(rest))
    return `write ${/^[^()&|]*/.exec(rest)![0].trim()}`;
  if (/^(?:src|dst)$/i.test(last) && /^[\da-f]*[.:]/i.test(word)) return `write ${last} host ${word}`;
  if (/^[A-Z]+$/.test(last) && /^['"]\//.test(rest)) return `write ${last} ${word.slice(1).replace(/['"]$/, "")}`;
  const keyword = /(?:^|[\s(])((?:(?:src|dst)\s+)?(?:host|net|port))\s+[^\s()]+\s+(?:and|or|&&|\|\|)$/i.exec(
    before,
  )?.[1];
  if (keyword !== undefined && /^[\w.:*-]+$/.test(word)) return `write ${keyword} ${word}`;
  if (/^(?:host|net|port)$/i.test(/\b(\w+)$/.exec(before)?.[1] ?? "")) return undefined;
  if (/[\w)\]'"*/]$/.test(before) && /^[\w'"(!/]/.test(rest)) return "join conditions with && (and) or || (or)";
  return undefined;
}
