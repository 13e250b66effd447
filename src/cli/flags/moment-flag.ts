import type { Moment } from "../../analysis/pipeline/time-window.ts";
import { addNanos, TaplineError, type Timestamp, timestampFromMillis } from "../../model/index.ts";
import { parseTimestamp } from "../../wire/text/parse-timestamp.ts";
import { ZonedTime } from "../../wire/text/zoned-time.ts";
import { parseSpan } from "./time-values.ts";

/** The clock of `--tz`; the system's where none is named. @throws TaplineError (`usage`) */
export function readZone(zone: string | undefined): ZonedTime {
  if (zone === undefined || zone === "local") return new ZonedTime();
  try {
    return new ZonedTime(zone);
  } catch {
    throw new TaplineError("usage", `--tz ${zone}: there is no such time zone`, {
      hint: "Europe/Berlin, UTC, +02:00, or local",
    });
  }
}

/**
 * A moment in any common form: RFC 3339 and parts of it (`2026-01-31T12:00:00.5Z`, `2026-01-31 12:00`, `2026-01-31`), a time of the day
 * that is looked at (`12:00`, `02:13:05.250`), seconds, milliseconds or nanoseconds since 1970, how long ago (`10m`, `1h30m`, `2d`), `now`, `today`,
 * `yesterday`, and HTTP's dates. Without a zone of its own it is of the clock's.
 * @throws TaplineError (`usage`)
 */
export function readMoment(flag: string, text: string, clock: ZonedTime, now = Date.now()): Moment {
  const trimmed = text.trim();
  const fixed = readFixed(trimmed, clock, now);
  if (fixed !== undefined) return () => fixed;
  const time = readTimeOfDay(trimmed);
  if (time !== undefined) return (first) => clock.parse(`${dayOf(first, clock)}T${time}`) ?? first;
  throw new TaplineError("usage", `${flag} ${text}: expected a time`, {
    hint: "2026-01-31T12:00:00Z, '2026-01-31 12:00', 12:00, 1769860800, 10m (ago), today",
  });
}

function readFixed(text: string, clock: ZonedTime, now: number): Timestamp | undefined {
  const present = timestampFromMillis(now);
  const ago = parseSpan(text.replace(/\s*ago$/, ""));
  if (ago !== undefined) return addNanos(present, -ago);
  if (text === "now") return present;
  if (text === "today") return clock.parse(`${dayOf(present, clock)}T00:00:00`);
  if (text === "yesterday") return clock.parse(`${dayOf(timestampFromMillis(now - 86_400_000), clock)}T00:00:00`);
  const epoch = readEpoch(text);
  if (epoch !== undefined) return epoch;
  const [, date, rest = ""] = /^(\d{4}[-/]\d\d[-/]\d\d)(?:[T ](.*))?$/i.exec(text) ?? [];
  if (date !== undefined) {
    const [, time = "00:00:00", zone] = /^(.*?)\s*(Z|UTC|[+-]\d\d:?\d\d)?$/i.exec(rest)!;
    const clockTime = time === "" ? "00:00:00" : readTimeOfDay(time);
    if (clockTime === undefined) return undefined;
    const local = `${date.replaceAll("/", "-")}T${clockTime}`;
    if (zone === undefined) return parseTimestamp(`${local}Z`) && clock.parse(local);
    return parseTimestamp(local + (/utc/i.test(zone) ? "Z" : zone.toUpperCase()));
  }
  return readNamedMonth(text, clock);
}

/**
 * HTTP's dates (RFC 9110 section 5.6.7), those of web servers' logs, and of `date`: `Sat, 31 Jan 2026 12:00:00 GMT`,
 * `31/Jan/2026:12:00:00 +0100`, `Sat Jan 31 12:00:00 2026`.
 */
function readNamedMonth(text: string, clock: ZonedTime): Timestamp | undefined {
  if (!/^[A-Za-z]{3,9},? |^\d{1,2}[ /][A-Za-z]{3}/.test(text)) return undefined;
  const spaced = text.replace(/^(\d{1,2})\/([A-Za-z]{3})\/(\d{4}):/, "$1 $2 $3 ");
  const zone = ZONE.exec(spaced);
  const local = zone === null ? spaced : spaced.replace(ZONE, "");
  const shown = Date.parse(`${local} UTC`);
  // `Date.parse` makes 2 March of 30 February.
  if (Number.isNaN(shown) || new Date(shown).getUTCDate() !== Number(/\b\d{1,2}\b/.exec(local)?.[0])) return undefined;
  if (zone === null) return clock.parse(new Date(shown).toISOString().slice(0, "2026-01-31T12:00:00".length));
  const millis = Date.parse(spaced);
  return Number.isNaN(millis) ? undefined : timestampFromMillis(millis);
}

/** Zones that `Date.parse` knows. */
const ZONE = / (?:GMT|UTC?|Z|[ECMP][SD]T)?(?:[+-]\d\d:?\d\d)?(?= \d{4}$|$)(?<! )/;

/** Seconds with a fraction, or a whole number of milliseconds, microseconds or nanoseconds: told by its digits. */
function readEpoch(text: string): Timestamp | undefined {
  const [, digits, fraction = ""] = /^(\d{9,19})(?:\.(\d{1,9})\d*)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const places = digits.length <= 11 ? 0 : digits.length <= 14 ? 3 : digits.length <= 17 ? 6 : 9;
  const seconds = digits.slice(0, digits.length - places);
  return {
    seconds: Number(seconds),
    nanos: Number((digits.slice(seconds.length) + fraction).slice(0, 9).padEnd(9, "0")),
  };
}

/** `12:00`, `12:00:05`, `12:00:05.25` as `12:00:05.25`. */
function readTimeOfDay(text: string): string | undefined {
  const [, hour, minute, second = "00", fraction] = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?$/.exec(text) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return `${hour.padStart(2, "0")}:${minute}:${second}${fraction === undefined ? "" : `.${fraction}`}`;
}

function dayOf(time: Timestamp, clock: ZonedTime): string {
  return clock.format(time)?.split(" ")[0] ?? "1970-01-01";
}
