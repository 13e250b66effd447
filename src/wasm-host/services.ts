import { NO_CALLS } from "./calls.ts";
import type { HostServices } from "./context.ts";
import { Metrics } from "./metrics.ts";
import { SharedState } from "./shared-state.ts";

/** The surroundings of a machine, with what is not given: no clusters, no log, the wall clock, timers that keep no process alive. */
export function createServices(given: Partial<HostServices> = {}): HostServices {
  return {
    calls: NO_CALLS,
    metrics: new Metrics(),
    shared: new SharedState(),
    log: () => {},
    now: () => BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
    timers: {
      every(millis, run) {
        const timer = setInterval(run, millis);
        timer.unref();
        return () => clearInterval(timer);
      },
    },
    micros: () => performance.now() * 1000,
    logLevel: "trace",
    emptyMapAs: 0,
    ...given,
  };
}
