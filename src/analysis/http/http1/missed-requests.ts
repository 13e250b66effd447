import type { PendingExchange } from "./pending-exchange.ts";

/** Bytes of `GET / HTTP/1.1` and the empty line: a hole of fewer than twice as many has one request at most. */
export const MIN_REQUEST = 18;

/**
 * Lets an exchange stand for a request that was missed: the response that comes in its turn is nobody's.
 * @param mayBeAnswered the response may have been missed, too
 */
export function standForMissed(exchange: PendingExchange, mayBeAnswered: boolean): PendingExchange {
  exchange.isMissed = true;
  exchange.mayBeAnswered = mayBeAnswered;
  exchange.requestOver = true;
  exchange.addProblem("response-without-request");
  return exchange;
}

/** Nothing waits any more: the responses to requests that were missed were missed, too, where that may be. */
export function dropAnswered(waiting: PendingExchange[]): void {
  for (let i = waiting.length - 1; i >= 0; i--)
    if (waiting[i]!.mayBeAnswered && waiting[i]!.response === undefined) waiting.splice(i, 1);
}
