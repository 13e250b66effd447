import { rowOf } from "../../../analysis/protocols/index.ts";
import type { Exchange } from "../../../model/index.ts";
import { displayWidth, truncateToWidth } from "../../../wire/text/display-width.ts";
import { ZonedTime } from "../../../wire/text/zoned-time.ts";
import type { Style } from "../style.ts";
import { formatDuration } from "../units.ts";
import { type Cell, type Column, DEFAULT_COLUMNS, TIMELINE } from "./exchange-columns.ts";

export interface TableOptions {
  readonly style: Style;
  /** Columns of the terminal; absent where the output is none: then nothing is cut. */
  readonly columns?: number;
  /** The columns; by default `DEFAULT_COLUMNS`. */
  readonly show?: readonly Column[];
  readonly clock?: ZonedTime;
}

/**
 * Lines of a live table. Columns begin at a usual width and widen when something longer comes, up to a bound, so that lines
 * stay aligned and nothing has to be known beforehand; `fit` gives them the widths of what is known to come. On a terminal a line is cut to
 * its width: what is nearly always alike first, the server and the path last. Times have their day as soon as there are two days.
 */
export class ExchangeTable {
  readonly #style: Style;
  readonly #columns: number | undefined;
  readonly #show: readonly Column[];
  /** The same for each column, all made alike. */
  readonly #layout: readonly { readonly most: number; readonly isRight: boolean; readonly keepsEnd: boolean }[];
  readonly #makers: readonly Column["cell"][];
  readonly #clock: ZonedTime;
  readonly #time: number;
  readonly #widths: number[];
  readonly #timeline: number;
  /** Seconds between which all that is known lies. */
  #span: readonly [from: number, to: number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #day: string | undefined;
  #showsDay = false;
  #isFit = false;

  constructor({ style, columns, show = DEFAULT_COLUMNS, clock = new ZonedTime() }: TableOptions) {
    this.#style = style;
    this.#columns = columns;
    this.#show = show;
    this.#layout = show.map(({ most, right, keepsEnd }) => ({
      most,
      isRight: right === true,
      keepsEnd: keepsEnd === true,
    }));
    this.#makers = show.map(({ cell }) => cell);
    this.#clock = clock;
    this.#time = show.findIndex(({ name }) => name === "time");
    this.#timeline = show.indexOf(TIMELINE);
    this.#widths = show.map(({ width }) => width);
  }

  header(): string {
    return this.#line(this.#show.map(({ title }) => ({ text: title, paint: "bold" })));
  }

  format(exchange: Exchange): string {
    return this.formatCells(this.cells(exchange));
  }

  /** A line's cells, to be formatted by and by: times with their days. */
  cells(exchange: Exchange): Cell[] {
    const facts = rowOf(exchange).cells(exchange);
    const cells = this.#makers.map((make) => make(exchange, facts, this.#clock));
    // A time that is not known has no day.
    if (this.#time >= 0 && cells[this.#time]!.text.length > DAY) {
      const { day } = this.#clock;
      this.#day ??= day;
      this.#showsDay ||= day !== this.#day;
    }
    return cells;
  }

  /** Lines with these cells are to come, and no others. */
  fit(cells: readonly Cell[]): void {
    if (!this.#isFit) for (const [i, { title }] of this.#show.entries()) this.#widths[i] = displayWidth(title);
    this.#isFit = true;
    if (this.#time >= 0)
      this.#widths[this.#time] = (this.#showsDay ? "2026-01-31 14:03:07.123" : "14:03:07.123").length;
    const line = cells[this.#timeline];
    if (line !== undefined) {
      const [from, to] = readSpan(line.text);
      this.#span = [Math.min(this.#span[0], from), Math.max(this.#span[1], to)];
    }
    for (const [i, { text }] of cells.entries())
      if (i !== this.#time && i !== this.#timeline)
        this.#widths[i] = Math.max(this.#widths[i]!, Math.min(displayWidth(text), MOST_FIT));
  }

  /** @param cells are used up */
  formatCells(cells: Cell[]): string {
    const time = cells[this.#time];
    if (time !== undefined && !this.#showsDay) cells[this.#time] = { ...time, text: timeOfDay(time.text) };
    const span = cells[this.#timeline];
    if (span !== undefined) cells[this.#timeline] = { ...span, text: drawSpan(readSpan(span.text), this.#span) };
    return this.#line(cells);
  }

  #line(cells: readonly Cell[]): string {
    const limits = this.#limitTo(cells);
    let line = "";
    /** Spaces that are due before the next text. */
    let due = 0;
    for (let i = 0; i < cells.length; i++) {
      const limit = limits?.[i] ?? Number.POSITIVE_INFINITY;
      if (limit <= 0) continue;
      const { most, isRight, keepsEnd } = this.#layout[i]!;
      const { text, paint, isNarrow } = cells[i]!;
      let shown = text;
      let length = isNarrow === true ? text.length : displayWidth(text);
      if (length > limit) {
        shown = keepsEnd ? keepEnd(text, limit) : truncateToWidth(text, limit);
        length = displayWidth(shown);
      }
      const width = Math.max(this.#widths[i]!, Math.min(length, most));
      this.#widths[i] = width;
      const space = Math.max(0, width - length);
      if (line !== "" || due > 0) due += GAP;
      if (isRight) due += space;
      if (due > 0) line += due < SPACES.length ? SPACES[due]! : " ".repeat(due);
      line += paint === undefined ? shown : this.#style[paint](shown);
      due = isRight ? 0 : space;
    }
    return line.trimEnd();
  }

  /**
   * How wide each cell may be: undefined where the output is no terminal. On one columns are bounded, and the flexible ones
   * give way until the line fits; one that is gone stays so, for the lines to come to stand below this one.
   */
  #limitTo(cells: readonly Cell[]): number[] | undefined {
    if (this.#columns === undefined) return undefined;
    const widths = this.#widths;
    const limits = this.#show.map(({ most }, i) =>
      widths[i] === 0 ? 0 : Math.max(most, this.#isFit ? widths[i]! : 0),
    );
    let excess = -GAP - this.#columns;
    const wanted = cells.map(({ text }, i) => {
      const usual = i === cells.length - 1 ? Math.min(this.#show[i]!.width, widths[i]!) : widths[i]!;
      const width = Math.max(usual, displayWidth(text));
      excess += limits[i] === 0 ? 0 : Math.min(limits[i]!, width) + GAP;
      return Math.min(limits[i]!, width);
    });
    const giveWay = (column: number, least: number): void => {
      const width = wanted[column]!;
      if (excess <= 0 || width <= least || limits[column] === 0) return;
      wanted[column] = least === 0 ? 0 : Math.max(least, width - excess);
      excess -= width - wanted[column]! + (wanted[column] === 0 ? GAP : 0);
      limits[column] = wanted[column]!;
      widths[column] = Math.min(widths[column]!, limits[column]!);
    };
    for (const [name, least] of GIVING_WAY) {
      const column = this.#show.findIndex((one) => one.name === name);
      if (column >= 0) giveWay(column, least);
    }
    // Whatever else is shown gives way from the right.
    for (let column = cells.length - 1; column > 0 && excess > 0; column--) giveWay(column, 4);
    for (let column = cells.length - 1; column > 0 && excess > 0; column--) giveWay(column, 0);
    this.#widen("path", limits, -excess);
    return limits;
  }

  /** Width freed by the last column that was dropped. */
  #widen(name: string, limits: number[], room: number): void {
    const column = this.#show.findIndex((one) => one.name === name);
    const { width = 0 } = this.#show[column] ?? {};
    if (room <= 0 || column < 0 || limits[column]! >= width || limits[column] === 0) return;
    limits[column] = Math.min(width, limits[column]! + room);
    this.#widths[column] = limits[column]!;
  }
}

/** The length of the day in `2026-01-31 14:03:07.123`. */
const DAY = "2026-01-31".length;

function timeOfDay(text: string): string {
  return text.length > DAY ? text.slice(DAY + 1) : text;
}

function keepEnd(text: string, limit: number): string {
  let start = text.length - limit + 1;
  while (displayWidth(text.slice(start)) > limit - 1) start++;
  return limit <= 0 ? "" : `…${text.slice(start)}`;
}

function readSpan(text: string): readonly [from: number, to: number] {
  const [from, to] = text.split(" ").map(Number);
  return [from!, to!];
}

/** `+12 ms     ━━━━`, in so many characters. */
function drawSpan([from, to]: readonly [number, number], [first, last]: readonly [number, number]): string {
  const scale = last > first ? BAR / (last - first) : 0;
  const start = Math.min(BAR - 1, Math.floor((from - first) * scale));
  const length = Math.max(1, Math.min(BAR - start, Math.round((to - from) * scale)));
  return `${`+${formatDuration((from - first) * 1e9)}`.padEnd(OFFSET)}${" ".repeat(start)}${"━".repeat(length)}`;
}

const OFFSET = 10;
const BAR = 34;
/** Spaces between columns. */
const GAP = 2;
/** So many spaces as their place says. */
const SPACES: readonly string[] = Array.from({ length: 128 }, (_, length) => " ".repeat(length));
/** Lines of a file may be as long as they are: one long path does not widen all the others. */
const MOST_FIT = 120;

/** Columns that are cut on a narrow terminal, in this order, and how much of them stays; those with 0 go as a whole. */
const GIVING_WAY: readonly (readonly [column: string, least: number])[] = [
  ["quality", 10],
  ["type", 0],
  ["ends", 31],
  ["host", 16],
  ["path", 24],
  ["sizes", 0],
  ["host", 12],
  ["ends", 18],
  ["method", 6],
  ["ends", 0],
  ["path", 16],
  ["host", 6],
  ["path", 8],
  ["quality", 4],
];
