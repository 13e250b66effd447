// The filter's counters are the proxy's metrics (in Envoy `wasmcustom.trace_exporter.NAME`).
//
//     exchanges  = dispatched + dispatch_refused + every `skipped_…` and `dropped_…`
//     dispatched = delivered + call_failed + call_rejected + those that are under way

import { ANSWER, OK, clearAnswer, proxy_define_metric, proxy_increment_metric } from "./host";
import { toBytes } from "./text";

export const EXCHANGES: u32 = 0;
export const DISPATCHED: u32 = 1;
export const DISPATCH_REFUSED: u32 = 2;
export const SKIPPED_NOT_LISTED: u32 = 3;
export const SKIPPED_SAMPLE_RATE: u32 = 4;
export const SKIPPED_PATH: u32 = 5;
export const DROPPED_MEMORY: u32 = 6;
export const DROPPED_UNREADABLE: u32 = 7;
export const DROPPED_WITHOUT_LOG: u32 = 8;
export const DELIVERED: u32 = 9;
export const CALL_FAILED: u32 = 10;
export const CALL_REJECTED: u32 = 11;
export const TRUNCATED_LIMIT: u32 = 12;
export const TRUNCATED_MEMORY: u32 = 13;
export const TRUNCATED_UNREADABLE: u32 = 14;
export const LISTS_TAKEN: u32 = 15;
export const LISTS_FAILED: u32 = 16;
const COUNT: u32 = 17;

/** Metrics' numbers in the host, plus one; 0 where it is not defined. */
const NUMBERS: usize = memory.data(68);
let areDefined: bool = false;

/** Once for the whole module. */
export function defineMetrics(): void {
  if (areDefined) return;
  areDefined = true;
  for (let metric: u32 = 0; metric < COUNT; metric++) {
    const name = nameOf(metric);
    clearAnswer();
    if (proxy_define_metric(0, toBytes(name), name.length, ANSWER) === OK)
      store<u32>(NUMBERS + (metric << 2), load<u32>(ANSWER) + 1);
  }
}

export function count(metric: u32): void {
  const number = load<u32>(NUMBERS + (metric << 2));
  if (number !== 0) proxy_increment_metric(number - 1, 1);
}

function nameOf(metric: u32): string {
  switch (metric) {
    case EXCHANGES:
      return "trace_exporter.exchanges";
    case DISPATCHED:
      return "trace_exporter.dispatched";
    case DISPATCH_REFUSED:
      return "trace_exporter.dispatch_refused";
    case SKIPPED_NOT_LISTED:
      return "trace_exporter.skipped_not_listed";
    case SKIPPED_SAMPLE_RATE:
      return "trace_exporter.skipped_sample_rate";
    case SKIPPED_PATH:
      return "trace_exporter.skipped_path";
    case DROPPED_MEMORY:
      return "trace_exporter.dropped_memory";
    case DROPPED_UNREADABLE:
      return "trace_exporter.dropped_unreadable";
    case DROPPED_WITHOUT_LOG:
      return "trace_exporter.dropped_without_log";
    case DELIVERED:
      return "trace_exporter.delivered";
    case CALL_FAILED:
      return "trace_exporter.call_failed";
    case CALL_REJECTED:
      return "trace_exporter.call_rejected";
    case TRUNCATED_LIMIT:
      return "trace_exporter.bodies_truncated_limit";
    case TRUNCATED_MEMORY:
      return "trace_exporter.bodies_truncated_memory";
    case TRUNCATED_UNREADABLE:
      return "trace_exporter.bodies_truncated_unreadable";
    case LISTS_TAKEN:
      return "trace_exporter.sampling_lists_taken";
    default:
      return "trace_exporter.sampling_lists_failed";
  }
}
