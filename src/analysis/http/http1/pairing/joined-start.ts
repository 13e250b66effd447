/**
 * A connection whose start was not seen: what was asked before may yet be answered, so that all pairs may be off. That is not assumed of a
 * client that asks in turn, as nearly all do: only once this one is seen to pipeline. The first pair waits for what comes next, which shows most
 * of those that do.
 */
export class JoinedStart {
  #hasAsked = false;
  #hasPaired = false;
  #orphans = 0;

  noticeRequest(): void {
    this.#hasAsked = true;
  }

  /** Requests were missed: that explains responses without a request as well. */
  missRequests(): void {
    this.#orphans = Number.NEGATIVE_INFINITY;
  }

  /** A response comes for which nothing waits. Gives whether that shows a client that pipelines: one that asks in turn has one answer to come, before it asks again. */
  noticeOrphan(): boolean {
    this.#orphans++;
    return this.#orphans > (this.#hasAsked ? 0 : 1);
  }

  /** A pair is made. Gives whether it has to wait, as the first where packets tell. @param received how far the response's sender had received, if known */
  noticePair(received: number | undefined): boolean {
    const isFirst = !this.#hasPaired;
    this.#hasPaired = true;
    // Programs' sockets do not say: there somebody watches as it passes.
    return isFirst && received !== undefined;
  }
}

/** Requests that waited when a connection was joined, at most. */
export const MAX_UNASKED = 32;
