import { addNanos, type ExchangeTimes, type Timestamp } from "../../../model/index.ts";
import type { Fields } from "../../../wire/json/fields.ts";
import { parseTimestamp } from "../../../wire/text/parse-timestamp.ts";

/** Back from HAR's durations to moments. */
export function readHarTimes(entry: Fields): ExchangeTimes {
  const started = parseTimestamp(entry.text("startedDateTime") ?? "");
  if (started === undefined || entry.flag("_timeUnknown") === true) return {};
  const timings = entry.object("timings");
  const millis = (name: string): number => Math.max(0, timings.number(name) ?? 0);
  const after = (moment: Timestamp, ms: number): Timestamp =>
    addNanos(moment, Math.round(Math.min(ms, MAX_MILLIS) * 1e6));
  const connects = (timings.number("connect") ?? -1) >= 0;
  const [connect, ssl] = [millis("connect"), timings.number("ssl") ?? -1];
  const requestStart = after(started, millis("blocked") + millis("dns") + connect);
  const requestEnd = after(requestStart, millis("send"));
  const responseStart = after(requestEnd, millis("wait"));
  // Ours begins with the connection, whose blocked time comes last.
  const connectEnd = after(started, connect);
  return {
    ...(connects && {
      connectStart: started,
      connectEnd: ssl >= 0 ? after(started, Math.max(0, connect - ssl)) : connectEnd,
    }),
    ...(connects && ssl >= 0 && { tlsStart: after(started, Math.max(0, connect - ssl)), tlsEnd: connectEnd }),
    requestStart,
    requestEnd,
    responseStart,
    responseEnd: after(responseStart, millis("receive")),
  };
}

/** 30 years: what is more is no duration. */
const MAX_MILLIS = 1e12;
