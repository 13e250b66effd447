import { duration } from "../analysis/filter/attributes/measures.ts";
import { findApplication, type HttpExchange } from "../model/index.ts";
import type { Sampling, TapConfig } from "./config/tap-config.ts";

/**
 * Chooses which of the traces that match are kept: each with the configured probability, no more of those a second than the limit,
 * and those besides whose outcome is asked for.
 *
 *     begins ─ drawn? ──yes──────────▶ matches ─ room in this second? ──▶ kept
 *                └─no, outcome counts ▶ matches ─ ended: failed, slow? ──▶ kept
 */
export class TraceSampler {
  readonly #sampling: Sampling | undefined;
  readonly #maxPerSecond: number | undefined;
  readonly #keepErrors: boolean;
  readonly #keepSlowerThanNanos: number | undefined;
  readonly #now: () => number;
  #tokens: number;
  #filledAt: number;

  /** @param now milliseconds, of a clock that never goes back */
  constructor({ sampling, selection }: Pick<TapConfig, "sampling" | "selection">, now = () => performance.now()) {
    this.#sampling = sampling;
    this.#maxPerSecond = selection?.maxPerSecond;
    this.#keepErrors = selection?.keepErrors ?? false;
    const millis = selection?.keepSlowerThanMillis;
    this.#keepSlowerThanNanos = millis === undefined ? undefined : millis * 1e6;
    this.#now = now;
    this.#tokens = this.#capacity;
    this.#filledAt = now();
  }

  /** Whether a stream that begins is one of those that the rate takes. @param random in [0, 1) */
  draws(random: number): boolean {
    return this.#sampling === undefined || random * this.#sampling.denominator < this.#sampling.numerator;
  }

  /** Whether a stream that was not drawn, or found no room, may be kept when it has ended. */
  get looksAtOutcomes(): boolean {
    return this.#keepErrors || this.#keepSlowerThanNanos !== undefined;
  }

  /** Whether there is room for one more of those that were drawn; it is taken then. */
  admits(): boolean {
    if (this.#maxPerSecond === undefined) return true;
    const now = this.#now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) / 1000) * this.#maxPerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whether it is kept for what became of it. */
  keeps(exchange: HttpExchange): boolean {
    if (this.#keepErrors && isFailed(exchange)) return true;
    return this.#keepSlowerThanNanos !== undefined && (duration(exchange) ?? -1) >= this.#keepSlowerThanNanos;
  }

  /** The most that may be saved up: a second's worth, and at least one trace. */
  get #capacity(): number {
    return Math.max(1, this.#maxPerSecond ?? 1);
  }
}

function isFailed(exchange: HttpExchange): boolean {
  const { response, problems, quality } = exchange;
  const grpc = findApplication(exchange, "grpc");
  if (response === undefined || (response.status ?? 0) >= 500 || (grpc?.status ?? 0) !== 0) return true;
  return quality === "unfinished" || problems.some((problem) => /^reset:(?!NO_ERROR)/.test(problem));
}
