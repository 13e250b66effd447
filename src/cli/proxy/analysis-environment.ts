import type { StreamWatchers } from "../../analysis/stream-watchers.ts";
import type { Ledger, MemoryBudget } from "../../model/index.ts";

/** The environment that a process gives its analysis. */
export interface AnalysisEnvironment {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly streams: StreamWatchers;
}

/** The book of what the analysis of a proxy looks at: `downstream-bytes` and `upstream-bytes` are what it forwards. */
export const ANALYSIS_BOOK = "analysis-bytes";
