import type { Timestamp } from "../../../model/index.ts";

/** Makes moments of CLOCK_MONOTONIC, as the kernel's programs tell them, into wall-clock time. */
export class WallTime {
  #seconds = 0;
  #nanos = 0;

  /** @param boot when CLOCK_MONOTONIC was 0, where another one has found that */
  constructor(boot?: Timestamp) {
    this.adjust();
    if (boot === undefined) return;
    this.#seconds = boot.seconds;
    this.#nanos = boot.nanos;
  }

  /** The clock may have been set since, or the machine have slept: to be called now and then. */
  adjust(): void {
    const monotonic = process.hrtime.bigint();
    const wall = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n;
    const boot = wall - monotonic;
    this.#seconds = Number(boot / 1_000_000_000n);
    this.#nanos = Number(boot % 1_000_000_000n);
  }

  /** When CLOCK_MONOTONIC was 0. */
  get boot(): Timestamp {
    return { seconds: this.#seconds, nanos: this.#nanos };
  }

  /** @param monotonic nanoseconds */
  at(monotonic: number): Timestamp {
    const seconds = Math.floor(monotonic / 1e9);
    const nanos = monotonic - seconds * 1e9 + this.#nanos;
    return nanos >= 1e9
      ? { seconds: this.#seconds + seconds + 1, nanos: nanos - 1e9 }
      : { seconds: this.#seconds + seconds, nanos };
  }
}
