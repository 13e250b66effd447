import { formatEndpoint, type Logger, timerMillis } from "../../../model/index.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import { innermost } from "../../dial/transport-socket.ts";
import type { Counters } from "../counters.ts";
import { nameClusterStatistic, nameDnsCacheStatistic } from "../statistic-names.ts";
import { HostChooser } from "./choose-host.ts";
import { NameCache } from "./name-cache.ts";
import { type Host, type Lookup, lookupName, mergeHosts, resolveHosts } from "./resolve-endpoints.ts";

/** Where the connections of a listener go: a cluster's hosts, in turn, kept up to date from DNS. */
export class Cluster {
  readonly config: ClusterConfig;
  /** Where requests name the endpoints: what is known of them. */
  readonly names: NameCache | undefined;
  readonly #logger: Logger;
  readonly #lookup: Lookup;
  readonly #counters: Counters;
  /** Per configured endpoint, what it stands for now. */
  readonly #hosts: (readonly Host[])[];
  /** All of them. */
  #all: readonly Host[];
  readonly #chooser: HostChooser;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #stopped = false;

  constructor(config: ClusterConfig, options: { counters: Counters; logger: Logger; lookup?: Lookup }) {
    this.config = config;
    this.#logger = options.logger;
    this.#counters = options.counters;
    this.#lookup = options.lookup ?? lookupName;
    const { discovery } = config;
    if (discovery.type === "DYNAMIC") {
      const { name } = discovery.names;
      this.names = new NameCache(discovery.names, {
        place: config.place,
        defaultPort: innermost(config.transportSocket).kind === "tls" ? 443 : 80,
        lookup: this.#lookup,
        count: (what) => options.counters.counter(nameDnsCacheStatistic(name, what)).value++,
      });
    }
    const isStatic = discovery.type === "STATIC";
    this.#hosts = config.endpoints.map((endpoint) => {
      const { address, alternatives = [] } = endpoint;
      return isStatic || address.kind === "pipe" ? [{ address, alternatives, endpoint }] : [];
    });
    this.#all = this.#hosts.flat();
    this.#chooser = new HostChooser(config);
  }

  /** Resolves names for the first time when it is first called, and from then on again and again. Never rejects: a name may become known later. */
  async start(): Promise<void> {
    const { discovery } = this.config;
    if (this.#started || discovery.type === "STATIC") return;
    this.#started = true;
    if (discovery.type !== "DYNAMIC") return this.#refresh();
    const known = discovery.names.known.map((endpoint) => this.names!.find(formatEndpoint(endpoint)));
    // A name may become known later.
    await Promise.allSettled(known);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The hosts that are known now. */
  get hosts(): readonly Host[] {
    return this.names?.hosts ?? this.#all;
  }

  /** The next host, by the cluster's policy; undefined where there is none: no name could be resolved yet, or none is healthy. */
  nextHost(): Host | undefined {
    return this.#chooser.choose(this.hosts);
  }

  /** Counts what is open to a host. @returns what counts it as over */
  begin(host: Host): () => void {
    // Where requests name their hosts, none is chosen by what is open to it.
    return this.names === undefined ? this.#chooser.begin(host) : () => {};
  }

  async #refresh(): Promise<void> {
    const { discovery, endpoints } = this.config;
    if (discovery.type === "STATIC" || discovery.type === "DYNAMIC") return;
    await Promise.all(
      endpoints.map(async (endpoint, index) => {
        const { address } = endpoint;
        if (address.kind === "pipe") return;
        try {
          const found = await resolveHosts(address, discovery.lookupFamily, this.#lookup);
          const hosts = found.map((host) => ({ ...host, endpoint }));
          this.#hosts[index] = discovery.type === "LOGICAL_DNS" ? [mergeHosts(hosts)] : hosts;
          this.#all = this.#hosts.flat();
          this.#count("update_success");
        } catch (error) {
          // Known addresses stay: a name server that is away for a while does not stop the traffic.
          this.#count("update_failure");
          const known = this.#hosts[index]!.length;
          this.#logger.warn(
            { cluster: this.config.name, endpoint: formatEndpoint(address), error: (error as Error).message, known },
            "cannot resolve an endpoint's name",
          );
        }
      }),
    );
    if (!this.#stopped)
      this.#timer = setTimeout(() => void this.#refresh(), timerMillis(discovery.refreshRateMillis)).unref();
  }

  #count(name: string): void {
    this.#counters.counter(nameClusterStatistic(this.config.name, name)).value++;
  }
}
