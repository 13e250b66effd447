import type { Dialect } from "../dialect.ts";

export const TraceToLxc = 0;
export const TraceToProxy = 1;
export const TraceToHost = 2;
export const TraceToStack = 3;
export const TraceToOverlay = 4;
export const TraceFromLxc = 5;
export const TraceFromProxy = 6;
export const TraceFromHost = 7;
export const TraceFromStack = 8;
export const TraceFromOverlay = 9;
export const TraceFromNetwork = 10;
export const TraceToNetwork = 11;
/** v1.18 and later. */
export const TraceFromCrypto = 12;
export const TraceToCrypto = 13;

const NAMES: readonly string[] = [
  "to-endpoint",
  "to-proxy",
  "to-host",
  "to-stack",
  "to-overlay",
  "from-endpoint",
  "from-proxy",
  "from-host",
  "from-stack",
  "from-overlay",
  "from-network",
  "to-network",
  "from-crypto",
  "to-crypto",
];
const COUNT_OF: Readonly<Record<Dialect, number>> = { "v1.9": 12, "v1.19": 14, "v1.20": 14 };

/** The name of an observation point, or its number. */
export function traceObservationPoint(point: number, dialect: Dialect = "v1.9"): string {
  return point < COUNT_OF[dialect] ? NAMES[point]! : `${point}`;
}

/** Whether messages of this observation point carry the connection's state in their reason (v1.9). */
export function traceObservationPointHasConnState(point: number): boolean {
  return point <= TraceToStack || point === TraceToNetwork;
}
