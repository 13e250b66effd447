import type { Timestamp } from "../../model/index.ts";

/**
 * One place's view of a request: what tells it from other requests, and by which it is known for the same as another place's view.
 * `viewOf` makes it of an exchange.
 */
export interface RequestView {
  /** Where it was seen (a proxy's listener, a process, a capture): no place sees the same request twice. */
  readonly place: string;
  readonly standpoint: Standpoint;
  /** `GET /cart`: views of different operations are of different requests. */
  readonly operation: string;
  /** The trace of `traceparent` and its like. */
  readonly traceId?: string | undefined;
  /** `x-request-id`. */
  readonly requestId?: string | undefined;
  /** Who answered, where a process or its pod says so: views that name different ones are of different requests. */
  readonly service?: string | undefined;
  /** The 5-tuples that its connection is known by, as `conversationOf` writes them: its own, and the one it is forwarded on. */
  readonly conversations: readonly string[];
  /** Its position on the connection, where that was seen from its beginning. */
  readonly position?: number | undefined;
  /** When it began, by that place's clock; without it a view is joined to no other. */
  readonly started?: Timestamp | undefined;
}

/**
 * From where a request was seen, the best first: which view of a request is counted.
 * - `server`: by the process that answered.
 * - `proxy`: by a proxy that passed it on.
 * - `wire`: by somebody who overheard it.
 * - `client`: by the process that asked.
 */
export const STANDPOINTS = ["server", "proxy", "wire", "client"] as const;
export type Standpoint = (typeof STANDPOINTS)[number];

/** Whether it should be counted instead of the other. */
export function isBetterView(view: RequestView, than: RequestView): boolean {
  return STANDPOINTS.indexOf(view.standpoint) < STANDPOINTS.indexOf(than.standpoint);
}

/**
 * Whether two views may be of one request, by all but their times. Where both saw a trace or a request's identifier these decide;
 * else the connections must be the same, and the positions on it where both are known.
 */
export function mayBeSame(a: RequestView, b: RequestView): boolean {
  if (contradict(a, b)) return false;
  if (sharesIdentifier(a, b)) return true;
  return !differ(a.position, b.position) && a.conversations.some((one) => b.conversations.includes(one));
}

/** The two cannot be of one request, whatever else there is. */
export function contradict(a: RequestView, b: RequestView): boolean {
  return (
    a.place === b.place ||
    a.operation !== b.operation ||
    differ(a.service, b.service) ||
    differ(a.traceId, b.traceId) ||
    differ(a.requestId, b.requestId)
  );
}

/** Both saw the same trace or request's identifier. */
export function sharesIdentifier(a: RequestView, b: RequestView): boolean {
  return (
    (a.traceId !== undefined && a.traceId === b.traceId) || (a.requestId !== undefined && a.requestId === b.requestId)
  );
}

function differ(a: string | number | undefined, b: string | number | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
