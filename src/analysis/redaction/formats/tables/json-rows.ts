import { measureQuoted, measureStructure } from "../../content/measure-value.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { Titles } from "./titles.ts";

/**
 * Lists of JSON below a list of titles, within a list or a line each: `[["user", "password"], ["bob", "…"]]` (sheets, CSV as JSON,
 * ClickHouse's `JSONCompactEachRowWithNames`).
 */
export function redactJsonRows(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  TITLES.lastIndex = 0;
  for (let match = TITLES.exec(text); match !== null; match = TITLES.exec(text)) {
    const titles = Array.from(match[0].matchAll(STRING), ([, title]) => title!.trim());
    const read = Titles.read(titles, redaction, false);
    if (read === undefined) continue;
    const start = match.index + match[0].length;
    const rows = redactRows(text, start, read);
    result += text.slice(copied, start) + rows.text;
    copied = rows.end;
    TITLES.lastIndex = copied;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/**
 * Rows one behind the other, from `start` on, with what is secret in them replaced: the table ends at one of another number of items.
 * @returns the text from there to `end`
 */
function redactRows(text: string, start: number, titles: Titles): { text: string; end: number } {
  let result = "";
  let end = start;
  for (;;) {
    NEXT.lastIndex = end;
    const row = NEXT.exec(text);
    if (row === null) return { text: result, end };
    const items = readItems(text, NEXT.lastIndex);
    if (items.starts.length !== titles.count) return { text: result, end };
    result += row[0] + redactItems(text, NEXT.lastIndex, items, titles);
    end = items.end;
  }
}

function redactItems(text: string, start: number, { starts, ends, end }: Items, titles: Titles): string {
  /** The last one may be cut. */
  const closes = ends.map((to, at) => (to > starts[at]! + 1 && text[to - 1] === '"' ? '"' : ""));
  const cells = starts.map((from, at) =>
    text[from] === '"' ? text.slice(from + 1, ends[at]! - closes[at]!.length) : "",
  );
  let result = "";
  let copied = start;
  for (const [column, from] of starts.entries()) {
    const mark = text[from] === '"' ? titles.mark(cells, column) : undefined;
    if (mark === undefined) continue;
    result += `${text.slice(copied, from)}"${mark}${closes[column]!}`;
    copied = ends[column]!;
  }
  return result + text.slice(copied, end);
}

export interface Items {
  /** Where each item begins and ends. */
  readonly starts: number[];
  readonly ends: number[];
  /** Behind the bracket. */
  readonly end: number;
}

/** The items of the list whose bracket is before `start`. */
export function readItems(text: string, start: number): Items;
/** Undefined where there are more than `most`, or one is longer than `longest` characters. */
export function readItems(text: string, start: number, most: number, longest: number): Items | undefined;
export function readItems(text: string, start: number, most = text.length, longest = text.length): Items | undefined {
  const [starts, ends]: [number[], number[]] = [[], []];
  let at = start;
  while (at < text.length && text[at] !== "]") {
    const character = text[at]!;
    if (character === "," || SPACE.test(character)) {
      at++;
      continue;
    }
    starts.push(at);
    const end = Math.min(text.length, at + longest);
    if (character === '"') at = measureQuoted(text, at, end);
    else if (character === "{" || character === "[") at = measureStructure(text, at, end);
    else while (at < end && !SCALAR_END.test(text[at]!)) at++;
    ends.push(at);
    if (starts.length > most || (at === end && end < text.length)) return undefined;
  }
  return { starts, ends, end: Math.min(at + 1, text.length) };
}

/** A list of short strings, with another list behind it. */
const TITLES =
  /\[\s{0,64}"[^"\\\r\n]{1,64}"(?:\s{0,64},\s{0,64}"[^"\\\r\n]{1,64}"){0,63}\s{0,64}\](?=\s{0,64},?\s{0,64}\[)/g;
const STRING = /"([^"]{1,64})"/g;
const NEXT = /\s{0,64},?\s{0,64}\[/y;
const SPACE = /\s/;
const SCALAR_END = /[\s,\]}]/;
