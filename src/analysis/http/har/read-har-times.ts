import { addNanos, type ExchangeTimes, type Timestamp } from "../../../model/index.ts";
import type { Fields } from "../../../wire/json/fields.ts";
import { parseTimestamp } from "../../../wire/text/parse-timestamp.ts";

/**
 * Back from HAR's durations to moments. A duration that is negative, absent or no duration is unknown (Playwright writes -1 for all of
 * them), and what follows it is known only where `time` says it. Without a response there are no moments of one.
 */
export function readHarTimes(entry: Fields, hasResponse: boolean): ExchangeTimes {
  const started = parseTimestamp(entry.text("startedDateTime") ?? "");
  if (started === undefined || entry.flag("_timeUnknown") === true) return {};
  const timings = entry.object("timings");
  const [connect, ssl] = [readMillis(timings, "connect"), readMillis(timings, "ssl")];
  const before = (readMillis(timings, "blocked") ?? 0) + (readMillis(timings, "dns") ?? 0) + (connect ?? 0);
  const requestStart = after(started, before);
  const requestEnd = after(requestStart, readMillis(timings, "send"));
  const handshakes = connect === undefined ? {} : readHandshakes(started, connect, ssl);
  if (!hasResponse) return { ...handshakes, requestStart, ...(requestEnd && { requestEnd }) };
  const responseStart = after(requestEnd ?? requestStart, readMillis(timings, "wait"));
  const responseEnd =
    after(responseStart, readMillis(timings, "receive")) ?? after(started, readMillis(entry, "time") || undefined);
  return {
    ...handshakes,
    requestStart,
    ...(requestEnd && { requestEnd }),
    ...(responseStart && { responseStart }),
    ...(responseEnd && { responseEnd }),
  };
}

/** Ours begins with the connection, whose blocked time comes last. */
function readHandshakes(connectStart: Timestamp, connect: number, ssl: number | undefined): ExchangeTimes {
  const end = after(connectStart, connect);
  if (ssl === undefined) return { connectStart, connectEnd: end };
  const tlsStart = after(connectStart, Math.max(0, connect - ssl));
  return { connectStart, connectEnd: tlsStart, tlsStart, tlsEnd: end };
}

function after(moment: Timestamp, millis: number): Timestamp;
function after(moment: Timestamp | undefined, millis: number | undefined): Timestamp | undefined;
function after(moment: Timestamp | undefined, millis: number | undefined): Timestamp | undefined {
  return moment && millis !== undefined ? addNanos(moment, Math.round(millis * 1e6)) : undefined;
}

function readMillis(fields: Fields, name: string): number | undefined {
  const millis = fields.number(name);
  return millis !== undefined && millis >= 0 && millis <= MAX_MILLIS ? millis : undefined;
}

/** 30 years: what is more is no duration. */
const MAX_MILLIS = 1e12;
