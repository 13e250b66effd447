import { showMarks } from "../../../analysis/redaction/index.ts";
import type { Example } from "../../../analysis/summary/greatest.ts";
import type { Numbers } from "../../../analysis/summary/numbers.ts";
import { nanosBetween } from "../../../model/index.ts";
import { displayWidth } from "../../../wire/text/display-width.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { alignRows } from "../align-rows.ts";
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
      lines.push(`${style.red(showText(reason))} × ${count}: ${exampleLine(first, options)}`);
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
  return rows.map((row) => row.filter((_, at) => kept.has(at)));
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
  const all = buckets.all;
  if (all.length > 1) {
    lines.push(`requests per ${formatDuration(buckets.seconds * 1e9)}: ${spark(all.map(({ requests }) => requests))}`);
    if (total.errors > 0)
      lines.push(
        style.red(`errors per ${formatDuration(buckets.seconds * 1e9)}:   ${spark(all.map(({ errors }) => errors))}`),
      );
  }
  return lines;
}

function exampleLine(
  { time, operation, key, status, nanos, bytes, id }: Example,
  { clock }: SummaryOutputOptions,
): string {
  const parts = [
    (time && clock.format(time)) ?? "-",
    showText(key[0] ?? "-"),
    showText(operation),
    showText(status ?? "-"),
  ];
  return `${parts.join("  ")}  ${formatDuration(nanos)}  ${formatSize(bytes)}  #${id}`;
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
