import type { PendingExchange } from "../pending-exchange.ts";
import { loseResponse, moveResponse } from "./given-responses.ts";

// These are asked with every message: without an array, or a function, of their own.

/** So many have no response yet. */
export function countOpen(waiting: readonly PendingExchange[]): number {
  let count = 0;
  for (let i = 0; i < waiting.length; i++) if (!waiting[i]!.responseOver) count++;
  return count;
}

/**
 * So many requests have no response yet, as far as their client knows.
 * @param hasAll it has received all that came: where the end of a response is not known, since its request was not seen, it is over
 */
export function countUnanswered(waiting: readonly PendingExchange[], hasAll: boolean): number {
  let count = 0;
  for (let i = 0; i < waiting.length; i++) {
    const { responseOver, request, response } = waiting[i]!;
    if (!responseOver && !(hasAll && request === undefined && response !== undefined)) count++;
  }
  return count;
}

export function firstOpen(waiting: readonly PendingExchange[]): PendingExchange | undefined {
  for (let i = 0; i < waiting.length; i++) if (!waiting[i]!.responseOver) return waiting[i];
  return undefined;
}

/** So many may be answered by who had received so much of the requests. */
export function countAnswerable(waiting: readonly PendingExchange[], received: number): number {
  let count = 0;
  for (const { responseOver, start } of waiting)
    if (!responseOver && (start === undefined || start < received)) count++;
  return count;
}

/** Moves the responses from there on to the exchanges after theirs, where the last has none. */
export function moveLater(waiting: readonly PendingExchange[], from: number): void {
  let to = from;
  while (to < waiting.length && (waiting[to]!.responseOver || waiting[to]!.response !== undefined)) to++;
  if (to === waiting.length) return;
  for (let i = to; i > from; i--) moveResponse(waiting[i - 1]!, waiting[i]!);
  loseResponse(waiting[from]!);
}
