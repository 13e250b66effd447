import { ANALYSIS_LIMITS, type AnalysisLimits } from "../../analysis/limits.ts";
import { REASSEMBLY_LIMITS, type ReassemblyLimits } from "../../analysis/reassembly/index.ts";
import { TaplineError } from "../../model/index.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";
import { readSize } from "../flags/option-values.ts";

/** `--limit name=value`, of the analysis and of the reassembly; sizes may end in k, M or G (1024). */
export function parseLimits(texts: readonly string[]): {
  analysis: Partial<AnalysisLimits>;
  reassembly: Partial<ReassemblyLimits>;
} {
  const analysis: Record<string, number> = {};
  const reassembly: Record<string, number> = {};
  for (const text of texts) {
    const [, name, number] = /^([A-Za-z.]+)=(.*)$/.exec(text) ?? [];
    const value = readSize(number ?? "");
    if (name === undefined || value === undefined)
      throw new TaplineError("usage", `--limit ${text}: expected name=number`, { hint: "bodyBytes=1M" });
    const inner = name.replace(/^reassembly\./, "");
    if (inner === name && Object.hasOwn(ANALYSIS_LIMITS, name)) analysis[name] = value;
    else if (inner !== name && Object.hasOwn(REASSEMBLY_LIMITS, inner)) reassembly[inner] = value;
    else {
      const near = suggestName(name, limitNames());
      throw new TaplineError("usage", `--limit: there is no limit ${name}`, {
        hint: near === undefined ? `there are ${limitNames().join(", ")}` : `did you mean ${near}?`,
      });
    }
  }
  // One limit for one thing: what puts connections together from packets follows as many as the analysis does.
  if (analysis["connections"] !== undefined) reassembly["connections"] = analysis["connections"];
  return { analysis, reassembly };
}

/** Names that `--limit` may set. */
export function limitNames(): string[] {
  return [...Object.keys(ANALYSIS_LIMITS), ...Object.keys(REASSEMBLY_LIMITS).map((name) => `reassembly.${name}`)];
}
