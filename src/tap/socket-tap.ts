import type { Connection, ConnectionTap, Ledger, MemoryBudget, SocketObserver } from "../model/index.ts";
import { BufferedSocketTapper } from "./buffered-socket-tapper.ts";
import type { Sampling, SocketTapConfig, TapConfig } from "./config/tap-config.ts";
import { Matcher } from "./match/matcher.ts";
import { StreamedSocketTapper } from "./streamed-socket-tapper.ts";
import { TapCounters } from "./tap-counters.ts";
import type { TraceSink } from "./trace-sink.ts";

/** A tap configuration that is in force, and where its traces go. */
export class ActiveTap {
  readonly config: TapConfig;
  readonly sink: TraceSink;
  readonly matcher: Matcher;
  /** Whether its rule is true for connections: nothing about one can change that. */
  readonly matchesConnections: boolean;

  constructor(config: TapConfig, sink: TraceSink) {
    this.config = config;
    this.sink = sink;
    this.matcher = new Matcher(config.match);
    this.matchesConnections = this.matcher.matchesConnections;
  }
}

export interface SocketTapOptions {
  /** The configurations in force now: none before a request to `/tap` (`admin_config`), several with several of those. */
  readonly current: () => readonly ActiveTap[];
  readonly socket: Pick<SocketTapConfig, "setConnectionPerEvent" | "statsPrefix">;
  /** Charged with what is kept of connections that are open. */
  readonly budget: MemoryBudget;
  readonly ledger: Ledger;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/**
 * Envoy's tap transport socket, without the socket: taps each connection with the configuration that is in force when it is
 * made, to its end, whatever becomes of the configuration.
 */
export class SocketTap implements ConnectionTap {
  readonly counters: TapCounters;
  readonly #options: SocketTapOptions;
  readonly #random: () => number;

  constructor(options: SocketTapOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.counters = new TapCounters(options.ledger);
  }

  /** In Envoy's statistics, the tap's part of a counter's name: `transport.tap.` and the configured prefix. */
  get statsName(): string {
    const { statsPrefix } = this.#options.socket;
    return statsPrefix === "" ? "transport.tap" : `transport.tap.${statsPrefix}`;
  }

  attach(connection: Connection): SocketObserver | undefined {
    const observers: SocketObserver[] = [];
    for (const active of this.#options.current()) {
      const observer = this.#tap(connection, active);
      if (observer !== undefined) observers.push(observer);
    }
    if (observers.length < 2) return observers[0];
    return {
      observe(event) {
        for (const observer of observers) observer.observe(event);
      },
    };
  }

  #tap(connection: Connection, { config, sink, matchesConnections }: ActiveTap): SocketObserver | undefined {
    if (config.sampling !== undefined && !isSampled(config.sampling, this.#random())) {
      this.counters.sampledOut++;
      return undefined;
    }
    if (!matchesConnections) return undefined;
    const options = {
      connection,
      config,
      setConnectionPerEvent: this.#options.socket.setConnectionPerEvent,
      budget: this.#options.budget,
      counters: this.counters,
      handle: sink.open({ id: connection.id, connection }),
    };
    return config.output.streaming ? new StreamedSocketTapper(options) : new BufferedSocketTapper(options);
  }
}

/** Whether a random number in [0, 1) falls into the share that is tapped. */
export function isSampled({ numerator, denominator }: Sampling, random: number): boolean {
  return random * denominator < numerator;
}
