import { alignRows } from "../align-rows.ts";
import { escapeCell } from "../list/list-forms.ts";
import { type DifferenceTable, tablesOf } from "./difference-rows.ts";
import type { ComparisonOutputOptions } from "./options.ts";
import { headLines } from "./side-lines.ts";

/** For people, in a terminal. */
export function renderTable(options: ComparisonOutputOptions): string {
  const { findings, style, columns, showsUncertain } = options;
  const { differences, uncertain } = findings;
  const lines = headLines(options);
  const list = (tables: readonly DifferenceTable[]): void => {
    for (const { title, rows } of tables) {
      const cells = rows.map(({ subject, a, b, change, chance }) => [subject, a, b, change, chance]);
      lines.push("", ...alignRows([[title.toUpperCase(), ...TITLES], ...cells], 1, columns, style));
    }
  };
  list(tablesOf(differences));
  lines.push("", style.bold(verdict(differences.length)));
  if (uncertain.length > 0 && showsUncertain) {
    lines.push("", style.bold("may be chance"));
    list(tablesOf(uncertain));
  } else if (uncertain.length > 0) lines.push(`${uncertain.length} more may be chance: --uncertain lists them`);
  return `${lines.join("\n")}\n`;
}

const TITLES = ["A", "B", "CHANGE", "BY CHANCE"];

/** The same for a page. */
export function renderMarkdown(options: ComparisonOutputOptions): string {
  const { findings, showsUncertain } = options;
  const { differences, uncertain } = findings;
  const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(" | ")} |`;
  const list = (tables: readonly DifferenceTable[]): string[] =>
    tables.flatMap(({ title, rows }) => [
      "",
      row([title, ...TITLES]),
      `|---|${"---:|".repeat(TITLES.length)}`,
      ...rows.map(({ subject, a, b, change, chance }) => row([subject, a, b, change, chance])),
    ]);
  return [
    ...headLines(options).map((line) => `- ${escapeCell(line.trim())}`),
    ...list(tablesOf(differences)),
    "",
    `**${verdict(differences.length)}**`,
    ...(showsUncertain && uncertain.length > 0 ? ["", "**may be chance**", ...list(tablesOf(uncertain))] : []),
    "",
  ].join("\n");
}

function verdict(differences: number): string {
  if (differences === 0) return "no difference that is certain";
  return `${differences} difference${differences === 1 ? "" : "s"}`;
}
