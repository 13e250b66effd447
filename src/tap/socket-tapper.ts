import type { Connection, MemoryBudget } from "../model/index.ts";
import type { FractionalPercent } from "../wire/envoy/index.ts";
import type { TapConfig } from "./config/tap-config.ts";
import type { TapCounters } from "./tap-counters.ts";
import type { TraceSinkHandle } from "./trace-sink.ts";

/** What a tapper of one connection needs. */
export interface SocketTapperOptions {
  readonly connection: Connection;
  readonly config: TapConfig;
  readonly setConnectionPerEvent: boolean;
  readonly budget: MemoryBudget;
  readonly counters: TapCounters;
  readonly handle: TraceSinkHandle;
}

/** What an event that is kept takes beside its bytes, roughly. */
export const EVENT_OVERHEAD_BYTES = 256;

/**
 * What the first message of a sampled trace says about how it was chosen (Envoy ≥ 1.39): nothing where more than the rate
 * decides, because the rate is not the share that is kept then.
 */
export function configuredSampleRate({ sampling, selection }: TapConfig): {
  configuredSampleRate?: FractionalPercent;
} {
  if (sampling === undefined || selection !== undefined) return {};
  const names = { 100: "HUNDRED", 10000: "TEN_THOUSAND", 1000000: "MILLION" } as const;
  return { configuredSampleRate: { numerator: sampling.numerator, denominator: names[sampling.denominator] } };
}
