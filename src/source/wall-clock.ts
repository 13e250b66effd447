import type { Timestamp } from "../model/index.ts";

/** How far the monotonic clock may drift from the wall clock before it is set anew, in milliseconds. */
const MAX_DRIFT_MILLIS = 5;
const CHECK_EVERY_MILLIS = 1000;

let offsetMillis = performance.timeOrigin;
let nextCheck = 0;

/**
 * Now, to the microsecond (Envoy's resolution): the monotonic clock on top of the wall clock at the start, moved when the wall
 * clock was set. `Date.now()` alone has milliseconds, too coarse to order events.
 */
export function readWallClock(): Timestamp {
  const elapsed = performance.now();
  if (elapsed >= nextCheck) synchronize(elapsed);
  const micros = Math.floor((offsetMillis + elapsed) * 1000);
  const seconds = Math.floor(micros / 1e6);
  return { seconds, nanos: (micros - seconds * 1e6) * 1000 };
}

function synchronize(elapsed: number): void {
  nextCheck = elapsed + CHECK_EVERY_MILLIS;
  const drift = Date.now() - (offsetMillis + elapsed);
  if (Math.abs(drift) > MAX_DRIFT_MILLIS) offsetMillis += drift;
}
