import type { SideSample } from "../../../analysis/comparison/exchange-comparison.ts";
import { showMarks } from "../../../analysis/redaction/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { formatDuration } from "../units.ts";
import type { ComparisonOutputOptions } from "./options.ts";

/** The lines above the differences: what each side has, what was matched, and what was not compared. */
export function headLines({ comparison, findings, names, by }: ComparisonOutputOptions): string[] {
  const { a, b, matched } = comparison;
  const lines = [sideLine("A", names.a, a), sideLine("B", names.b, b)];
  lines.push(
    `${count(findings.compared.length, "group")} by ${by.join(", ")} on both sides` +
      `${findings.servicesDiffer ? "; each side has one service, and not the same: compared without it" : ""}`,
  );
  if (matched.pairs > 0) {
    const { pairs, identified, changed } = matched;
    const how =
      identified === pairs
        ? "by identifiers"
        : identified === 0
          ? "by what they ask"
          : `${identified} of them by identifiers`;
    lines.push(
      `${count(pairs, "request")} of both matched, ${how}: ${changed === 0 ? "none has" : `${changed} have`} another status`,
    );
    if (identified === pairs || findings.differences.some(({ aspect }) => aspect === "pairs-errors"))
      for (const { operation, before, after, ids } of matched.examples)
        lines.push(`  ${showText(operation)}: ${showText(before)} → ${showText(after)}  #${ids[0]} → #${ids[1]}`);
  }
  for (const [name, side] of [
    ["A", a],
    ["B", b],
  ] as const) {
    if (side.furtherViews > 0)
      lines.push(`${name}: ${count(side.furtherViews, "further view")} of requests that were seen before: not counted`);
    if (side.beyond > 0) lines.push(`${name}: ${count(side.beyond, "exchange")} of further groups: not compared`);
    if (side.namesBeyond > 0)
      lines.push(
        `${name}: ${side.namesBeyond} times a status, a header field or a member beyond those that are compared`,
      );
  }
  if (matched.beyond > 0) lines.push(`${count(matched.beyond, "request")} of A beyond those that are matched`);
  return lines;
}

function sideLine(letter: string, name: string, { requests, errors, latency }: SideSample): string {
  const all = requests.total;
  if (all === 0) return `${letter}  ${showText(name)}: no requests`;
  const share = ((errors / all) * 100).toFixed(errors === 0 ? 0 : 1);
  const quantiles = [0.5, 0.9, 0.99].map((q) => `p${q * 100} ${formatDuration(latency.quantile(q))}`).join(", ");
  return `${letter}  ${showText(name)}: ${count(all, "request")}, ${count(errors, "error")} (${share} %); ${quantiles}`;
}

function count(number: number, unit: string): string {
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

function showText(text: string): string {
  return showMarks(escapeControl(text));
}
