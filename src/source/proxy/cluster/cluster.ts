import { formatEndpoint, type Logger } from "../../../model/index.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import type { Counters } from "../counters.ts";
import { nameClusterStatistic } from "../statistic-names.ts";
import { type Host, type Lookup, lookupName, resolveHosts } from "./resolve-endpoints.ts";

/** Where the connections of a listener go: a cluster's hosts, in turn, kept up to date from DNS. */
export class Cluster {
  readonly config: ClusterConfig;
  readonly #logger: Logger;
  readonly #lookup: Lookup;
  readonly #counters: Counters;
  /** Per configured endpoint, what it stands for now. */
  #hosts: (readonly Host[])[];
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #stopped = false;

  constructor(config: ClusterConfig, options: { counters: Counters; logger: Logger; lookup?: Lookup }) {
    this.config = config;
    this.#logger = options.logger;
    this.#counters = options.counters;
    this.#lookup = options.lookup ?? lookupName;
    const isStatic = config.discovery.type === "STATIC";
    this.#hosts = config.endpoints.map(({ address }) =>
      isStatic || address.kind === "pipe" ? [{ address, alternatives: [] }] : [],
    );
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

  /** The next host, round robin; undefined when no name could be resolved yet. */
  nextHost(): Host | undefined {
    const hosts = this.hosts;
    return hosts.length === 0 ? undefined : hosts[this.#next++ % hosts.length];
  }

  async #refresh(): Promise<void> {
    const { discovery, endpoints } = this.config;
    if (discovery.type === "STATIC") return;
    await Promise.all(
      endpoints.map(async ({ address }, index) => {
        if (address.kind === "pipe") return;
        try {
          const hosts = await resolveHosts(address, discovery.lookupFamily, this.#lookup);
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
  return { address: first.address, alternatives: [...rest.map(({ address }) => address), ...first.alternatives] };
}
