import type { LimitRow, LimitRows } from "../../src/model/index.ts";

/** @param prefix what stands before each name on the command line */
export function makeLimitTable(rows: LimitRows, prefix = ""): string {
  return makeTable(
    ["name", "default", "what"],
    Object.entries(rows).map(([name, row]) => [`\`${prefix}${name}\``, formatDefault(row), row.doc]),
  );
}

export function makeTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`.replaceAll("  ", " ");
  return [line(heads), `|${heads.map(() => "---|").join("")}\n`, ...rows.map(line)].join("");
}

function formatDefault({ default: value, unit }: LimitRow): string {
  if (unit === "seconds") return `${formatNumber(value)} s`;
  if (unit === "count") return formatNumber(value);
  if (value % (1024 * 1024) === 0) return `${formatNumber(value / (1024 * 1024))} MiB`;
  return value % 1024 === 0 ? `${formatNumber(value / 1024)} KiB` : `${formatNumber(value)} bytes`;
}

/** With a space between thousands, from five digits on. */
function formatNumber(value: number): string {
  return value < 10_000 ? String(value) : String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
