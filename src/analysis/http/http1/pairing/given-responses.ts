import { PendingExchange } from "../pending-exchange.ts";

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

/** Whose its response is will not be known, and as likely as not it is another's. */
export function part(exchange: PendingExchange): void {
  exchange.uncertain = true;
  exchange.isParted = true;
}

/** Leaves a parted exchange its request alone, and gives its response as an exchange of its own. */
export function takeApart(exchange: PendingExchange, id: number, index: number): PendingExchange {
  const answer = new PendingExchange(id, index);
  answer.requestOver = true;
  moveResponse(exchange, answer);
  answer.informational = exchange.informational;
  answer.addProblem("response-without-request");
  answer.addProblem("uncertain-pairing");
  exchange.informational = undefined;
  clearResponse(exchange);
  exchange.addProblem("uncertain-pairing");
  return answer;
}
