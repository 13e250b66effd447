/** Which messages are shown: each list that is not empty must have a match. */
export interface EventFilter {
  /** Message types. */
  readonly eventTypes: readonly number[];
  /** Endpoint ids of the source; of the destination; of either. */
  readonly fromSource: readonly number[];
  readonly toDst: readonly number[];
  readonly related: readonly number[];
}

export const MATCH_ALL: EventFilter = { eventTypes: [], fromSource: [], toDst: [], related: [] };

/** Go's MonitorFormatter.match. */
export function matchesFilter(filter: EventFilter, type: number, source: number, destination: number): boolean {
  const { eventTypes, fromSource, toDst, related } = filter;
  if (eventTypes.length > 0 && !eventTypes.includes(type)) return false;
  if (fromSource.length > 0 && !fromSource.includes(source)) return false;
  if (toDst.length > 0 && !toDst.includes(destination)) return false;
  return related.length === 0 || related.includes(source) || related.includes(destination);
}
