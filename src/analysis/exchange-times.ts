import {
  type Connection,
  compareTimestamps,
  type Exchange,
  type ExchangeTimes,
  isKnownTime,
  type Timestamp,
} from "../model/index.ts";

/** The exchange without those of its times that are no moments; they are named (the problem `time-unknown`). */
export function withKnownTimes(exchange: Exchange): Exchange {
  const { times } = exchange;
  for (const name in times)
    if (!isKnownTime(times[name as keyof ExchangeTimes]!))
      return {
        ...exchange,
        times: Object.fromEntries(Object.entries(times).filter(([, time]) => isKnownTime(time as Timestamp))),
        problems: [...exchange.problems, "time-unknown"],
      };
  return exchange;
}

/** Times of how the connection was made, on its first exchange: the transport's and TLS's handshakes. */
export function transportTimes(connection: Connection): ExchangeTimes {
  const { dialled, opened, tls } = connection;
  const times: { -readonly [Name in keyof ExchangeTimes]: ExchangeTimes[Name] } = {};
  if (dialled !== undefined) times.connectStart = dialled;
  if (opened !== undefined) times.connectEnd = opened;
  if (tls?.started !== undefined) times.tlsStart = tls.started;
  if (tls?.finished !== undefined) times.tlsEnd = tls.finished;
  return times;
}

/**
 * A moment that must come later stands before another: packets were captured in the wrong order, or the two directions by clocks that
 * disagree (the problem `times-disagree`). Durations that depend on it are unknown.
 */
export function timesDisagree(times: ExchangeTimes): boolean {
  const { requestStart, requestEnd, responseStart, responseEnd } = times;
  return !(
    inOrder(requestStart, requestEnd) &&
    inOrder(requestStart, responseStart) &&
    inOrder(requestStart, responseEnd) &&
    inOrder(responseStart, responseEnd)
  );
}

function inOrder(earlier: Timestamp | undefined, later: Timestamp | undefined): boolean {
  if (earlier === undefined || later === undefined || !isKnownTime(earlier) || !isKnownTime(later)) return true;
  return compareTimestamps(earlier, later) <= 0;
}
