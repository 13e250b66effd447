import { markNamed, type TextRedaction } from "../../text-redaction.ts";
import { isRule, replaceFields, type Separator, separatorOf, splitRow, startsOfFields, unquote } from "./text-rows.ts";
import { Titles } from "./titles.ts";

/**
 * Comma-, semicolon- and tab-separated values, tables that are drawn with `|` and `+`, and columns that white space parts: the cells that
 * `Titles` say are secret. The titles are the first line, remarks aside, or stand anywhere above a rule, or else look like titles and are
 * followed by a line of as many fields. What databases' clients show a line a column is looked at line by line.
 * @param mayHaveName whether a secret's name may be within a part of the text
 * @param isWhole whether the text is content of its own, whose first line may be titles
 */
export function redactTable(
  text: string,
  redaction: TextRedaction,
  mayHaveName: (from: number, to: number) => boolean = () => true,
  isWhole = true,
): string {
  if (isWhole && text.startsWith("-[ RECORD")) return redactRecords(text, redaction);
  const feed = text.includes("\n") ? "\n" : "\r";
  const lines = text.split(feed);
  let table: Table | undefined;
  let isFirst = isWhole;
  let isBehindBlank = true;
  let isChanged = false;
  for (let at = 0, start = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const end = start + line.length;
    if (!MARK.test(line)) {
      if (table?.isBounded === true) table = undefined;
      isBehindBlank = true;
      start = end + 1;
      continue;
    }
    const isRuled = at + 1 < lines.length && isRule(lines[at + 1]!) && !isRule(line);
    if ((table === undefined || (isRuled && isBehindBlank)) && (isRuled || isFirst || !SENTENCES.test(line))) {
      const mayBeTitles = line.length <= MAX_TITLES && (mayHaveName(start, end) || VALUE_WORD.test(line));
      const found = mayBeTitles ? readTable(line, lines[at + 1] ?? "", isRuled, isFirst, redaction) : undefined;
      if (found !== undefined || isRuled) {
        table = found;
        isFirst = false;
        start = end + 1;
        continue;
      }
    }
    isBehindBlank = false;
    isFirst &&= REMARK.test(line) || isRule(line);
    start = end + 1;
    if (table === undefined || isRule(line)) continue;
    const row = redactRow(lines, at, table, feed);
    if (row === undefined) {
      if (table.isBounded) table = undefined;
      continue;
    }
    for (; at < row.last; at++) {
      start += lines[at + 1]!.length + 1;
      lines[at] = NO_LINE;
    }
    isChanged ||= row.isChanged;
    lines[at] = row.text;
  }
  return isChanged ? lines.filter((line) => line !== NO_LINE).join(feed) : text;
}

function redactRecords(text: string, redaction: TextRedaction): string {
  return text.replace(
    /(?<=^[ ]?([\w .-]{1,64}?)[ ]*\|[ ])[^\r\n]*[^\s](?=[ ]*$)/gm,
    (value, title: string) => markNamed(redaction, title, value) ?? value,
  );
}

interface Table {
  readonly titles: Titles;
  readonly separator: Separator;
  /** Where the fields of each row begin, where that is asked. */
  readonly starts: string | undefined;
  /** It ends with an empty line, or one of other fields. */
  readonly isBounded: boolean;
}

/** Reads a line of titles; undefined where it is none. @param below the line below it */
function readTable(
  line: string,
  below: string,
  isRuled: boolean,
  isFirst: boolean,
  redaction: TextRedaction,
): Table | undefined {
  const separator = separatorOf(line);
  if (separator === undefined) return undefined;
  const fields = splitRow(line, separator);
  const titles = fields.map(unquote);
  if (separator === "aligned") {
    const starts = startsOfFields(line);
    const isCapital = titles.every((title) => CAPITAL_TITLE.test(title));
    const isBelow = startsOfFields(below) === starts;
    const isTable = isRuled
      ? isBelow
      : isCapital
        ? isFirst || isBelow
        : isFirst && titles.every((title) => WORD.test(title));
    const read = isTable ? Titles.read(titles, redaction, true) : undefined;
    return read && { titles: read, separator, starts: isCapital && !isRuled ? undefined : starts, isBounded: !isFirst };
  }
  const isDrawn = separator === "|" || separator === "│";
  const isFramed = isDrawn && titles.length > 2 && titles[0] === "" && titles.at(-1) === "";
  if (titles.some((title) => !TITLE.test(title) && !(isFramed && title === ""))) return undefined;
  const isCertain = isFirst || (isRuled && isDrawn);
  // Nothing but a heading is a line with commas above a rule, and nothing but a sentence has titles of so many words.
  if (!isDrawn && separator !== "\t" && (isRuled || titles.some((title) => SENTENCE.test(title)))) return undefined;
  if (!isCertain && splitRow(below, separator).length !== fields.length) return undefined;
  const read = Titles.read(titles, redaction, isCertain);
  return read && { titles: read, separator, starts: undefined, isBounded: isRuled || !isFirst };
}

/** A row with what is secret replaced, and its last line; undefined where it is no row of the table. */
function redactRow(
  lines: readonly string[],
  at: number,
  { titles, separator, starts }: Table,
  feed: string,
): { text: string; last: number; isChanged: boolean } | undefined {
  const count = separator === "aligned" ? 1 : countLines(lines, at);
  for (const last of new Set([at + count - 1, at])) {
    const row = last === at ? lines[at]! : lines.slice(at, last + 1).join(feed);
    const fields = splitRow(row, separator);
    if (fields.length !== titles.count || (starts !== undefined && startsOfFields(row) !== starts)) continue;
    const cells = fields.map(unquote);
    const text = replaceFields(row, fields, separator, (column) => titles.mark(cells, column));
    return { text, last, isChanged: text !== row };
  }
  return undefined;
}

/** So many lines a row has whose quotes are closed on another one. */
function countLines(lines: readonly string[], at: number): number {
  let isOpen = false;
  for (let count = 1; count <= MAX_LINES && at + count <= lines.length; count++) {
    const line = lines[at + count - 1]!;
    for (let quote = line.indexOf('"'); quote >= 0; quote = line.indexOf('"', quote + 1)) isOpen = !isOpen;
    if (!isOpen) return count;
  }
  return 1;
}

/** Stands for a line that is part of the row behind it: no line has a line feed. */
const NO_LINE = "\n";
const MARK = /\S/;
const MAX_TITLES = 4096;
const MAX_LINES = 32;
/** Lines that may stand before the titles. */
const REMARK = /^\s*(?:#|\/\/|--|"?sep=)/;
/** Commas as sentences have them: titles that nothing says are some have none. */
const SENTENCES = /[,;|] /;
/** The title of a column of values. */
const VALUE_WORD = /\b(?:value|val|content|data)\b/i;
const CAPITAL_TITLE = /^[A-Z][A-Z0-9_()-]*(?: [A-Z0-9_()-]+)*$/;
const WORD = /^[A-Za-z][\w-]{0,63}$/;
const SENTENCE = /^\S+(?: \S+){3}/;
const TITLE = /^\uFEFF?[\p{L}\p{N}_ .,:/()-]{1,64}$/u;
