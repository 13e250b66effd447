import type { PendingExchange } from "../pending-exchange.ts";

/** All that wait may have another's response. */
export function doubtAll(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) {
    exchange.uncertain = true;
    exchange.guessed ||= exchange.response !== undefined;
  }
}

/** A guess by now remains one. */
export function doubtGuesses(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) exchange.uncertain ||= exchange.guessed;
}

/** One response too many may be the answer to what was missed now: it does not tell by how many these are off. */
export function keepUncertain(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) {
    if (!exchange.uncertain) continue;
    exchange.staysUncertain = true;
    exchange.guessed = false;
  }
}

/** Whose the responses are that came since the last hole will not be known. */
export function freeze(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) {
    exchange.uncertain ||= exchange.guessed && exchange.response !== undefined;
    exchange.guessed = false;
  }
}

/** The pairs that are no guess any more are held back no more. */
export function release(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) if (!exchange.uncertain) exchange.guessed = false;
}

export function releaseAll(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) exchange.guessed = false;
}

/** It is known of the client whether it pipelines, or will not be. */
export function releaseHeld(waiting: readonly PendingExchange[]): void {
  for (const exchange of waiting) exchange.isHeld = false;
}
