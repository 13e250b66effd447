import { RequestsByTime, type Timed } from "./requests-by-time.ts";

export interface Placed extends Timed {
  /** Where all views of it were seen; undefined where those were several places. */
  readonly place: string | undefined;
}

/** Requests by what they are known by. Most keys are of one request: it stands there by itself. */
export class RequestsByKey<Request extends Placed> {
  readonly #byKey = new Map<number, Request | Several<Request>>();

  add(key: number, request: Request): void {
    const there = this.#byKey.get(key);
    if (there === undefined) this.#byKey.set(key, request);
    else if (there instanceof Several) there.add(request);
    else {
      const both = new Several<Request>(there.place);
      both.add(there);
      both.add(request);
      this.#byKey.set(key, both);
    }
  }

  /** A request that stands there is of several places now. */
  mix(key: number): void {
    const there = this.#byKey.get(key);
    if (there instanceof Several) there.place = undefined;
  }

  delete(key: number, request: Request): void {
    const there = this.#byKey.get(key);
    if (there === request) this.#byKey.delete(key);
    else if (there instanceof Several) {
      there.delete(request);
      if (there.size === 0) this.#byKey.delete(key);
    }
  }

  /** As `RequestsByTime.findNearest`. @param place where it is not looked for: no place sees a request twice */
  findNearest(
    key: number,
    place: string,
    moment: number,
    within: number,
    fits: (request: Request) => boolean,
  ): Request | undefined {
    const there = this.#byKey.get(key);
    // A connection that lives on has thousands of requests, of one place most often: they are not looked through for each that comes.
    if (there === undefined || there.place === place) return undefined;
    if (there instanceof Several) return there.findNearest(moment, within, fits);
    return Math.abs(there.started - moment) <= within && fits(there) ? there : undefined;
  }
}

class Several<Request extends Placed> extends RequestsByTime<Request> {
  /** As of a request: where all that ever stood here were seen. */
  place: string | undefined;

  constructor(place: string | undefined) {
    super();
    this.place = place;
  }

  override add(request: Request): void {
    if (request.place !== this.place) this.place = undefined;
    super.add(request);
  }
}
