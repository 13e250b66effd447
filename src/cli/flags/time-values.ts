import { InvalidArgumentError } from "commander";
import { parseDuration } from "../../analysis/filter/duration-literal.ts";
import { addNanos, type Timestamp, timestampFromMillis } from "../../model/index.ts";
import { parseTimestamp } from "../../wire/text/parse-timestamp.ts";

/** The longest duration that is taken, in nanoseconds: some 104 days. */
const MAX_NANOS = Number.MAX_SAFE_INTEGER;

/**
 * A moment: RFC 3339 (`2026-01-31T12:00:00Z`), the same without seconds, zone (it is UTC then), time of day, or with the hour and zone alone, or how long ago it
 * was (`10m`, `1h30m`, `2d`).
 * @param now milliseconds since 1970
 */
export function parseMoment(text: string, now = Date.now()): Timestamp {
  const ago = parseSpan(text);
  if (ago !== undefined) return addNanos(timestampFromMillis(now), -ago);
  const [, date, hour = "00", minute = ":00", second = ":00", fraction = "", zone = "Z"] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}(?=[:Z+-]))(?:(:\d{2})(:\d{2})?(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/i.exec(
      text,
    ) ?? [];
  const time =
    date === undefined
      ? undefined
      : parseTimestamp(`${date}T${hour}${minute}${second}${fraction}${zone.toUpperCase()}`);
  if (time !== undefined) return time;
  throw new InvalidArgumentError("Expected a time, such as 2026-01-31T12:00:00Z, or how long ago: 10m, 1h30m, 2d.");
}

/** How many (a bare number), or how long in nanoseconds (`10m`, `1h30m`, `2d`). */
export type CountOrSpan = { readonly count: number } | { readonly nanos: number };

export function parseCountOrSpan(text: string): CountOrSpan {
  if (/^[1-9]\d{0,8}$/.test(text)) return { count: Number(text) };
  const nanos = parseSpan(text);
  if (nanos !== undefined && nanos > 0) return { nanos };
  throw new InvalidArgumentError("Expected a number from 1 on, or a time with its unit: 10m, 1h30m, 2d.");
}

/** A duration in nanoseconds; undefined for what has no unit, or is none. */
export function parseSpan(text: string): number | undefined {
  const [, days = "0", rest = ""] = /^(?:(\d{1,3})d)?([\d.hmsuµn]*)$/.exec(text) ?? [];
  if (days === "0" && rest === "") return undefined;
  const part = rest === "" ? 0 : parseDuration(rest);
  const nanos = typeof part === "number" ? part + Number(days) * 86_400e9 : Number.NaN;
  return nanos <= MAX_NANOS && !/^\d*$/.test(text) ? nanos : undefined;
}
