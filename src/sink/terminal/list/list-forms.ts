import type { Exchange } from "../../../model/index.ts";
import { ZonedTime } from "../../../wire/text/zoned-time.ts";
import type { GatheredOutput } from "../gathered-output.ts";
import { type Column, cellsOf } from "./exchange-columns.ts";
import type { ExchangeForm } from "./exchange-form.ts";

export interface ListOptions {
  readonly show: readonly Column[];
  readonly clock?: ZonedTime | undefined;
}

/** A table of GitHub Flavored Markdown. */
export function markdownForm(out: GatheredOutput, { show, clock = new ZonedTime() }: ListOptions): ExchangeForm {
  const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |\n`;
  return {
    begin: () => {
      out.write(row(show.map(({ title }) => title)));
      out.write(`|${show.map(({ right }) => (right === true ? "---:|" : "---|")).join("")}\n`);
    },
    shape: (exchange) => row(cellsOf(exchange, show, clock).map(({ text }) => text)),
    print: out.write,
  };
}

/** Nothing in it is markup, or ends the cell. */
export function escapeCell(text: string): string {
  return text.replace(/[\\|`*_{}[\]<>#~!&]/g, "\\$&");
}

/** RFC 4180, with a line of titles; lines end in LF. */
export function csvForm(out: GatheredOutput, { show, clock = new ZonedTime() }: ListOptions): ExchangeForm {
  return {
    begin: () => out.write(csvLine(show.map(({ name }) => name))),
    shape: (exchange) => csvLine(rawCells(exchange, show, clock)),
    print: out.write,
  };
}

function rawCells(exchange: Exchange, show: readonly Column[], clock: ZonedTime): string[] {
  const cells = cellsOf(exchange, show, clock);
  return show.map(({ raw }, i) => raw?.(exchange) ?? (cells[i]!.text === "-" ? "" : cells[i]!.text));
}

function csvLine(values: readonly string[]): string {
  return `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(",")}\n`;
}
