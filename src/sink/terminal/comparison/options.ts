import type { ExchangeComparison } from "../../../analysis/comparison/exchange-comparison.ts";
import type { Findings } from "../../../analysis/comparison/find-differences.ts";
import type { Style } from "../style.ts";

export const COMPARISON_FORMATS = ["table", "markdown", "json", "junit"] as const;
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

export interface ComparisonOutputOptions {
  readonly comparison: ExchangeComparison;
  readonly findings: Findings;
  /** How the two sides are called: files, filters. */
  readonly names: { readonly a: string; readonly b: string };
  /** The names of what groups are by. */
  readonly by: readonly string[];
  /** Differences that may be chance are listed, too. */
  readonly showsUncertain: boolean;
  readonly style: Style;
  readonly columns?: number | undefined;
}
