import type { Example } from "../../../analysis/summary/greatest.ts";
import { MANY } from "../../../analysis/summary/groups.ts";
import type { Numbers } from "../../../analysis/summary/numbers.ts";
import { formatTimestamp, nanosBetween } from "../../../model/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { quantile, rank, type SummaryOutputOptions } from "./options.ts";

export function renderCsv(options: SummaryOutputOptions): string {
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\n`;
  const seconds = (nanos: number | undefined): string => (nanos === undefined ? "" : String(nanos / 1e9));
  return (
    line([...options.by, ...CSV_NUMBERS]) +
    rank(options)
      .shown.map((group) =>
        line([
          ...group.key.map((text) => escapeControl(text)),
          ...[String(group.requests), String(group.errors)],
          ...["p50", "p90", "p99"].map((name) => seconds(quantile(group, name))),
          ...[seconds(group.latency.max), String(group.requestBytes), String(group.responseBytes)],
        ]),
      )
      .join("")
  );
}

const CSV_NUMBERS = [
  "requests",
  "errors",
  "p50_seconds",
  "p90_seconds",
  "p99_seconds",
  "max_seconds",
  "request_bytes",
  "response_bytes",
];

export function summaryDocument(options: SummaryOutputOptions): object {
  const { summary, by } = options;
  const { total, first, last, buckets } = summary;
  const { shown, all } = rank(options);
  return {
    type: "summary",
    version: 1,
    ...(first &&
      last && { first: formatTimestamp(first), last: formatTimestamp(last), seconds: nanosBetween(first, last) / 1e9 }),
    ...numbersDocument(total),
    furtherViews: summary.furtherViews,
    connections: { all: summary.connections, tls: Object.fromEntries(summary.tls) },
    by,
    groups: shown.map((group) => ({
      key: Object.fromEntries(by.map((name, at) => [name, group.key[at] ?? MANY])),
      ...numbersDocument(group),
    })),
    groupsInAll: all,
    failures: summary.failures.map(({ reason, count: times, first: example }) => ({
      reason,
      count: times,
      first: exampleDocument(example),
    })),
    slowest: summary.slowest.map(exampleDocument),
    largest: summary.largest.map(exampleDocument),
    timeline: {
      seconds: buckets.seconds,
      buckets: buckets.all.map(({ start, ...counts }) => ({
        time: formatTimestamp({ seconds: start, nanos: 0 }),
        ...counts,
      })),
    },
  };
}

function numbersDocument({ requests, errors, requestBytes, responseBytes, latency }: Numbers): object {
  const millis = (nanos: number | undefined): number | null => (nanos === undefined ? null : nanos / 1e6);
  return {
    ...{ requests, errors, requestBytes, responseBytes },
    latencyMs: {
      p50: millis(latency.quantile(0.5)),
      p90: millis(latency.quantile(0.9)),
      p99: millis(latency.quantile(0.99)),
      max: millis(latency.max),
      mean: millis(latency.mean),
    },
  };
}

function exampleDocument({ time, nanos, ...rest }: Example): object {
  return {
    ...rest,
    ...(time && { time: formatTimestamp(time) }),
    ...(nanos !== undefined && { durationMs: nanos / 1e6 }),
  };
}
