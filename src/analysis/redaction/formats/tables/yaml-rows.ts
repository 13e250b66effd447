import type { TextRedaction } from "../../text-redaction.ts";
import { splitRow, unquote } from "./text-rows.ts";
import { Titles } from "./titles.ts";

/**
 * YAML's lists within a list, in brackets or an item a line, below a list of titles: that of `columns:` and its like, or the first of them.
 */
export function redactYamlRows(text: string, redaction: TextRedaction): string {
  const parts = text.split(LINE_END);
  let titles: Titles | undefined;
  /** Titles were found, or the first row was none. */
  let isBelow = false;
  let listed: string[] | undefined;
  for (let at = 0; at < parts.length; at += 2) {
    const line = parts[at]!;
    const key = TITLES_KEY.exec(line);
    const row = key === null ? readRow(parts, at) : undefined;
    const item = listed && row === undefined ? ITEM.exec(line) : null;
    if (listed !== undefined && item === null) {
      [titles, isBelow, listed] = [Titles.read(listed, redaction, true), true, undefined];
    }
    if (key !== null) {
      const flow = key[1];
      listed = flow === undefined ? [] : undefined;
      if (flow !== undefined) [titles, isBelow] = [Titles.read(readFlow(flow), redaction, true), true];
    } else if (item !== null) listed!.push(unquoted(item[1]!));
    else if (row === undefined) {
      if (!KEY_ALONE.test(line)) [titles, isBelow] = [undefined, false];
    } else {
      if (isBelow && titles !== undefined) markRow(parts, row, titles);
      else if (!isBelow) titles = Titles.read(row.cells, redaction, false);
      isBelow = true;
      at = row.last;
    }
  }
  return parts.join("");
}

interface Row {
  readonly cells: readonly string[];
  /** The part that has each cell. */
  readonly places: readonly number[];
  readonly last: number;
}

function readRow(parts: readonly string[], at: number): Row | undefined {
  const flow = FLOW_ROW.exec(parts[at]!);
  if (flow !== null) {
    const cells = readFlow(flow[1]!);
    return { cells, places: cells.map(() => at), last: at };
  }
  const first = FIRST_ITEM.exec(parts[at]!);
  if (first === null) return undefined;
  const start = `${first[1]!}  - `;
  const cells = [unquoted(first[2]!)];
  const places = [at];
  let last = at;
  while (cells.length < MAX_CELLS && parts[last + 2]?.startsWith(start) === true) {
    last += 2;
    cells.push(unquoted(parts[last]!.slice(start.length)));
    places.push(last);
  }
  return { cells, places, last };
}

function markRow(parts: string[], { cells, places }: Row, titles: Titles): void {
  if (cells.length !== titles.count) return;
  const marks = cells.map((_, column) => titles.mark(cells, column));
  if (places[0] === places.at(-1)) {
    const line = parts[places[0]!]!;
    const [start, end] = [line.indexOf("[") + 1, line.lastIndexOf("]")];
    const fields = splitRow(line.slice(start, end), ",").map((field, column) =>
      replaceCell(field, cells[column]!, marks[column]),
    );
    parts[places[0]!] = line.slice(0, start) + fields.join(",") + line.slice(end);
    return;
  }
  for (const [column, place] of places.entries()) {
    const dash = parts[place]!.lastIndexOf("- ", parts[place]!.length - cells[column]!.length) + 2;
    const item = parts[place]!.slice(dash);
    parts[place] = parts[place]!.slice(0, dash) + replaceCell(item, cells[column]!, marks[column]);
  }
}

function replaceCell(field: string, value: string, mark: string | undefined): string {
  return mark === undefined ? field : field.replace(value, () => mark);
}

function readFlow(content: string): string[] {
  return splitRow(content, ",").map(unquoted);
}

function unquoted(field: string): string {
  return unquote(field).replace(/^'(.*)'$/s, "$1");
}

const LINE_END = /(\r\n|\n|\r)/;
const TITLES_KEY =
  /^[ \t-]{0,64}(?:columns|fields|headers?|titles|column_?names|schema):[ \t]*(?:\[([^\]\r\n]{1,4096})\][ \t]*)?$/i;
/** `rows:` */
const KEY_ALONE = /^[ \t]{0,64}[\w-]{1,64}:[ \t]*$/;
const ITEM = /^[ \t]{0,64}- ([^\s\-[{][^\r\n]{0,63})$/;
const FLOW_ROW = /^[ \t]{0,64}- \[([^[\]\r\n]{1,16384})\][ \t]*$/;
const FIRST_ITEM = /^([ \t]{0,64})- - ([^\r\n]*)$/;
const MAX_CELLS = 256;
