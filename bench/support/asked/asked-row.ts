import { median } from "../process-usage.ts";

/** A row as it is for one kind of input. */
export interface Finding {
  /** The work, and what it is held against: findings with the same words are one row. */
  readonly work: string;
  readonly peer: string;
  /** The most that the median may be: a ratio, or in `unit`. */
  readonly asked: number;
  readonly unit?: string;
  readonly kind: string;
  /** One a pair. */
  readonly values: readonly number[];
  /** Both costs, to be read by people. */
  readonly costs: string;
}

/** Rows that are measured together. */
export interface AskedRows {
  /** As `ROWS=` calls it. */
  readonly name: string;
  readonly needs: readonly string[];
  /** @param folder an empty one of its own */
  readonly measure: (folder: string) => AsyncIterable<Finding>;
}

/** A row of the table: its worst kind of input. */
export function worstOf(findings: readonly Finding[]): Finding[] {
  const worst = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.work} | ${finding.peer}`;
    const known = worst.get(key);
    if (known === undefined || median(finding.values) > median(known.values)) worst.set(key, finding);
  }
  return [...worst.values()];
}

/** A line of Markdown's table. */
export function formatRow({ work, peer, asked, unit = "×", kind, values }: Finding): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const spread = `${format(least)} to ${format(most)}, ${values.length} pairs`;
  const met = median(values) <= asked ? "" : ", not met";
  return `| ${work} | ${peer} | ${format(asked)} ${unit} | ${format(median(values))} ${unit} (${spread}; ${kind})${met} |`;
}

export function format(value: number): string {
  return value < 1 ? value.toPrecision(2) : value < 100 ? value.toFixed(2) : value.toFixed(0);
}
