import type { Pair } from "./pairs.ts";

/** A call that a filter makes. */
export interface OutgoingCall {
  readonly cluster: string;
  /** With `:method`, `:path` and `:authority`. */
  readonly headers: readonly Pair[];
  readonly body: Uint8Array;
  readonly trailers: readonly Pair[];
  /** 0 is none. */
  readonly timeoutMillis: number;
}

export interface CallAnswer {
  /** With `:status`. */
  readonly headers: readonly Pair[];
  readonly body: Uint8Array;
  readonly trailers: readonly Pair[];
}

/** Makes filters' calls. It never throws, and never answers before `start` has returned. */
export interface CallClient {
  has(cluster: string): boolean;
  /**
   * @param done called once with the answer, or with undefined where there is none: refused, timed out, broken
   * @returns gives the call up; `done` is not called then
   */
  start(call: OutgoingCall, done: (answer: CallAnswer | undefined) => void): () => void;
}

/** Knows no cluster: every call is refused. */
export const NO_CALLS: CallClient = { has: () => false, start: () => () => {} };
