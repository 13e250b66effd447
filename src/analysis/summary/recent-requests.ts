import { type Exchange, elapsedNanos } from "../../model/index.ts";
import { LatencySketch } from "../latency/latency-sketch.ts";
import { rowOf } from "../protocols/index.ts";

/** The requests of the last minute in numbers. */
export interface RecentNumbers {
  /** Since the start. */
  readonly total: number;
  /** In the last minute, as all below. */
  readonly requests: number;
  readonly perSecond: number;
  /** Outcome `error` or `none`. */
  readonly errors: number;
  /** Nanoseconds, within 1 %; undefined where no duration is known. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

interface Slot {
  /** The number of slots since the start that were before it; those of a minute ago are written over. */
  number: number;
  requests: number;
  errors: number;
  latency: LatencySketch;
}

/**
 * Counts what comes now: the last minute, in twelve slots of five seconds (of the one that is under way, what came so far). Each exchange
 * counts, views of one request too: it is for what one place sees.
 */
export class RecentRequests {
  readonly #now: () => number;
  readonly #started: number;
  readonly #slots: Slot[];
  #total = 0;

  /** @param now a moment in milliseconds that never goes back */
  constructor(now: () => number) {
    this.#now = now;
    this.#started = now();
    this.#slots = Array.from({ length: SLOTS }, () => emptySlot(-1));
  }

  add(exchange: Exchange): void {
    const number = this.#number();
    let slot = this.#slots[number % SLOTS]!;
    if (slot.number !== number) {
      slot = emptySlot(number);
      this.#slots[number % SLOTS] = slot;
    }
    this.#total++;
    slot.requests++;
    const result = rowOf(exchange).outcome(exchange)?.result;
    if (result === "error" || result === "none") slot.errors++;
    const nanos = elapsedNanos(exchange.times.requestStart, exchange.times.responseEnd);
    if (nanos !== undefined) slot.latency.add(nanos);
  }

  get numbers(): RecentNumbers {
    const now = this.#number();
    const latency = new LatencySketch();
    let [requests, errors] = [0, 0];
    for (const slot of this.#slots) {
      if (slot.number <= now - SLOTS || slot.number < 0) continue;
      requests += slot.requests;
      errors += slot.errors;
      latency.merge(slot.latency);
    }
    const elapsed = this.#now() - this.#started;
    const covered = Math.min(elapsed, (SLOTS - 1) * SLOT_MILLIS + (elapsed % SLOT_MILLIS));
    return {
      ...{ total: this.#total, requests, errors },
      perSecond: covered < 1 ? 0 : (requests * 1000) / Math.max(1000, covered),
      p50: latency.quantile(0.5),
      p99: latency.quantile(0.99),
    };
  }

  #number(): number {
    return Math.floor((this.#now() - this.#started) / SLOT_MILLIS);
  }
}

const SLOTS = 12;
const SLOT_MILLIS = 5000;

function emptySlot(number: number): Slot {
  return { number, requests: 0, errors: 0, latency: new LatencySketch() };
}
