import type { Exchange } from "../../model/index.ts";
import { displayWidth, truncateToWidth } from "../../wire/text/display-width.ts";
import { type Cell, exchangeCells } from "./exchange-cells.ts";
import type { Style } from "./style.ts";

export interface TableOptions {
  readonly style: Style;
  /** Columns of the terminal; absent where the output is none: then nothing is cut. */
  readonly columns?: number;
}

/**
 * Lines of a live table. Columns begin at a usual width and widen when something longer comes, up to a bound, so that lines
 * stay aligned and nothing has to be known beforehand. On a terminal a line is cut to its width, the path first.
 */
export class ExchangeTable {
  readonly #style: Style;
  readonly #columns: number | undefined;
  readonly #widths = COLUMNS.map(({ width }) => width);

  constructor({ style, columns }: TableOptions) {
    this.#style = style;
    this.#columns = columns;
  }

  header(): string {
    return this.#line(COLUMNS.map(({ title }) => ({ text: title, paint: this.#style.bold })));
  }

  format(exchange: Exchange): string {
    return this.#line(exchangeCells(exchange, this.#style));
  }

  #line(cells: readonly Cell[]): string {
    const limits = this.#fit(cells);
    let line = "";
    for (let i = 0; i < cells.length; i++) {
      const limit = limits?.[i] ?? Number.POSITIVE_INFINITY;
      if (limit > 0) line += (line === "" ? "" : "  ") + this.#cell(cells[i]!, i, limit, i === cells.length - 1);
    }
    return line.trimEnd();
  }

  #cell({ text, paint }: Cell, column: number, limit: number, isLast: boolean): string {
    const { most, right } = COLUMNS[column]!;
    const fullLength = displayWidth(text);
    const shown = fullLength <= limit ? text : truncateToWidth(text, limit);
    const length = fullLength <= limit ? fullLength : displayWidth(shown);
    const width = Math.max(this.#widths[column]!, Math.min(length, most));
    this.#widths[column] = width;
    const painted = paint === undefined ? shown : paint(shown);
    const space = isLast && right !== true ? "" : SPACES.slice(0, Math.max(0, width - length));
    return right === true ? space + painted : painted + space;
  }

  /** How wide each cell may be: undefined where the output is no terminal. On one columns are bounded, and the flexible ones give way until the line fits. */
  #fit(cells: readonly Cell[]): number[] | undefined {
    if (this.#columns === undefined) return undefined;
    const limits = COLUMNS.map(({ most }) => most);
    const wanted = cells.map(({ text }, i) =>
      Math.min(
        limits[i]!,
        i === cells.length - 1 ? displayWidth(text) : Math.max(this.#widths[i]!, displayWidth(text)),
      ),
    );
    let excess = wanted.reduce((sum, width) => sum + width, 2 * (cells.length - 1)) - this.#columns;
    for (const [column, least] of GIVING_WAY) {
      if (excess <= 0) break;
      const given = Math.max(0, Math.min(excess, wanted[column]! - least));
      wanted[column] = wanted[column]! - given;
      limits[column] = wanted[column]!;
      this.#widths[column] = Math.min(this.#widths[column]!, limits[column]!);
      excess -= given;
    }
    return limits;
  }
}

const SPACES = " ".repeat(128);

/** `width` to begin with, and at `most` when it widens for all lines to come. */
const COLUMNS: readonly { title: string; width: number; most: number; right?: true }[] = [
  { title: "TIME", width: 12, most: 12 },
  { title: "CLIENT → SERVER", width: 31, most: 60 },
  { title: "METHOD", width: 6, most: 9 },
  { title: "HOST", width: 16, most: 40 },
  { title: "PATH", width: 24, most: 60 },
  { title: "STATUS", width: 6, most: 6 },
  { title: "TYPE", width: 8, most: 20 },
  { title: "SIZES", width: 15, most: 17, right: true },
  { title: "DURATION", width: 8, most: 9, right: true },
  { title: "QUALITY", width: 8, most: 40 },
];

/** Columns that are cut on a narrow terminal, in this order, and how much of them stays. */
const GIVING_WAY: readonly (readonly [column: number, least: number])[] = [
  [4, 16],
  [9, 8],
  [3, 10],
  [1, 20],
  [6, 4],
  [2, 6],
  [4, 8],
  [3, 6],
  [9, 4],
  // On a terminal of 80 columns.
  [7, 0],
  [6, 0],
  [1, 14],
];
