import type { Logger } from "../../model/index.ts";

export interface ReportedFailure {
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly lostBytes: number;
}

/** How long the log is silent about a kind of failure after it told of one. */
const SILENCE_MILLIS = 10_000;

/** Tells of failures once a kind and interval, with what was lost meanwhile. */
export class FailureLog {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #kinds = new Map<string, { silentUntil: number; untold: number; untoldBytes: number }>();

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  report({ code, path, message, lostBytes }: ReportedFailure): void {
    let kind = this.#kinds.get(code);
    if (kind === undefined) {
      kind = { silentUntil: Number.NEGATIVE_INFINITY, untold: 0, untoldBytes: 0 };
      this.#kinds.set(code, kind);
    }
    kind.untold++;
    kind.untoldBytes += lostBytes;
    const now = this.#now();
    if (now < kind.silentUntil) return;
    this.#logger.error(
      { code, path, failures: kind.untold, lostBytes: kind.untoldBytes },
      `cannot write trace files: ${message}`,
    );
    kind.silentUntil = now + SILENCE_MILLIS;
    kind.untold = 0;
    kind.untoldBytes = 0;
  }
}
