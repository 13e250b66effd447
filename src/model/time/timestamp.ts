/**
 * A moment: seconds since the Unix epoch (UTC) and nanoseconds within the second, 0 to 999 999 999. Immutable.
 * The pair is protobuf's `google.protobuf.Timestamp`, and is exact where a double would not be.
 */
export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export const EPOCH: Timestamp = { seconds: 0, nanos: 0 };

/**
 * The time of what has none: packets of a format without times, moments that are none. It lies outside of the years 1 to 9999, as
 * every moment that RFC 3339 cannot write: such moments are unknown.
 */
export const UNKNOWN_TIME: Timestamp = { seconds: 2 ** 50, nanos: 0 };

/** Whether this is a moment of the years 1 to 9999. */
export function isKnownTime({ seconds }: Timestamp): boolean {
  return seconds >= FIRST.seconds && seconds <= LAST.seconds;
}

/** `later - earlier` in nanoseconds; exact up to 104 days, negative when the order is wrong. */
export function nanosBetween(earlier: Timestamp, later: Timestamp): number {
  return (later.seconds - earlier.seconds) * 1e9 + (later.nanos - earlier.nanos);
}

/**
 * From one moment to a later one, in nanoseconds; undefined where one is not known, or where the second is before the first: then
 * the clocks (or the order of a capture) disagree, and nothing is known of the time between.
 */
export function elapsedNanos(from: Timestamp | undefined, to: Timestamp | undefined): number | undefined {
  if (from === undefined || to === undefined || !isKnownTime(from) || !isKnownTime(to)) return undefined;
  const nanos = nanosBetween(from, to);
  return nanos < 0 ? undefined : nanos;
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanos - b.nanos;
}

/** `time` moved by `nanos` nanoseconds (may be negative; at most 2^53 in size). */
export function addNanos(time: Timestamp, nanos: number): Timestamp {
  const total = time.nanos + nanos;
  const carry = Math.floor(total / 1e9);
  return { seconds: time.seconds + carry, nanos: total - carry * 1e9 };
}

/** From milliseconds since the epoch (`Date.now()`), with their fraction kept to the nanosecond as far as the double has it. */
export function timestampFromMillis(millis: number): Timestamp {
  const seconds = Math.floor(millis / 1000);
  return { seconds, nanos: Math.min(999_999_999, Math.max(0, Math.round((millis - seconds * 1000) * 1e6))) };
}

/**
 * RFC 3339 in UTC with `Z`, and 0, 3, 6 or 9 fractional digits, as few as are exact (the proto3 JSON form of a Timestamp).
 * `digits` fixes their number (the rest is cut off). A moment outside the years 1 to 9999, which it cannot write, becomes the nearest
 * that it can: captures may say anything.
 */
export function formatTimestamp(time: Timestamp, digits?: 0 | 3 | 6 | 9): string {
  const { seconds, nanos } = time.seconds < FIRST.seconds ? FIRST : time.seconds > LAST.seconds ? LAST : time;
  if (seconds !== formattedSeconds) {
    formattedDate = new Date(seconds * 1000).toISOString().slice(0, 19);
    formattedSeconds = seconds;
  }
  const shown = digits ?? (nanos === 0 ? 0 : nanos % 1e6 === 0 ? 3 : nanos % 1e3 === 0 ? 6 : 9);
  if (shown === 0) return `${formattedDate}Z`;
  return `${formattedDate}.${String(nanos).padStart(9, "0").slice(0, shown)}Z`;
}

/** Many times in a row are of the same second, and what Date makes of it takes longer than all the rest. */
let formattedSeconds = Number.NaN;
let formattedDate = "";

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999999Z. */
const FIRST: Timestamp = { seconds: -62_135_596_800, nanos: 0 };
const LAST: Timestamp = { seconds: 253_402_300_799, nanos: 999_999_999 };
