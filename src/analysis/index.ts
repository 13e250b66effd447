export { Analyzer, type AnalyzerOptions } from "./analyzer.ts";
export { type AnalysisLimits, DEFAULT_LIMITS } from "./limits.ts";
