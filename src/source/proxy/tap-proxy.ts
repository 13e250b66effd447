import {
  type Endpoint,
  formatEndpoint,
  Ledger,
  type Logger,
  type MemoryBudget,
  type SocketClosed,
} from "../../model/index.ts";
import type { ClusterConfig } from "../dial/cluster-config.ts";
import { fingerprint } from "../dial/fingerprint.ts";
import { SparseLog } from "../sparse-log.ts";
import { Upstream } from "./cluster/upstream.ts";
import type { ListenerConfig, ProxyConfig } from "./config/config.ts";
import { Counters } from "./counters.ts";
import { Listener } from "./listener/listener.ts";
import { ListenerRuntime } from "./listener/listener-runtime.ts";
import { OwnAddresses } from "./own-addresses.ts";
import { OwnSockets } from "./own-sockets.ts";
import type { ProxyRuntime } from "./runtime.ts";

/** How long the first lookups of names may hold up the listeners. */
const MAX_FIRST_LOOKUP_MILLIS = 5000;

export interface TapProxyOptions {
  readonly logger: Logger;
  readonly budget: MemoryBudget;
  readonly nextConnectionId: ProxyRuntime["nextConnectionId"];
  readonly createTaps: ProxyRuntime["createTaps"];
  readonly createHttpTaps?: ProxyRuntime["createHttpTaps"];
  readonly counters?: Counters;
  readonly ledger?: Ledger;
  /** Several processes share the ports. */
  readonly reusePort?: boolean;
}

/** Runs the listeners and clusters of a configuration, and replaces them while connections go on. */
export class TapProxy {
  readonly counters: Counters;
  readonly ledger: Ledger;
  /** Addresses that this process listens on and the proxy does not connect to; whoever else listens adds its own. */
  readonly ownAddresses = new OwnAddresses();
  readonly #runtime: ProxyRuntime;
  readonly #reusePort: boolean;
  #listeners = new Map<string, Listener>();
  #upstreams = new Map<string, Upstream>();
  /** Listeners that were taken away while their connections go on. */
  readonly #retired = new Set<Listener>();
  readonly #onIdle = new Set<() => void>();
  /** Configurations are taken one after the other. */
  #running: Promise<void> = Promise.resolve();

  constructor(options: TapProxyOptions) {
    this.counters = options.counters ?? new Counters();
    this.ledger = options.ledger ?? new Ledger();
    this.#reusePort = options.reusePort ?? false;
    this.#runtime = {
      createHttpTaps: () => [],
      ...options,
      sparseLog: new SparseLog(options.logger),
      counters: this.counters,
      ledger: this.ledger,
      ownAddresses: this.ownAddresses,
      ownSockets: new OwnSockets(),
    };
  }

  /** Where it listens now, by the listener's name. */
  get addresses(): readonly { readonly name: string; readonly address: Endpoint }[] {
    return [...this.#listeners.values()].map(({ current, address }) => ({ name: current.config.name, address }));
  }

  /** The listeners' configurations that run. */
  get configurations(): readonly ListenerConfig[] {
    return [...this.#listeners.values()].map(({ current }) => current.config);
  }

  /** How many connections are being served. */
  get connectionCount(): number {
    let count = 0;
    for (const { sessionCount } of this.#everyListener()) count += sessionCount;
    return count;
  }

  /**
   * Runs `config` instead of what ran before (nothing, at first), or goes on as before when it fails. What did not change
   * stays as it is; a listener whose address did not change keeps its socket. Connections keep what they were made with.
   *
   * @throws TaplineError `configuration` when a listener cannot be bound or a TLS context cannot be made
   */
  run(config: ProxyConfig): Promise<void> {
    const done = this.#running.then(() => this.#runNext(config));
    this.#running = done.catch(() => {});
    return done;
  }

  /** @throws TaplineError `configuration` where `run` would, but for addresses that cannot be listened on */
  check(config: ProxyConfig): void {
    this.#prepare(config);
  }

  async #runNext(config: ProxyConfig): Promise<void> {
    const { upstreams, runtimes } = this.#prepare(config);
    await startUpstreams([...upstreams.values()]);
    const listeners = new Map<string, Listener>();
    const bound: Listener[] = [];
    try {
      for (const runtime of runtimes) {
        const key = socketKey(runtime.config);
        let listener = this.#listeners.get(key);
        if (listener === undefined) {
          listener = new Listener(runtime, () => this.#becameIdle());
          await listener.listen(this.#reusePort);
          bound.push(listener);
        }
        listeners.set(key, listener);
      }
    } catch (error) {
      for (const listener of bound) {
        listener.stopAccepting();
        listener.abort("unknown");
      }
      for (const [name, upstream] of upstreams) if (this.#upstreams.get(name) !== upstream) upstream.stop();
      throw error;
    }
    this.#replace(listeners, runtimes, upstreams);
  }

  /**
   * Takes no more connections and waits until those that are there have ended, at most `timeoutMillis`; then closes the rest.
   * @returns how many had to be closed
   */
  async drain(timeoutMillis: number): Promise<number> {
    for (const listener of this.#listeners.values()) listener.stopAccepting();
    if (this.connectionCount > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMillis);
        this.#onIdle.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    const left = this.connectionCount;
    this.stop();
    return left;
  }

  /** Stops at once: every connection is closed, and its taps told, before this returns. */
  stop(how: SocketClosed["how"] = "unknown"): void {
    for (const listener of this.#everyListener()) {
      listener.stopAccepting();
      listener.abort(how);
    }
    for (const upstream of this.#upstreams.values()) upstream.stop();
    for (const resolve of this.#onIdle) resolve();
  }

  #prepare(config: ProxyConfig): { upstreams: Map<string, Upstream>; runtimes: ListenerRuntime[] } {
    const upstreams = this.#prepareUpstreams(config.clusters);
    // Looked up at every connection: a cluster may be replaced while its listener stays, and a connection may come before this
    // configuration runs as a whole.
    const upstreamNamed = (name: string) => this.#upstreams.get(name) ?? upstreams.get(name)!;
    return { upstreams, runtimes: config.listeners.map((listener) => this.#prepareListener(listener, upstreamNamed)) };
  }

  #prepareUpstreams(clusters: readonly ClusterConfig[]): Map<string, Upstream> {
    return new Map(
      clusters.map((config) => {
        const known = this.#upstreams.get(config.name);
        const same = known !== undefined && fingerprint(known.config) === fingerprint(config);
        return [config.name, same ? known : new Upstream(config, this.#runtime)];
      }),
    );
  }

  #prepareListener(config: ListenerConfig, upstreamNamed: (name: string) => Upstream): ListenerRuntime {
    const known = this.#listeners.get(socketKey(config))?.current;
    if (known !== undefined && fingerprint(known.config) === fingerprint(config)) return known;
    return new ListenerRuntime(config, this.#runtime, upstreamNamed);
  }

  #replace(
    listeners: Map<string, Listener>,
    runtimes: readonly ListenerRuntime[],
    upstreams: Map<string, Upstream>,
  ): void {
    for (const [name, upstream] of this.#upstreams) if (upstreams.get(name) !== upstream) upstream.stop();
    this.#upstreams = upstreams;
    for (const runtime of runtimes) {
      const listener = listeners.get(socketKey(runtime.config))!;
      if (listener.current !== runtime) listener.current.retire();
      listener.current = runtime;
    }
    for (const [key, listener] of this.#listeners) {
      if (listeners.has(key)) continue;
      listener.stopAccepting();
      if (listener.sessionCount > 0) this.#retired.add(listener);
    }
    this.#listeners = listeners;
  }

  #becameIdle(): void {
    for (const listener of this.#retired) if (listener.sessionCount === 0) this.#retired.delete(listener);
    if (this.connectionCount === 0) for (const resolve of this.#onIdle) resolve();
  }

  #everyListener(): Listener[] {
    return [...this.#listeners.values(), ...this.#retired];
  }
}

/** Gives names some time to be resolved before connections are taken; those that take longer come later. */
async function startUpstreams(upstreams: readonly Upstream[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, MAX_FIRST_LOOKUP_MILLIS);
  });
  await Promise.race([Promise.all(upstreams.map((upstream) => upstream.start())), enough]);
  clearTimeout(timer);
}

/** Settings that cannot change without listening anew. Ports that the system chooses are as many as there are listeners. */
function socketKey({ address, backlog, pipeMode, name, additional }: ListenerConfig): string {
  const own = address.kind === "ip" && address.port === 0 ? `${name}#${additional ?? 0}` : "";
  return `${formatEndpoint(address)} ${backlog ?? ""} ${pipeMode ?? ""} ${own}`;
}
