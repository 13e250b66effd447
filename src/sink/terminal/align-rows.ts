import { displayWidth, padToWidth, truncateToWidth } from "../../wire/text/display-width.ts";
import type { Style } from "./style.ts";

/**
 * Rows of cells as lines: the first `keys` cells of each are texts, cut where a terminal's width asks for it; the others are numbers, aligned
 * to the right and never cut. The first row has the titles.
 */
export function alignRows(
  rows: readonly (readonly string[])[],
  keys: number,
  columns: number | undefined,
  style: Style,
): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => displayWidth(row[i]!))));
  const room =
    columns === undefined ? Number.POSITIVE_INFINITY : columns - widths.slice(keys).reduce((a, b) => a + b + 2, 0);
  const sum = (): number => widths.slice(0, keys).reduce((all, width) => all + width + 2, -2);
  // The widest gives way first, down to the next one.
  for (let excess = sum() - room; keys > 0 && excess > 0; excess = sum() - room) {
    const [widest, next = 0] = widths.slice(0, keys).sort((a, b) => b - a) as [number, number?];
    const width = Math.max(MIN_KEY, widest - Math.max(1, Math.min(excess, widest - next)));
    if (width >= widest) break;
    widths[widths.lastIndexOf(widest, keys - 1)] = width;
  }
  return rows.map((row, at) => {
    const line = row
      .map((text, i) =>
        i < keys ? padToWidth(truncateToWidth(text, widths[i]!), widths[i]!) : text.padStart(widths[i]!),
      )
      .join("  ");
    return at === 0 ? style.bold(line) : line;
  });
}

/** Columns of a terminal that a text has at least. */
export const MIN_KEY = 6;
