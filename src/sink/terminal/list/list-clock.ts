import type { Timestamp } from "../../../model/index.ts";
import type { ZonedTime } from "../../../wire/text/zoned-time.ts";

/** Times of the lines of a list: `14:03:07.123`, with their day from the first line on that is of another day than the first. */
export class ListClock {
  readonly #clock: ZonedTime;
  #day: string | undefined;
  #showsDay = false;

  constructor(clock: ZonedTime) {
    this.#clock = clock;
  }

  /** `-` where there is none. */
  format(time: Timestamp | undefined): string {
    const text = time && this.#clock.format(time);
    if (text === undefined) return "-";
    const { day } = this.#clock;
    this.#day ??= day;
    this.#showsDay ||= day !== this.#day;
    return this.#showsDay ? text : text.slice("2026-01-31 ".length);
  }
}
