import type { ConnectionTap } from "../../../model/index.ts";
import { innermost } from "../../dial/transport-socket.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { ListenerConfig } from "../config/config.ts";
import type { Counter } from "../counters.ts";
import type { ProxyRuntime } from "../runtime.ts";
import { nameFilterStatistic, nameListenerStatistic } from "../statistic-names.ts";
import { TlsAcceptor } from "../tls/tls-acceptor.ts";

/** The run-time form of a listener's configuration, shared by the sessions of its connections. */
export class ListenerRuntime {
  readonly config: ListenerConfig;
  readonly runtime: ProxyRuntime;
  readonly taps: readonly ConnectionTap[];
  readonly acceptor: TlsAcceptor | undefined;
  /** The cluster that its connections go to, as of now. */
  readonly upstream: () => Upstream;

  /** @throws TaplineError `configuration` */
  constructor(config: ListenerConfig, runtime: ProxyRuntime, upstream: () => Upstream) {
    this.config = config;
    this.runtime = runtime;
    this.upstream = upstream;
    const { transportSocket, transportSocketConnectTimeoutMillis: timeoutMillis } = config.filterChain;
    const transport = innermost(transportSocket);
    this.acceptor =
      transport.kind === "tls"
        ? new TlsAcceptor(transport.tls, {
            log: runtime.sparseLog,
            ...(timeoutMillis === undefined ? {} : { timeoutMillis }),
          })
        : undefined;
    const { networkFilter } = config.filterChain;
    const httpTaps = networkFilter.kind === "http-connection-manager" ? runtime.createHttpTaps(networkFilter) : [];
    this.taps = [...runtime.createTaps(transportSocket), ...httpTaps];
  }

  /** Envoy's statistics under `listener.ADDRESS.`. */
  counter(name: string): Counter {
    return this.runtime.counters.counter(nameListenerStatistic(this.config.address, name));
  }

  /** Envoy's statistics under `tcp.PREFIX.` or `http.PREFIX.`. */
  filterCounter(name: string): Counter {
    return this.runtime.counters.counter(nameFilterStatistic(this.config.filterChain.networkFilter, name));
  }
}
