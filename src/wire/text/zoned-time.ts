import type { Timestamp } from "../../model/index.ts";

/** Writes moments as clocks of one time zone show them, and reads what such a clock says. */
export class ZonedTime {
  readonly #format: Intl.DateTimeFormat | undefined;
  #seconds = Number.NaN;
  #text: string | undefined;
  #day: string | undefined;

  /**
   * @param zone of the IANA's database (`Europe/Berlin`, `UTC`), or `+02:00`; absent: the system's
   * @throws RangeError where there is no such zone
   */
  constructor(zone?: string) {
    if (zone === undefined) return;
    this.#format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      ...{ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    });
  }

  /** `2026-01-31 14:03:07.123`; undefined for what no calendar has. */
  format({ seconds, nanos }: Timestamp): string | undefined {
    if (seconds !== this.#seconds) {
      // Many times in a row are of the same second, and what Date makes of it takes longer than all the rest of a line.
      this.#text = this.#formatSecond(seconds);
      this.#day = this.#text?.slice(0, "2026-01-31".length);
      this.#seconds = seconds;
    }
    if (this.#text === undefined) return undefined;
    const millis = Math.floor(nanos / 1e6);
    MILLIS[millis] ??= `.${String(millis).padStart(3, "0")}`;
    return this.#text + MILLIS[millis];
  }

  /** The day of the moment that was written last, `2026-01-31`. */
  get day(): string | undefined {
    return this.#day;
  }

  /** The moment at which the clock shows this, `2026-01-31T14:03:07.5`: of two such moments the first; undefined for no such time. */
  parse(local: string): Timestamp | undefined {
    const [, date, time, fraction = ""] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?$/.exec(local) ?? [];
    const asUtc = Date.parse(`${date}T${time}Z`) / 1000;
    if (!Number.isFinite(asUtc)) return undefined;
    const nanos = Number(fraction.padEnd(9, "0"));
    // A day before, at that moment and a day after hold every offset that may be in force then.
    const offsets = [-86_400, 86_400, 0].map((shift) => this.#offsetAt(asUtc + shift));
    for (const offset of new Set(offsets)) {
      const seconds = asUtc - offset;
      if (this.#formatSecond(seconds) === `${date} ${time}`) return { seconds, nanos };
    }
    // Clocks were put forward over it.
    return { seconds: asUtc - offsets[0]!, nanos };
  }

  #offsetAt(seconds: number): number {
    const text = this.#formatSecond(seconds);
    return text === undefined ? 0 : Date.parse(`${text.replace(" ", "T")}Z`) / 1000 - seconds;
  }

  #formatSecond(seconds: number): string | undefined {
    const date = new Date(seconds * 1000);
    if (Number.isNaN(date.getTime())) return undefined;
    if (this.#format !== undefined) {
      const parts = Object.fromEntries(this.#format.formatToParts(date).map(({ type, value }) => [type, value]));
      return `${parts["year"]!.padStart(4, "0")}-${parts["month"]}-${parts["day"]} ${parts["hour"]}:${parts["minute"]}:${parts["second"]}`;
    }
    const two = (value: number): string => String(value).padStart(2, "0");
    const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  }
}

/** `.000` to `.999`, as they are needed. */
const MILLIS: string[] = [];
