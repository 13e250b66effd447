/** The outcome of an exchange. Error rates count `error` and `none`. */
export interface Outcome {
  /**
   * - `ok`: it was answered.
   * - `redirect`: the answer is elsewhere (3xx).
   * - `client-error`: the one who asked did something wrong (4xx).
   * - `error`: it failed (5xx, a gRPC status other than OK, a reset, …).
   * - `none`: there was no answer.
   */
  readonly result: OutcomeResult;
  /** The protocol's word for an error (`503`, `UNAVAILABLE`, `reset:CANCEL`), or why there was no answer. */
  readonly reason?: string;
}

export const OUTCOME_RESULTS = ["ok", "redirect", "client-error", "error", "none"] as const;
export type OutcomeResult = (typeof OUTCOME_RESULTS)[number];
