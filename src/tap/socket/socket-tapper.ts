import type { Connection, MemoryBudget } from "../../model/index.ts";
import type { FractionalPercent } from "../../wire/envoy/index.ts";
import type { TapConfig } from "../config/tap-config.ts";
import type { TapCounters } from "../tap-counters.ts";
import type { TraceSinkHandle } from "../trace-sink.ts";

/** Options of a tapper of one connection. */
export interface SocketTapperOptions {
  readonly connection: Connection;
  readonly config: TapConfig;
  readonly setConnectionPerEvent: boolean;
  readonly budget: MemoryBudget;
  readonly counters: TapCounters;
  readonly handle: TraceSinkHandle;
}

/** Rough memory of a kept event beside its bytes. */
export const EVENT_OVERHEAD_BYTES = 256;

/**
 * How a sampled trace was chosen, for its first message (Envoy ≥ 1.39): nothing where more than the rate
 * decides, because the rate is not the share that is kept then.
 */
export function configuredSampleRate({ sampling, selection }: TapConfig): {
  configuredSampleRate?: FractionalPercent;
} {
  if (sampling === undefined || selection !== undefined) return {};
  const names = { 100: "HUNDRED", 10000: "TEN_THOUSAND", 1000000: "MILLION" } as const;
  return { configuredSampleRate: { numerator: sampling.numerator, denominator: names[sampling.denominator] } };
}
