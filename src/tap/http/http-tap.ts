import type { StreamObserver } from "../../analysis/stream-observer.ts";
import type { Connection, Ledger, MemoryBudget } from "../../model/index.ts";
import type { ActiveTap } from "../active-tap.ts";
import { TapCounters } from "../tap-counters.ts";
import { BufferedHttpTapper } from "./buffered-http-tapper.ts";
import { type HttpRecordOptions, type HttpTapperContext, TappedStream } from "./http-tapper.ts";
import { StreamedHttpTapper } from "./streamed-http-tapper.ts";

export interface HttpTapOptions {
  /** The configurations in force now: none before a request to `/tap` (`admin_config`), several with several of those. */
  readonly current: () => readonly ActiveTap[];
  readonly record: HttpRecordOptions;
  readonly budget: MemoryBudget;
  readonly ledger: Ledger;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/**
 * Envoy's HTTP tap filter, without the filter: taps each stream with the configuration that is in force when it begins. It
 * sees a copy and never changes traffic, so that what Envoy's own filters would have added (`x-request-id`, …) is not there.
 */
export class HttpTap {
  readonly counters: TapCounters;
  /** Envoy's `rq_tapped`: streams that matched when they ended. */
  requestsTapped = 0;
  readonly #options: HttpTapOptions;
  readonly #random: () => number;
  readonly #contexts = new WeakMap<ActiveTap, HttpTapperContext>();

  constructor(options: HttpTapOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.counters = new TapCounters(options.ledger);
  }

  /**
   * A stream began on a downstream connection. Gives an observer for each configuration that taps it.
   * @param upstream the connection that it is forwarded on, asked for when it has ended
   */
  open(downstream: Connection, upstream: () => Connection | undefined): StreamObserver[] {
    const observers: StreamObserver[] = [];
    for (const active of this.#options.current()) {
      const observer = this.#tap(active, downstream, upstream);
      if (observer !== undefined) observers.push(observer);
    }
    return observers;
  }

  #tap(active: ActiveTap, downstream: Connection, upstream: () => Connection | undefined): StreamObserver | undefined {
    const { config, sampler } = active;
    const isDrawn = sampler.draws(this.#random());
    if (!isDrawn && !sampler.looksAtOutcomes) {
      this.counters.sampledOut++;
      return undefined;
    }
    const stream = new TappedStream(this.#contextOf(active), downstream, upstream, isDrawn);
    return config.output.streaming ? new StreamedHttpTapper(stream) : new BufferedHttpTapper(stream);
  }

  #contextOf(active: ActiveTap): HttpTapperContext {
    let context = this.#contexts.get(active);
    if (context === undefined) {
      const { budget, record } = this.#options;
      context = {
        active,
        record,
        budget,
        counters: this.counters,
        tapped: () => this.requestsTapped++,
        nextStreamId: () => this.#nextStreamId(),
      };
      this.#contexts.set(active, context);
    }
    return context;
  }

  /** Envoy's stream ids are random numbers of 64 bits. */
  #nextStreamId(): bigint {
    const half = () => BigInt(Math.floor(this.#random() * 2 ** 32));
    return (half() << 32n) | half();
  }
}
