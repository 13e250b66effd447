import { RequestsByTime, type Timed } from "./requests-by-time.ts";

/** Requests by what they are known by. Most keys are of one request: it stands there by itself. */
export class RequestsByKey<Request extends Timed> {
  readonly #byKey = new Map<string, Request | RequestsByTime<Request>>();

  add(key: string, request: Request): void {
    const there = this.#byKey.get(key);
    if (there === undefined) this.#byKey.set(key, request);
    else if (there instanceof RequestsByTime) there.add(request);
    else {
      const both = new RequestsByTime<Request>();
      both.add(there);
      both.add(request);
      this.#byKey.set(key, both);
    }
  }

  delete(key: string, request: Request): void {
    const there = this.#byKey.get(key);
    if (there === request) this.#byKey.delete(key);
    else if (there instanceof RequestsByTime) {
      there.delete(request);
      if (there.size === 0) this.#byKey.delete(key);
    }
  }

  /** As `RequestsByTime.findNearest`. */
  findNearest(key: string, moment: number, within: number, fits: (request: Request) => boolean): Request | undefined {
    const there = this.#byKey.get(key);
    if (there === undefined || there instanceof RequestsByTime) return there?.findNearest(moment, within, fits);
    return Math.abs(there.started - moment) <= within && fits(there) ? there : undefined;
  }
}
