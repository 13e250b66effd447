import type { Upstream } from "../cluster/upstream.ts";
import type { ListenerConfig } from "../config/config.ts";
import { listChains } from "../config/listener/list-chains.ts";
import type { Counter } from "../counters.ts";
import type { ProxyRuntime } from "../runtime.ts";
import { nameListenerStatistic } from "../statistic-names.ts";
import { ChainRuntime } from "./chain-runtime.ts";
import { ChainMatcher, type ChainQuestion } from "./match-filter-chain.ts";

/** The run-time form of a listener's configuration, shared by the sessions of its connections. */
export class ListenerRuntime {
  readonly config: ListenerConfig;
  readonly runtime: ProxyRuntime;
  readonly #chains: readonly ChainRuntime[];
  readonly #matcher: ChainMatcher;

  /** @throws TaplineError `configuration` */
  constructor(config: ListenerConfig, runtime: ProxyRuntime, upstreamNamed: (name: string) => Upstream) {
    this.config = config;
    this.runtime = runtime;
    this.#chains = listChains(config).map((chain) => new ChainRuntime(config, chain, runtime, upstreamNamed));
    this.#matcher = new ChainMatcher(config.filterChains.map(({ match }) => match));
  }

  /** The filter chain of a connection; undefined where none takes it. */
  chooseChain(question: ChainQuestion): ChainRuntime | undefined {
    const index = this.#matcher.find(question);
    if (index !== undefined) return this.#chains[index];
    return this.config.defaultFilterChain === undefined ? undefined : this.#chains.at(-1);
  }

  /** Another configuration takes new connections. */
  retire(): void {
    for (const chain of this.#chains) chain.retire();
  }

  /** The shortest time after which an idle connection is closed, in milliseconds; 0: none is. */
  get shortestIdleMillis(): number {
    const all = this.#chains.map(({ chain }) => chain.networkFilter.idleTimeoutMillis).filter((millis) => millis > 0);
    return all.length === 0 ? 0 : Math.min(...all);
  }

  /** Envoy's statistics under `listener.ADDRESS.`. */
  counter(name: string): Counter {
    return this.runtime.counters.counter(nameListenerStatistic(this.config.address, name));
  }
}
