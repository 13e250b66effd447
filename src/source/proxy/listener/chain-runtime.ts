import type { ConnectionTap } from "../../../model/index.ts";
import { innermost } from "../../dial/transport-socket.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { FilterChainConfig, ListenerConfig } from "../config/config.ts";
import type { Counter } from "../counters.ts";
import { HttpServers } from "../routed/client/http-servers.ts";
import { Router } from "../routed/router.ts";
import type { ProxyRuntime } from "../runtime.ts";
import { nameFilterStatistic, nameListenerStatistic } from "../statistic-names.ts";
import { TlsAcceptor } from "../tls/tls-acceptor.ts";

/** The run-time form of a filter chain, shared by the connections that it takes. */
export class ChainRuntime {
  readonly config: ListenerConfig;
  readonly chain: FilterChainConfig;
  readonly runtime: ProxyRuntime;
  readonly taps: readonly ConnectionTap[];
  readonly acceptor: TlsAcceptor | undefined;
  /** A cluster by its name, as of now. */
  readonly upstreamNamed: (name: string) => Upstream;
  /** Where requests go, of an HTTP connection manager. */
  readonly router: Router | undefined;
  readonly servers = new HttpServers();
  /** How many of its connections are open: what its limits are about. */
  openConnections = 0;
  #isRetired = false;

  /** @throws TaplineError `configuration` */
  constructor(
    config: ListenerConfig,
    chain: FilterChainConfig,
    runtime: ProxyRuntime,
    upstreamNamed: (name: string) => Upstream,
  ) {
    this.config = config;
    this.chain = chain;
    this.runtime = runtime;
    this.upstreamNamed = upstreamNamed;
    const { transportSocket, transportSocketConnectTimeoutMillis: timeoutMillis, networkFilter } = chain;
    const transport = innermost(transportSocket);
    this.acceptor =
      transport.kind === "tls"
        ? new TlsAcceptor(transport.tls, {
            log: runtime.sparseLog,
            ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
          })
        : undefined;
    this.router =
      networkFilter.kind === "tcp-proxy"
        ? undefined
        : new Router(networkFilter, runtime, (name) => upstreamNamed(name));
    const httpTaps = networkFilter.kind === "http-connection-manager" ? runtime.createHttpTaps(networkFilter) : [];
    this.taps = [...runtime.createTaps(transportSocket), ...httpTaps];
  }

  /** A connection that it took is over. */
  connectionOver(): void {
    this.openConnections--;
    if (this.#isRetired && this.openConnections === 0) this.router?.stop();
  }

  /** Takes no more connections: what it keeps for later requests is closed with the last one. */
  retire(): void {
    this.#isRetired = true;
    if (this.openConnections === 0) this.router?.stop();
  }

  /** The cluster that a new connection goes to: by weight, where there are several. */
  chooseUpstream(): Upstream {
    const { clusters } = this.chain.networkFilter;
    const all = clusters.reduce((sum, { weight }) => sum + weight, 0);
    let point = clusters.length === 1 ? 0 : Math.random() * all;
    for (const { name, weight } of clusters) {
      if (point < weight) return this.upstreamNamed(name);
      point -= weight;
    }
    return this.upstreamNamed(clusters.at(-1)!.name);
  }

  /** Envoy's statistics under `listener.ADDRESS.`. */
  counter(name: string): Counter {
    return this.runtime.counters.counter(nameListenerStatistic(this.config.address, name));
  }

  /** Envoy's statistics under `tcp.PREFIX.` or `http.PREFIX.`. */
  filterCounter(name: string): Counter {
    return this.runtime.counters.counter(nameFilterStatistic(this.chain.networkFilter, name));
  }
}
