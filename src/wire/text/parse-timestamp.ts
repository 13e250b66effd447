import type { Timestamp } from "../../model/index.ts";

/**
 * RFC 3339 (as HAR and proto3's JSON have it), to the nanosecond; undefined for anything else. A leap second, 23:59:60 in UTC, is the
 * first second of the next day, as in POSIX.
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:)(\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:?\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [, minute = "", second, fraction = "", offset = ""] = match;
  const began = secondsOf(minute, offset);
  if (began === undefined || Number(second) > 60) return undefined;
  const seconds = began + Number(second);
  if (second === "60" && seconds % 86_400 !== 0) return undefined;
  return { seconds, nanos: Number(fraction.padEnd(9, "0")) };
}

/** Most texts that are read one after the other are of the same minute. */
let last: { readonly minute: string; readonly offset: string; readonly seconds: number | undefined } | undefined;

/** When a minute began, in seconds since the epoch. */
function secondsOf(minute: string, offset: string): number | undefined {
  if (last?.minute === minute && last.offset === offset) return last.seconds;
  const zone = offset.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2");
  const millis = isOfCalendar(minute) ? Date.parse(`${minute}00${zone}`.toUpperCase()) : Number.NaN;
  last = { minute, offset, seconds: Number.isNaN(millis) ? undefined : Math.floor(millis / 1000) };
  return last.seconds;
}

/** Whether that day is in that month, and that time in a day: `Date.parse` makes 2 March of 30 February. */
function isOfCalendar(text: string): boolean {
  const [year, month, day, hour, minute] = text.split(/[-:Tt]/).map(Number) as [number, number, ...number[]];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour! < 24 && minute! < 60;
}
