import type {
  Connection,
  ConnectionTap,
  Ledger,
  MemoryBudget,
  SocketEvent,
  SocketObserver,
} from "../../model/index.ts";
import type { ActiveTap } from "../active-tap.ts";
import type { SocketTapConfig } from "../config/tap-config.ts";
import type { StreamMatch } from "../match/matcher.ts";
import { TapCounters } from "../tap-counters.ts";
import { BufferedSocketTapper } from "./buffered-socket-tapper.ts";
import { StreamedSocketTapper } from "./streamed-socket-tapper.ts";

export interface SocketTapOptions {
  /** The configurations in force now: none before a request to `/tap` (`admin_config`), several with several of those. */
  readonly current: () => readonly ActiveTap[];
  readonly socket: Pick<SocketTapConfig, "setConnectionPerEvent">;
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

  #tap(connection: Connection, active: ActiveTap): SocketObserver | undefined {
    if (!active.sampler.draws(this.#random())) {
      this.counters.sampledOut++;
      return undefined;
    }
    if (!active.matcher.hasExpressions) return active.matchesConnections ? this.#record(connection, active) : undefined;
    const match = active.matcher.start(connection, "made");
    if (match.mightChange) return new UndecidedConnection(match, () => this.#record(connection, active));
    return match.matches ? this.#record(connection, active) : undefined;
  }

  #record(connection: Connection, { config, sampler, sink }: ActiveTap): SocketObserver | undefined {
    if (!sampler.admits()) {
      this.counters.sampledOut++;
      return undefined;
    }
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

/** A connection of which an expression wants to know what TLS will agree on: it is decided when the connection is open. */
class UndecidedConnection implements SocketObserver {
  readonly #match: StreamMatch;
  readonly #record: () => SocketObserver | undefined;
  #tapper: SocketObserver | undefined;

  constructor(match: StreamMatch, record: () => SocketObserver | undefined) {
    this.#match = match;
    this.#record = record;
  }

  observe(event: SocketEvent): void {
    if (event.kind === "open") {
      this.#match.onOpen();
      if (this.#match.matches) this.#tapper = this.#record();
    }
    this.#tapper?.observe(event);
  }
}
