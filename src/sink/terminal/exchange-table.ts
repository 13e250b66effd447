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
      if (limit > 0) line += (line === "" ? "" : GAP) + this.#cell(cells[i]!, i, limit, i === cells.length - 1);
    }
    return line.trimEnd();
  }

  #cell({ text, paint, isNarrow }: Cell, column: number, limit: number, isLast: boolean): string {
    const { most, right } = COLUMNS[column]!;
    const fullLength = isNarrow === true ? text.length : displayWidth(text);
    const shown = fullLength <= limit ? text : truncateToWidth(text, limit);
    const length = fullLength <= limit ? fullLength : displayWidth(shown);
    const width = Math.max(this.#widths[column]!, Math.min(length, most));
    this.#widths[column] = width;
    const painted = paint === undefined ? shown : paint(shown);
    if (width <= length || (isLast && right !== true)) return painted;
    const space = SPACES.slice(0, width - length);
    return right === true ? space + painted : painted + space;
  }

  /**
   * How wide each cell may be: undefined where the output is no terminal. On one columns are bounded, and the flexible ones
   * give way until the line fits; one that is gone stays so, for the lines to come to stand below this one.
   */
  #fit(cells: readonly Cell[]): number[] | undefined {
    if (this.#columns === undefined) return undefined;
    const widths = this.#widths;
    const limits = COLUMNS.map(({ most }, i) => (widths[i] === 0 ? 0 : most));
    let excess = -GAP.length - this.#columns;
    const wanted = cells.map(({ text }, i) => {
      const usual = i === cells.length - 1 ? COLUMNS[i]!.width : widths[i]!;
      const width = Math.max(usual, displayWidth(text));
      excess += limits[i] === 0 ? 0 : Math.min(limits[i]!, width) + GAP.length;
      return Math.min(limits[i]!, width);
    });
    for (const [column, least] of GIVING_WAY) {
      const width = wanted[column]!;
      if (excess <= 0) break;
      if (width <= least) continue;
      wanted[column] = least === 0 ? 0 : Math.max(least, width - excess);
      excess -= width - wanted[column]! + (least === 0 ? GAP.length : 0);
      limits[column] = wanted[column]!;
      widths[column] = Math.min(widths[column]!, limits[column]!);
    }
    // Width freed by the last column dropped goes to the path.
    if (excess < 0 && limits[PATH]! < COLUMNS[PATH]!.width) {
      limits[PATH] = Math.min(COLUMNS[PATH]!.width, limits[PATH]! - excess);
      widths[PATH] = limits[PATH]!;
    }
    return limits;
  }
}

const PATH = 4;
const GAP = "  ";
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
  { title: "QUALITY", width: 10, most: 40 },
];

/** Columns that are cut on a narrow terminal, in this order, and how much of them stays; those with 0 go as a whole. */
const GIVING_WAY: readonly (readonly [column: number, least: number])[] = [
  [PATH, 16],
  [9, 10],
  [6, 0],
  [1, 20],
  [3, 12],
  [2, 6],
  [PATH, 12],
  // On a terminal of 80 columns.
  [7, 0],
  [1, 0],
  [PATH, 8],
  [3, 6],
  [9, 4],
];
