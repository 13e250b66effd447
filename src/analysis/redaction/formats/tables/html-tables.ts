import { isMark } from "../../mark.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { Titles } from "./titles.ts";

/** Cells of HTML's tables below titles: a first row of `<th>`, or of `<td>` where it looks like titles. */
export function redactHtmlTables(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  let titles: Titles | undefined;
  /** The table's first row was seen. */
  let hasBegun = false;
  for (const { isTable, cells } of readRows(text)) {
    if (isTable) [titles, hasBegun] = [undefined, false];
    if (cells.length === 0) continue;
    const texts = cells.map(({ start, end }) => text.slice(start, end).replace(TAGS, "").trim());
    const isHead = cells.every(({ isTitle }) => isTitle);
    if (!hasBegun || (isHead && cells.length > 1)) titles = Titles.read(texts, redaction, isHead);
    else if (titles?.count === cells.length)
      for (const [column, { start, end }] of cells.entries()) {
        const mark = titles.mark(texts, column);
        if (mark === undefined) continue;
        result += text.slice(copied, start) + replaceTexts(text.slice(start, end), mark);
        copied = end;
      }
    hasBegun = true;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

interface Cell {
  readonly start: number;
  end: number;
  readonly isTitle: boolean;
}

/** Each row, ended or not; `isTable` where it is the first of a table. */
function* readRows(text: string): Generator<{ isTable: boolean; cells: readonly Cell[] }> {
  let isTable = false;
  let cells: Cell[] = [];
  let open: Cell | undefined;
  for (const { 0: whole, 1: slash, 2: name, index } of text.matchAll(TABLE_TAG)) {
    if (open !== undefined) {
      open.end = index;
      cells.push(open);
      open = undefined;
    }
    const tag = name!.toLowerCase();
    if (CELL.test(tag)) {
      if (slash === "") open = { start: index + whole.length, end: index, isTitle: tag === "th" };
      continue;
    }
    if (cells.length > 0 || isTableTag(tag)) yield { isTable, cells };
    cells = [];
    isTable = isTableTag(tag);
  }
  if (open !== undefined) cells.push({ ...open, end: text.length });
  yield { isTable, cells };
}

function isTableTag(tag: string): boolean {
  return tag === "table" || tag === "tbl";
}

/** The first text of a cell becomes the mark, and others of it go. */
function replaceTexts(cell: string, mark: string): string {
  let isWritten = false;
  return cell.replace(TEXTS, (text) => {
    if (isMark(text)) return text;
    if (isWritten) return "";
    isWritten = true;
    return mark;
  });
}

/** Tags of HTML, and of sheets and documents in XML: SpreadsheetML's `Cell`, OpenDocument's `table-cell`, WordprocessingML's `tc`. */
const TABLE_TAG = /<(\/?)(?:\w{1,8}:)?(table|tbl|tr|th|td|row|cell|tc|table-row|table-cell)(?:\s[^<>]{0,1024})?>/gi;
const CELL = /^(?:t[dhc]|(?:table-)?cell)$/;
const TAGS = /<[^<>]{0,1024}>/g;
const TEXTS = /(?<=(?:^|>)\s{0,64})[^<>\s](?:[^<>]*[^<>\s])?/g;
