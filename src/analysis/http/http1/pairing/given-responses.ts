import type { PendingExchange } from "../pending-exchange.ts";

/** Its response was missed. */
export function loseResponse(exchange: PendingExchange): void {
  clearResponse(exchange);
  exchange.responseOver = true;
  exchange.addProblem("response-lost");
}

/** It waits for its response again. */
export function clearResponse(exchange: PendingExchange): void {
  exchange.response = undefined;
  exchange.events = undefined;
  exchange.responseOver = false;
  exchange.removeProblem("response-lost");
}

/** Gives what one exchange has of a response, or that it was missed, to another. */
export function moveResponse(from: PendingExchange, to: PendingExchange): void {
  const isLost = from.responseOver && from.response === undefined;
  clearResponse(to);
  if (isLost) loseResponse(to);
  to.response = from.response;
  to.events = from.events;
  to.responseOver = from.responseOver;
  if (to.response !== undefined) to.response.exchange = to;
}
