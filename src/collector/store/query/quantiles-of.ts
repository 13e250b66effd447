import type { LatencySketch } from "../../../analysis/latency/latency-sketch.ts";

/** Nothing where nothing was added. In nanoseconds. */
export function quantilesOf(latency: LatencySketch): {
  readonly p50?: number;
  readonly p90?: number;
  readonly p99?: number;
} {
  if (latency.count === 0) return {};
  return { p50: latency.quantile(0.5)!, p90: latency.quantile(0.9)!, p99: latency.quantile(0.99)! };
}
