import { measureQuoted } from "../../content/measure-value.ts";
import { isMark } from "../../mark.ts";
import { markNamed, type TextRedaction } from "../../text-redaction.ts";
import { type Items, readItems } from "./json-rows.ts";
import { Titles } from "./titles.ts";

/**
 * Tables whose titles stand apart from their rows, as databases and sheets answer: `{"columns": ["user", "password"], "rows": [["bob", "…"]]}`.
 * Titles may be objects (`{"name": "user", "type": "text"}`), rows and cells too (`{"c": [{"v": "bob"}, …]}`, `{"f": [{"v": …}]}`), and columns
 * may hold their values (`{"name": "password", "values": [...]}`) or stand one behind the other in place of rows.
 *
 * Each list of titles goes with the rows before it that are of no other, or else those behind it, up to the next list.
 */
export function redactJsonTables(text: string, redaction: TextRedaction): string {
  // Nearly always there is none, and the rest need not be searched for.
  if (!CELLS.test(text)) return text;
  const lists = readTitleLists(text);
  const bodies = [...text.matchAll(ROWS)].filter(({ 0: key, index }) => isRow(text, index + key.length));
  const result = new Replaced(text);
  /** Those that have a list of titles. */
  const titled = new Set<RegExpExecArray>();
  /** The first rows behind the list, and the first that are of no list yet. */
  let behind = 0;
  let free = 0;
  /** Where the last rows ended: what stands in them is none of its own. */
  let read = 0;
  for (const [at, list] of lists.entries()) {
    const titles = Titles.read(list.titles, redaction, true);
    if (titles !== undefined) redactColumns(result, list, redaction);
    while (behind < bodies.length && bodies[behind]!.index < list.end) behind++;
    const next = lists[at + 1]?.start ?? text.length;
    const found = behind > free ? behind - 1 : behind;
    const rows = bodies[found];
    if (rows === undefined || rows.index >= next) continue;
    free = found + 1;
    titled.add(rows);
    if (titles !== undefined && rows.index >= read) read = redactBody(result, rows, list, titles);
  }
  const isByColumn = BY_COLUMN.test(text);
  read = 0;
  for (const rows of bodies)
    if (!titled.has(rows) && rows.index >= read && (isByColumn || rows[0].endsWith("{")))
      read = redactUntitled(result, rows, isByColumn, redaction);
  return result.join();
}

interface TitleList {
  readonly start: number;
  readonly end: number;
  readonly titles: readonly string[];
  /** The titles as they stand. */
  readonly items: Items;
  readonly areObjects: boolean;
}

function readTitleLists(text: string): TitleList[] {
  const lists: TitleList[] = [];
  COLUMNS.lastIndex = 0;
  for (let match = COLUMNS.exec(text); match !== null; match = COLUMNS.exec(text)) {
    const start = match.index + match[0].length;
    const items = readItems(text, start, MAX_COLUMNS, MAX_TITLE);
    if (items === undefined || items.starts.length === 0) continue;
    const areObjects = text[items.starts[0]!] === "{";
    const titles = items.starts.map((from, at) => titleOf(text.slice(from, items.ends[at]!)));
    if (titles.includes(undefined)) continue;
    lists.push({ start: match.index, end: items.end, titles: titles as string[], items, areObjects });
    COLUMNS.lastIndex = items.end;
  }
  return lists;
}

/** A text, or what an object calls itself. */
function titleOf(item: string): string | undefined {
  if (item.startsWith('"'))
    return item.length > 2 && item.length <= MAX_TEXT && !item.includes("\\") ? item.slice(1, -1) : undefined;
  if (!item.startsWith("{")) return undefined;
  let id: string | undefined;
  for (const [, name, title] of item.matchAll(TITLE)) {
    if (!/^(?:id|data)$/i.test(name!)) return title!;
    id ??= title!;
  }
  return id;
}

/** Columns that hold their values. */
function redactColumns(result: Replaced, { titles, items, areObjects }: TitleList, redaction: TextRedaction): void {
  const { text } = result;
  if (!areObjects) return;
  for (const [column, from] of items.starts.entries()) {
    const to = items.ends[column]!;
    const { kind } = redaction.names.judge(titles[column]!);
    if (kind !== "strong" && kind !== "weak") continue;
    VALUES.lastIndex = from;
    const values = VALUES.exec(text);
    if (values === null || values.index >= to) continue;
    const cells = readItems(text, VALUES.lastIndex)!;
    for (const [at, start] of cells.starts.entries()) {
      const cell = text.slice(start, cells.ends[at]!);
      for (const one of valuesOf(cell, start))
        replaceCell(result, one, markNamed(redaction, titles[column]!, one.value));
    }
  }
}

/**
 * Rows whose first is one of titles, where each is an object (Athena), or columns that begin with theirs (Google Sheets).
 * @returns where they end
 */
function redactUntitled(
  result: Replaced,
  rows: RegExpExecArray,
  isByColumn: boolean,
  redaction: TextRedaction,
): number {
  const { lines, end } = readLines(result.text, rows);
  const cells = lines.map((line) => cellsOf(result.text, line));
  if (isByColumn) {
    for (const [title, ...column] of cells) {
      const titles = title?.[0] === undefined ? undefined : Titles.read([title[0].value], redaction, true);
      for (const values of column) for (const one of values) replaceCell(result, one, titles?.mark([], 0, one.value));
    }
    return end;
  }
  const titles = Titles.read((cells[0] ?? []).map(firstValue), redaction, false);
  for (const row of titles === undefined ? [] : cells.slice(1)) {
    if (row.length !== titles!.count) continue;
    const first = row.map(firstValue);
    for (const [column, values] of row.entries())
      for (const one of values) replaceCell(result, one, titles!.mark(first, column, one.value));
  }
  return end;
}

function firstValue(values: readonly CellText[]): string {
  return values[0]?.value ?? "";
}

function cellsOf(text: string, { starts, ends }: Items): CellText[][] {
  return starts.map((from, item) => valuesOf(text.slice(from, ends[item]!), from));
}

function replaceCell(result: Replaced, { from, value, close }: CellText, mark: string | undefined): void {
  if (mark === undefined || isMark(value)) return;
  result.replace(from, from + 1 + value.length + close, `"${mark}${close === 0 ? "" : '"'}`);
}

function readLines(text: string, rows: RegExpExecArray): { lines: Items[]; end: number } {
  const lines: Items[] = [];
  let end = rows.index + rows[0].length - 1;
  for (;;) {
    ROW.lastIndex = end;
    const row = ROW.exec(text);
    if (row === null) return { lines, end };
    const items = readItems(text, ROW.lastIndex)!;
    lines.push(items);
    end = row[1] === undefined ? items.end : skipObject(text, items.end);
  }
}

function isRow(text: string, behind: number): boolean {
  ROW.lastIndex = behind - 1;
  return ROW.test(text);
}

/** @returns where the rows end */
function redactBody(result: Replaced, rows: RegExpExecArray, list: TitleList, titles: Titles): number {
  const { lines, end } = readLines(result.text, rows);
  const isByColumn = isColumnwise(lines, list, rows[0]);
  const cells = lines.map((line) => cellsOf(result.text, line));
  const first = cells.map((row) => row.map(firstValue));
  for (const [row, items] of cells.entries())
    for (const [item, values] of items.entries()) {
      // In a table of columns a row has the title that its place says.
      const column = isByColumn ? row : item;
      const named = !isByColumn ? first[row]! : titles.hasNames ? first.map((texts) => texts[item] ?? "") : [];
      for (const one of values) replaceCell(result, one, titles.mark(named, column, one.value));
    }
  return end;
}

/** Whether a list is a column: as many as there are titles, of as many items each, which is another number, or `values` below objects (Grafana, Elasticsearch). */
function isColumnwise(lines: readonly Items[], list: TitleList, key: string): boolean {
  const count = list.titles.length;
  const items = lines[0]?.starts.length ?? 0;
  if (lines.length !== count || lines.some(({ starts }) => starts.length !== items)) return false;
  return (items !== count && count > 1) || (list.areObjects && /^"values"/i.test(key));
}

interface CellText {
  /** Where its quote stands. */
  readonly from: number;
  readonly value: string;
  /** 1 where it is closed, 0 where the text was cut. */
  readonly close: number;
}

/** The texts of a cell: itself, or those of the members of an object that say nothing else of it. @param at where it begins */
function valuesOf(cell: string, at: number): CellText[] {
  if (cell.startsWith('"')) return [textAt(cell, 0, at)];
  if (!cell.startsWith("{")) return [];
  const values: CellText[] = [];
  for (let place = 1; place < cell.length; ) {
    const quote = cell.indexOf('"', place);
    if (quote < 0) break;
    const end = measureQuoted(cell, quote);
    MEMBER.lastIndex = end;
    const value = MEMBER.test(cell) ? MEMBER.lastIndex : -1;
    if (value >= 0 && cell[value] === '"' && !ABOUT.test(cell.slice(quote + 1, end - 1)))
      values.push(textAt(cell, value, at));
    place = value >= 0 && cell[value] === '"' ? measureQuoted(cell, value) : end;
  }
  return values;
}

function textAt(cell: string, from: number, offset: number): CellText {
  const end = measureQuoted(cell, from);
  const close = end > from + 1 && cell[end - 1] === '"' ? 1 : 0;
  return { from: offset + from, value: cell.slice(from + 1, end - close), close };
}

/** Behind the object whose list of cells ended at `from`. */
function skipObject(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') at = measureQuoted(text, at) - 1;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return text.length;
}

/** A text with pieces of it replaced, in any order; what overlaps one of them stays. */
class Replaced {
  readonly text: string;
  readonly #pieces: { readonly from: number; readonly to: number; readonly by: string }[] = [];

  constructor(text: string) {
    this.text = text;
  }

  replace(from: number, to: number, by: string): void {
    this.#pieces.push({ from, to, by });
  }

  join(): string {
    let result = "";
    let copied = 0;
    for (const { from, to, by } of this.#pieces.sort((a, b) => a.from - b.from)) {
      if (from < copied) continue;
      result += this.text.slice(copied, from) + by;
      copied = to;
    }
    return copied === 0 ? this.text : result + this.text.slice(copied);
  }
}

const MAX_COLUMNS = 256;
/** Characters of a title that is an object, and of one that is a text, quotes included. */
const MAX_TITLE = 2048;
const MAX_TEXT = 66;
const COLUMNS =
  /"(?:columns|cols|fields|headers?|titles|column_?names|schema|keys|meta|vars|row_?type|column_?(?:meta_?data|info))"\s{0,8}:\s{0,8}\[/gi;
const TITLE = /"((?:column_?)?name|label|title|field|header|id|data)"\s{0,8}:\s{0,8}"([^"\\]{1,64})"/gi;
const ROWS = /"(?:rows|data|values|records|results?|tuples|body|data_?array)"\s{0,8}:\s{0,8}\[\s{0,64}[[{]/gi;
const BY_COLUMN = /"majorDimension"\s{0,8}:\s{0,8}"COLUMNS"/;
const CELLS = /"(?:rows|data|values|records|results?|tuples|body|data_?array)"\s{0,8}:\s{0,8}\[/i;
const VALUES = /"(?:values|data)"\s{0,8}:\s{0,8}\[/gi;
/** A list, or an object with a list of cells among its first members: of a text's characters so many are looked through for it. */
const ROW =
  /\s{0,64},?\s{0,64}(?:\[|(\{)(?:\s{0,64}"[^"\\]{1,64}"\s{0,8}:\s{0,8}(?:"[^"\\]{0,128}"|[\d.-]{1,32}|null|true|false)\s{0,64},){0,8}\s{0,64}"(?:c|f|cells?|row|data|values)"\s{0,8}:\s{0,8}\[)/iy;
const MEMBER = /\s{0,64}:\s{0,64}/y;
/** Members of a cell that say of what kind it is. */
const ABOUT = /^(?:type|kind|format|id|(?:column|field|row|cell)_?(?:id|name|type))$/i;
