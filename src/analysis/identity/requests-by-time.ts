export interface Timed {
  /** Seconds since the epoch. */
  readonly started: number;
}

/** Requests that have something in common, in the order of their times, so that the nearest to a moment are found without looking at all. */
export class RequestsByTime<Request extends Timed> {
  /** From `#begin` on; those before were deleted. */
  #requests: Request[] = [];
  #begin = 0;

  get size(): number {
    return this.#requests.length - this.#begin;
  }

  add(request: Request): void {
    let at = this.#requests.length;
    if (at > this.#begin && this.#requests[at - 1]!.started > request.started)
      at = this.#firstWhere((one) => one.started > request.started);
    this.#requests.splice(at, 0, request);
  }

  delete(request: Request): void {
    const at = this.#requests.indexOf(
      request,
      this.#firstWhere((one) => one.started >= request.started),
    );
    if (at < 0) return;
    if (at > this.#begin) {
      this.#requests.splice(at, 1);
      return;
    }
    this.#begin++;
    if (this.#begin < 64 || 2 * this.#begin < this.#requests.length) return;
    this.#requests = this.#requests.slice(this.#begin);
    this.#begin = 0;
  }

  /**
   * The request nearest to the moment that fits, at most so many seconds away. No more than `MAX_LOOKED_AT` are
   * asked: one that lies behind so many that do not fit is not found.
   */
  findNearest(moment: number, within: number, fits: (request: Request) => boolean): Request | undefined {
    let after = this.#firstWhere((one) => one.started >= moment);
    let before = after - 1;
    for (let looked = 0; looked < MAX_LOOKED_AT; looked++) {
      const later = after < this.#requests.length ? this.#requests[after]!.started - moment : Number.POSITIVE_INFINITY;
      const earlier = before >= this.#begin ? moment - this.#requests[before]!.started : Number.POSITIVE_INFINITY;
      if (Math.min(earlier, later) > within) return undefined;
      const request = this.#requests[earlier <= later ? before-- : after++]!;
      if (fits(request)) return request;
    }
    return undefined;
  }

  /** The index of the first of which that is true, where it is true of all after it. */
  #firstWhere(isTrue: (request: Request) => boolean): number {
    let low = this.#begin;
    let high = this.#requests.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isTrue(this.#requests[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

const MAX_LOOKED_AT = 128;
