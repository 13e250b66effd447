import type { Timestamp } from "../../model/index.ts";

/** RFC 3339 (as HAR and proto3's JSON have it), to the nanosecond; undefined for anything else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:?\d\d)$/.exec(text);
  if (match === null) return undefined;
  const zone = match[3]!.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2");
  if (!isOfCalendar(match[1]!)) return undefined;
  const millis = Date.parse(`${match[1]}${zone}`.toUpperCase());
  if (Number.isNaN(millis)) return undefined;
  return { seconds: Math.floor(millis / 1000), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
}

/** Whether that day is in that month, and that time in a day: `Date.parse` makes 2 March of 30 February. */
function isOfCalendar(text: string): boolean {
  const [year, month, day, hour, minute, second] = text.split(/[-:Tt]/).map(Number) as [number, number, ...number[]];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour! < 24 && minute! < 60 && second! < 60;
}
