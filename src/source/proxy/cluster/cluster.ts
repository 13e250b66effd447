import { formatEndpoint, type Logger } from "../../../model/index.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import type { Counters } from "../counters.ts";
import { nameClusterStatistic } from "../statistic-names.ts";
import { HostChooser } from "./choose-host.ts";
import { type Host, type Lookup, lookupName, resolveHosts } from "./resolve-endpoints.ts";

/** Where the connections of a listener go: a cluster's hosts, in turn, kept up to date from DNS. */
export class Cluster {
  readonly config: ClusterConfig;
  readonly #logger: Logger;
  readonly #lookup: Lookup;
  readonly #counters: Counters;
  /** Per configured endpoint, what it stands for now. */
  #hosts: (readonly Host[])[];
  readonly #chooser: HostChooser;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #stopped = false;

  constructor(config: ClusterConfig, options: { counters: Counters; logger: Logger; lookup?: Lookup }) {
    this.config = config;
    this.#logger = options.logger;
    this.#counters = options.counters;
    this.#lookup = options.lookup ?? lookupName;
    const isStatic = config.discovery.type === "STATIC";
    this.#hosts = config.endpoints.map((endpoint) => {
      const { address, alternatives = [] } = endpoint;
      return isStatic || address.kind === "pipe" ? [{ address, alternatives, endpoint }] : [];
    });
    this.#chooser = new HostChooser(config);
  }

  /** Resolves names for the first time when it is first called, and from then on again and again. Never rejects: a name may become known later. */
  async start(): Promise<void> {
    if (this.#started || this.config.discovery.type === "STATIC") return;
    this.#started = true;
    await this.#refresh();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The hosts that are known now. */
  get hosts(): readonly Host[] {
    return this.#hosts.flat();
  }

  /** The next host, by the cluster's policy; undefined where there is none: no name could be resolved yet, or none is healthy. */
  nextHost(): Host | undefined {
    return this.#chooser.choose(this.hosts);
  }

  /** Counts what is open to a host. @returns what counts it as over */
  begin(host: Host): () => void {
    return this.#chooser.begin(host);
  }

  async #refresh(): Promise<void> {
    const { discovery, endpoints } = this.config;
    if (discovery.type === "STATIC") return;
    await Promise.all(
      endpoints.map(async (endpoint, index) => {
        const { address } = endpoint;
        if (address.kind === "pipe") return;
        try {
          const found = await resolveHosts(address, discovery.lookupFamily, this.#lookup);
          const hosts = found.map((host) => ({ ...host, endpoint }));
          this.#hosts[index] = discovery.type === "LOGICAL_DNS" ? [mergeHosts(hosts)] : hosts;
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
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#refresh(), discovery.refreshRateMillis).unref();
  }

  #count(name: string): void {
    this.#counters.counter(nameClusterStatistic(this.config.name, name)).value++;
  }
}

/** One host out of all that a name resolved to: the first address, the rest as alternatives. */
function mergeHosts(hosts: readonly Host[]): Host {
  const [first, ...rest] = hosts as [Host, ...Host[]];
  return { ...first, alternatives: [...rest.map(({ address }) => address), ...first.alternatives] };
}
