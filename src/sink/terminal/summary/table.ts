import { stripVTControlCharacters } from "node:util";
import { showMarks } from "../../../analysis/redaction/index.ts";
import type { Example } from "../../../analysis/summary/greatest.ts";
import type { Numbers } from "../../../analysis/summary/numbers.ts";
import { nanosBetween } from "../../../model/index.ts";
import { displayWidth, truncateToWidth } from "../../../wire/text/display-width.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { alignRows, MIN_KEY } from "../align-rows.ts";
import { escapeCell } from "../list/list-forms.ts";
import { formatDuration, formatSize } from "../units.ts";
import { quantile, rank, type SummaryOutputOptions } from "./options.ts";

/** For people, in a terminal. */
export function renderTable(options: SummaryOutputOptions): string {
  const { summary, style, by, columns } = options;
  const { shown, all } = rank(options);
  if (all === 0) return `${headLines(options).join("\n")}\n`;
  const rows = shown.map((group) => [...group.key.map(showText), ...numberCells(group, options)]);
  const titles = [...by, ...TITLES].map((title) => title.toUpperCase());
  const table = narrowed([titles, ...rows], by.length, columns);
  const lines = [...headLines(options), "", ...alignRows(table, by.length, columns, style)];
  if (all > shown.length) lines.push(`… ${all - shown.length} more: --top ${all}`);
  const examples = (title: string, all: readonly Example[]): void => {
    if (all.length === 0) return;
    lines.push("", style.bold(title), ...all.map((one) => exampleLine(one, options)));
  };
  const { failures } = summary;
  if (failures.length > 0) {
    lines.push("", style.bold("failures, with the first of each"));
    for (const { reason, count, first } of failures.slice(0, options.top))
      lines.push(exampleLine(first, options, `${style.red(showText(reason))} × ${count}: `));
  }
  examples("slowest", summary.slowest);
  examples("largest", summary.largest);
  return `${lines.join("\n")}\n`;
}

/** Without the numbers that can be spared first, where the keys would have no room beside them; the titles are in the first row. */
function narrowed(
  rows: readonly (readonly string[])[],
  keys: number,
  columns: number | undefined,
): readonly (readonly string[])[] {
  if (columns === undefined) return rows;
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => displayWidth(row[at]!))));
  const kept = new Set(widths.keys());
  const wanted = widths.slice(0, keys).reduce((sum, width) => sum + Math.min(width, READABLE) + 2, 0);
  for (const title of SPARED) {
    const used = [...kept].filter((at) => at >= keys).reduce((sum, at) => sum + widths[at]! + 2, 0);
    if (wanted + used - 2 <= columns) break;
    kept.delete(keys + TITLES.indexOf(title));
  }
  const width = (at: number): number => Math.max(...rows.map((row) => displayWidth(row[at]!)));
  const least = [...kept].reduce((sum, at) => sum + (at < keys ? MIN_KEY : width(at)) + 2, -2);
  const errors = keys + TITLES.indexOf("errors");
  return rows.map((row) =>
    row
      .map((cell, at) => (at === errors && least > columns ? cell.replace(/ \(.*/, "") : cell))
      .filter((_, at) => kept.has(at)),
  );
}

function headLines(options: SummaryOutputOptions): string[] {
  const { summary, clock, style } = options;
  const { total, first, last, buckets } = summary;
  if (total.requests === 0) return ["no requests"];
  const span = first && last && nanosBetween(first, last);
  const share = ((total.errors / total.requests) * 100).toFixed(total.errors === 0 ? 0 : 1);
  const period = first && last && `${clock.format(first)} to ${clock.format(last)} (${formatDuration(span)})`;
  const tls = [...summary.tls]
    .filter(([version]) => version !== "-")
    .map(([version, count]) => `${showText(version)} ${count}`);
  const lines = [
    ...(period === undefined ? [] : [period]),
    `${count(total.requests, "request")}, ${rateOf(total, options) || "-"}/s; ${count(total.errors, "error")} (${share} %); ` +
      `${formatSize(total.requestBytes)} in, ${formatSize(total.responseBytes)} out`,
    `latency: ${["p50", "p90", "p99"].map((name) => `${name} ${formatDuration(quantile(total, name))}`).join(", ")}, max ${formatDuration(total.latency.max)}`,
    `${count(summary.connections, "connection")}, ${tls.length === 0 ? "none with TLS" : `with TLS: ${tls.join(", ")}`}`,
  ];
  if (summary.furtherViews > 0)
    lines.push(`${count(summary.furtherViews, "further view")} of requests that were seen before: not counted`);
  if (buckets.all.length > 1) {
    const { seconds, all } = joined(buckets, options.columns);
    const length = formatDuration(seconds * 1e9);
    lines.push(`requests per ${length}: ${spark(all.map(({ requests }) => requests))}`);
    if (total.errors > 0) lines.push(style.red(`errors per ${length}:   ${spark(all.map(({ errors }) => errors))}`));
  }
  return lines;
}

/** Stretches of time, so many in one as a line of the terminal asks for. */
function joined(
  { seconds, all }: SummaryOutputOptions["summary"]["buckets"],
  columns = Number.POSITIVE_INFINITY,
): { seconds: number; all: { requests: number; errors: number }[] } {
  const times = Math.max(1, Math.ceil(all.length / Math.max(1, columns - TIMELINE_TITLE)));
  const parts = Array.from({ length: Math.ceil(all.length / times) }, () => ({ requests: 0, errors: 0 }));
  for (const [at, { requests, errors }] of all.entries()) {
    const part = parts[Math.floor(at / times)]!;
    part.requests += requests;
    part.errors += errors;
  }
  return { seconds: seconds * times, all: parts };
}

const TIMELINE_TITLE = "requests per 30d 10h: ".length;

function exampleLine(
  { time, operation, key, status, nanos, bytes, id }: Example,
  { clock, columns }: SummaryOutputOptions,
  before = "",
): string {
  const head = `${before}${(time && clock.format(time)) ?? "-"}`;
  const tail = `${showText(status ?? "-")}  ${formatDuration(nanos)}  ${formatSize(bytes)}  #${id}`;
  const [name, asked] = [showText(key[0] ?? "-"), showText(operation)];
  if (columns === undefined) return `${head}  ${name}  ${asked}  ${tail}`;
  // The names give way, what was asked last.
  const room = columns - displayWidth(stripVTControlCharacters(head)) - displayWidth(tail) - 6;
  const ofName = Math.max(MIN_KEY, Math.min(displayWidth(name), room - displayWidth(asked)));
  const shown = truncateToWidth(name, ofName);
  const ofAsked = Math.max(MIN_KEY, room - displayWidth(shown));
  return `${head}  ${shown}  ${truncateToWidth(asked, ofAsked)}  ${tail}`;
}

function numberCells(numbers: Numbers, options: SummaryOutputOptions): string[] {
  const { requests, errors, requestBytes, responseBytes, latency } = numbers;
  return [
    String(requests),
    rateOf(numbers, options) || "-",
    errors === 0 ? "0" : `${errors} (${((errors / requests) * 100).toFixed(1)} %)`,
    ...["p50", "p90", "p99"].map((name) => formatDuration(quantile(numbers, name))),
    formatDuration(latency.max),
    formatSize(requestBytes),
    formatSize(responseBytes),
  ];
}

/** A second, of all the time that was seen; empty where that is none. */
function rateOf({ requests }: Numbers, { summary: { first, last } }: SummaryOutputOptions): string {
  const nanos = first && last ? nanosBetween(first, last) : 0;
  if (!(nanos > 0)) return "";
  const rate = requests / (nanos / 1e9);
  if (rate >= 99.5) return String(Math.round(rate));
  return rate < LEAST_RATE ? `<${LEAST_RATE}` : rate.toPrecision(2);
}

/** A second: a few in days. */
const LEAST_RATE = 0.001;

function spark(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => (value === 0 ? "·" : BARS[Math.min(7, Math.floor((value / most) * 8))]!)).join("");
}

const BARS = "▁▂▃▄▅▆▇█";

/** The same numbers for a page. */
export function renderMarkdown(options: SummaryOutputOptions): string {
  const { by } = options;
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    ...headLines(options).map((line) => `- ${escapeCell(line)}`),
    "",
    row([...by, ...TITLES].map((title) => escapeCell(title.toUpperCase()))),
    `|${"---|".repeat(by.length)}${"---:|".repeat(TITLES.length)}`,
    ...rank(options).shown.map((group) =>
      row([...group.key, ...numberCells(group, options)].map((cell) => escapeCell(showText(cell)))),
    ),
    "",
  ].join("\n");
}

const TITLES = ["requests", "rate", "errors", "p50", "p90", "p99", "max", "in", "out"];
/** The first goes first; other formats have them all. */
const SPARED = ["rate", "p90", "in", "out", "max", "p50"];
/** Columns that a key should have, where it is so long. */
const READABLE = 20;

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

function showText(text: string): string {
  return showMarks(escapeControl(text));
}
