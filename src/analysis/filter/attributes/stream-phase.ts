import type { Exchange } from "../../../model/index.ts";

/**
 * An exchange that is still going on, as far as it has come. What a later phase brings is not known yet, which is not the
 * same as missing: `has(response.code)` is neither true nor false before the response.
 */
export interface StreamView {
  readonly phase: StreamPhase;
  /** The exchange so far: what belongs to a later phase is not looked at. */
  readonly exchange: Exchange;
}

/**
 * In their order: the connection was made; it can be used (TLS is established); the request's headers came; the
 * response's headers came; the exchange is over.
 */
const STREAM_PHASES = ["made", "open", "request-headers", "response-headers", "end"] as const;
export type StreamPhase = (typeof STREAM_PHASES)[number];

export function hasReached(phase: StreamPhase, wanted: StreamPhase): boolean {
  return STREAM_PHASES.indexOf(phase) >= STREAM_PHASES.indexOf(wanted);
}

/** The last of some phases: from then on all that they bring is known. */
export function latestPhase(phases: Iterable<StreamPhase>): StreamPhase {
  let last: StreamPhase = "made";
  for (const phase of phases) if (hasReached(phase, last)) last = phase;
  return last;
}
