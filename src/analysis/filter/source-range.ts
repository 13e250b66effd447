import type { Range } from "./compiled.ts";
import { TOKEN } from "./token.ts";

/**
 * The parser gives a node one offset only. These find the text around it: of a literal or identifier from its start, of a
 * call from its parts.
 */
export function tokenRange(text: string, start: number): Range {
  const token = TOKEN.exec(text.slice(start))?.[0] ?? text[start] ?? "";
  return { start, end: start + Math.max(1, token.length) };
}

/** From the first of the ranges to the last. */
export function joinRanges(...ranges: Range[]): Range {
  return {
    start: Math.min(...ranges.map(({ start }) => start)),
    end: Math.max(...ranges.map(({ end }) => end)),
  };
}

/** With the parentheses that stand directly around it. */
export function withParentheses(text: string, range: Range): Range {
  let { start, end } = range;
  for (;;) {
    let before = start - 1;
    while (/\s/.test(text[before] ?? "")) before--;
    let after = end;
    while (/\s/.test(text[after] ?? "")) after++;
    if (text[before] !== "(" || text[after] !== ")") return { start, end };
    start = before;
    end = after + 1;
  }
}

/** Up to the bracket that closes after `range`, if only white space stands between. */
export function withClosing(text: string, range: Range, bracket: ")" | "]"): Range {
  const match = /^[\s,]*./.exec(text.slice(range.end))?.[0];
  return match?.endsWith(bracket) === true ? { start: range.start, end: range.end + match.length } : range;
}
