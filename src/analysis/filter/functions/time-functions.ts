import type { Timestamp } from "../../../model/index.ts";
import type { FilterFunction, FunctionTable } from "./function.ts";

/** Parts of times, in UTC or another zone (`time.getHours('Europe/Berlin')`), and of durations. */
export const TIME_FUNCTIONS: FunctionTable = {
  getFullYear: part((date) => date.getUTCFullYear()),
  getMonth: part((date) => date.getUTCMonth()),
  getDate: part((date) => date.getUTCDate()),
  getDayOfMonth: part((date) => date.getUTCDate() - 1),
  getDayOfWeek: part((date) => date.getUTCDay()),
  getDayOfYear: part(
    (date) =>
      Math.floor((Date.UTC(2000, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2000, 0, 1)) / 86_400_000) -
      (date.getUTCMonth() > 1 && !isLeap(date.getUTCFullYear()) ? 1 : 0),
  ),
  getHours: [...part((date) => date.getUTCHours()), ofDuration((nanos) => nanos / 3_600_000_000_000n)],
  getMinutes: [...part((date) => date.getUTCMinutes()), ofDuration((nanos) => nanos / 60_000_000_000n)],
  getSeconds: [...part((date) => date.getUTCSeconds()), ofDuration((nanos) => nanos / 1_000_000_000n)],
  getMilliseconds: [...part((date) => date.getUTCMilliseconds()), ofDuration((nanos) => (nanos / 1_000_000n) % 1_000n)],
};

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function part(take: (date: Date) => number): FilterFunction[] {
  return [
    { parameters: ["timestamp"], result: "int", call: (time: Timestamp) => take(new Date(millisOf(time))) },
    {
      parameters: ["timestamp", "string"],
      result: "int",
      call: (time: Timestamp, zone: string) => {
        const offset = offsetOf(millisOf(time), zone);
        return offset === undefined ? undefined : take(new Date(millisOf(time) + offset));
      },
    },
  ];
}

function millisOf({ seconds, nanos }: Timestamp): number {
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

function ofDuration(take: (nanos: bigint) => bigint): FilterFunction {
  return { parameters: ["duration"], result: "int", call: (value: number | bigint) => Number(take(BigInt(value))) };
}

/** How many milliseconds a zone is ahead of UTC at a moment: `+01:00`, `-8:00`, a name of IANA's; undefined for no zone. */
function offsetOf(millis: number, zone: string): number | undefined {
  const fixed = /^([+-]?)(\d{1,2}):(\d\d)$/.exec(zone);
  if (fixed !== null) {
    const [, sign, hours, minutes] = fixed;
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  }
  if (zone === "" || zone === "UTC") return 0;
  const format = formatOf(zone);
  if (format === undefined) return undefined;
  const parts = new Map(format.formatToParts(new Date(millis)).map(({ type, value }) => [type, Number(value)]));
  const take = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
  const local = new Date(0);
  local.setUTCFullYear(take("year"), take("month") - 1, take("day"));
  local.setUTCHours(take("hour"), take("minute"), take("second"));
  return local.getTime() - Math.floor(millis / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_FORMATS = 64;

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone);
  let format: Intl.DateTimeFormat | undefined;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      hourCycle: "h23",
      timeZone: zone,
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    format = undefined;
  }
  if (formats.size >= MAX_FORMATS) formats.delete(formats.keys().next().value!);
  formats.set(zone, format);
  return format;
}
