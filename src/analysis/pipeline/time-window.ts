import { type Exchange, isKnownTime, nanosBetween, type Timestamp } from "../../model/index.ts";

/** A moment that may depend on the day that is looked at: `12:00` is of the day of the first exchange. */
export type Moment = (first: Timestamp) => Timestamp;

export interface TimeWindowOptions {
  /** The first moment that is in it. */
  readonly since?: Moment | undefined;
  /** The first moment that is not. */
  readonly until?: Moment | undefined;
}

/** Which exchanges (and flows) began in a window of time. Those whose time is not known are in none. */
export class TimeWindow {
  readonly #options: TimeWindowOptions;
  #since: Timestamp | undefined;
  #until: Timestamp | undefined;
  #isResolved = false;
  #latest: Timestamp | undefined;

  constructor(options: TimeWindowOptions) {
    this.#options = options;
  }

  /** When the last of all that were asked for began. */
  get latest(): Timestamp | undefined {
    return this.#latest;
  }

  has({ times }: Exchange): boolean {
    return this.hasTime(times.requestStart ?? times.responseStart);
  }

  hasTime(time: Timestamp | undefined): boolean {
    const { since, until } = this.#options;
    if (time === undefined || !isKnownTime(time)) return since === undefined && until === undefined;
    if (this.#latest === undefined || nanosBetween(this.#latest, time) > 0) this.#latest = time;
    if (!this.#isResolved) {
      this.#isResolved = true;
      this.#since = since?.(time);
      this.#until = until?.(time);
    }
    if (this.#since !== undefined && nanosBetween(this.#since, time) < 0) return false;
    return this.#until === undefined || nanosBetween(this.#until, time) < 0;
  }
}
