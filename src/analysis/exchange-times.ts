import { type Connection, compareTimestamps, type ExchangeTimes, type Timestamp } from "../model/index.ts";

/** Times of how the connection was made, on its first exchange: the transport's and TLS's handshakes. */
export function transportTimes(connection: Connection): ExchangeTimes {
  const { dialled, opened, tls } = connection;
  return {
    ...(dialled && { connectStart: dialled }),
    ...(opened && { connectEnd: opened }),
    ...(tls?.started && { tlsStart: tls.started }),
    ...(tls?.finished && { tlsEnd: tls.finished }),
  };
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
  return earlier === undefined || later === undefined || compareTimestamps(earlier, later) <= 0;
}
