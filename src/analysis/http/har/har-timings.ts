import { compareTimestamps, elapsedNanos, type HttpExchange, type Timestamp } from "../../../model/index.ts";

/**
 * When the entry's interval began, and its parts in milliseconds, one after the other; -1 where a part does not apply. `connect` has
 * `ssl` in it, as the format says. The handshakes belong to the first request if it was sent within a second of them: a client that
 * waited longer was idle, and its request did not wait. What was not seen takes no time; `_tapline` has the moments themselves.
 */
export function harTimings({ times }: HttpExchange): { began: Timestamp | undefined; timings: HarTimings } {
  const { tlsStart, tlsEnd, connectEnd, requestStart, requestEnd, responseStart, responseEnd } = times;
  const connectStart = times.connectStart ?? tlsStart;
  const connected = tlsEnd ?? connectEnd;
  const idle = elapsedNanos(connected, requestStart);
  const connects = connectStart !== undefined && idle !== undefined && idle <= MAX_IDLE_NANOS;
  const sent =
    requestEnd && responseStart && compareTimestamps(responseStart, requestEnd) < 0 ? responseStart : requestEnd;
  return {
    began: connects ? connectStart : requestStart,
    timings: {
      blocked: connects ? idle / 1e6 : -1,
      dns: -1,
      connect: connects ? millis(connectStart, connected, -1) : -1,
      ssl: connects ? millis(tlsStart, tlsEnd, -1) : -1,
      send: millis(requestStart, sent, 0),
      wait: millis(sent, responseStart, 0),
      receive: millis(responseStart, responseEnd, 0),
    },
  };
}

function millis(from: Timestamp | undefined, to: Timestamp | undefined, otherwise: number): number {
  const nanos = elapsedNanos(from, to);
  return nanos === undefined ? otherwise : nanos / 1e6;
}

export interface HarTimings {
  readonly blocked: number;
  readonly dns: number;
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
}

/** The parts' sum: `ssl` is a part of `connect`. */
export function totalOf({ blocked, connect, send, wait, receive }: HarTimings): number {
  return Math.max(0, blocked) + Math.max(0, connect) + send + wait + receive;
}

/** How long after its connection's handshakes a request may begin for them to be a part of it. */
const MAX_IDLE_NANOS = 1e9;
