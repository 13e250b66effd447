import { formatEndpoint } from "../../../model/index.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import type { Host } from "./resolve-endpoints.ts";

const DEFAULT_OVERPROVISIONING = 1.4;
const DEFAULT_PANIC_PERCENT = 50;
const DEFAULT_CHOICES = 2;

type Settings = Pick<
  ClusterConfig,
  "lbPolicy" | "choiceCount" | "activeRequestBias" | "panicThresholdPercent" | "overprovisioning" | "isLocalityWeighted"
>;

/** The memory of a host: how much is open to it, and how far its turn has come. */
interface HostState {
  active: number;
  /** Smooth weighted round robin: grows by the weight each time, and falls by the sum when it is taken. */
  credit: number;
}

/**
 * Chooses hosts as Envoy does: a priority by the load that the ones before it can carry, the healthy of it (all of them in
 * panic), a locality by weight where that is asked for, and of what is left one by the policy.
 */
export class HostChooser {
  readonly #settings: Settings;
  readonly #random: () => number;
  /** One entry a host; those of hosts that are gone are dropped with the next change. */
  #states = new Map<string, HostState>();
  /** The same by host, for as long as it is one: a request is spared the key. */
  readonly #statesByHost = new WeakMap<Host, HostState>();
  #known: readonly Host[] = [];

  /** @param random from 0 to below 1 */
  constructor(settings: Settings, random: () => number = Math.random) {
    this.#settings = settings;
    this.#random = random;
  }

  choose(hosts: readonly Host[]): Host | undefined {
    if (hosts.length === 1 && isHealthy(hosts[0]!)) return hosts[0];
    this.#learn(hosts);
    const eligible = this.#chooseLocality(this.#choosePriority(hosts));
    if (eligible.length < 2) return eligible[0];
    switch (this.#settings.lbPolicy) {
      case "RANDOM":
        return this.#draw(eligible);
      case "LEAST_REQUEST":
        return this.#leastRequests(eligible);
      case "ROUND_ROBIN":
        return this.#takeTurns(eligible, weightOf);
    }
  }

  begin(host: Host): () => void {
    const state = this.#stateOf(host);
    state.active++;
    return () => {
      state.active--;
    };
  }

  #choosePriority(hosts: readonly Host[]): readonly Host[] {
    const priorities = groupBy(hosts, ({ endpoint }) => endpoint?.priority ?? 0).map(([, group]) => group);
    const factor = this.#settings.overprovisioning ?? DEFAULT_OVERPROVISIONING;
    const carries = priorities.map((group) => Math.min(1, (factor * group.filter(isHealthy).length) / group.length));
    const carriesDegraded = priorities.map((group) =>
      Math.min(1, (factor * group.filter(isDegraded).length) / group.length),
    );
    const all = Math.min(1, sum(carries) + sum(carriesDegraded));
    const isPanic = (group: readonly Host[]) =>
      all < 1 && healthyPercent(group) < (this.#settings.panicThresholdPercent ?? DEFAULT_PANIC_PERCENT);
    if (all === 0) {
      // Nobody is healthy: in panic the first priority takes everything.
      const [first] = priorities;
      return first !== undefined && isPanic(first) ? first : [];
    }
    let point = this.#random() * all;
    for (const [shares, isOf] of [
      [carries, isHealthy],
      [carriesDegraded, isDegraded],
    ] as const)
      for (const [index, share] of shares.entries()) {
        if (share > 0 && point < share) {
          const group = priorities[index]!;
          return isPanic(group) ? group : group.filter(isOf);
        }
        point -= share;
      }
    return priorities[0]!.filter(isHealthy);
  }

  #chooseLocality(hosts: readonly Host[]): readonly Host[] {
    if (this.#settings.isLocalityWeighted === undefined) return hosts;
    const localities = groupBy(hosts, ({ endpoint }) => endpoint?.locality?.index ?? 0).map(([, group]) => group);
    const weights = localities.map(([first]) => first!.endpoint?.locality?.weight ?? 0);
    let point = this.#random() * sum(weights);
    for (const [index, weight] of weights.entries()) {
      if (point < weight) return localities[index]!;
      point -= weight;
    }
    return hosts;
  }

  #draw(hosts: readonly Host[]): Host {
    return hosts[Math.floor(this.#random() * hosts.length)]!;
  }

  #leastRequests(hosts: readonly Host[]): Host {
    const isEven = hosts.every((host) => weightOf(host) === weightOf(hosts[0]!));
    const { activeRequestBias = 1, choiceCount = DEFAULT_CHOICES } = this.#settings;
    if (!isEven)
      return this.#takeTurns(hosts, (host) => weightOf(host) / (this.#stateOf(host).active + 1) ** activeRequestBias);
    let best = this.#draw(hosts);
    for (let draw = 1; draw < choiceCount; draw++) {
      const other = this.#draw(hosts);
      if (this.#stateOf(other).active < this.#stateOf(best).active) best = other;
    }
    return best;
  }

  #takeTurns(hosts: readonly Host[], weigh: (host: Host) => number): Host {
    let best = hosts[0]!;
    let all = 0;
    for (const host of hosts) {
      const weight = weigh(host);
      all += weight;
      const state = this.#stateOf(host);
      state.credit += weight;
      if (state.credit > this.#stateOf(best).credit) best = host;
    }
    this.#stateOf(best).credit -= all;
    return best;
  }

  #stateOf(host: Host): HostState {
    const near = this.#statesByHost.get(host);
    if (near !== undefined) return near;
    const key = formatEndpoint(host.address);
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { active: 0, credit: 0 };
      this.#states.set(key, state);
    }
    this.#statesByHost.set(host, state);
    return state;
  }

  /** Forgets hosts that are no longer there. */
  #learn(hosts: readonly Host[]): void {
    if (hosts.length === this.#known.length && hosts.every((host, index) => host === this.#known[index])) return;
    this.#known = hosts;
    const keys = new Set(hosts.map(({ address }) => formatEndpoint(address)));
    this.#states = new Map([...this.#states].filter(([key]) => keys.has(key)));
  }
}

function weightOf({ endpoint }: Host): number {
  return endpoint?.weight ?? 1;
}

function isHealthy({ endpoint }: Host): boolean {
  return endpoint?.health === undefined;
}

function isDegraded({ endpoint }: Host): boolean {
  return endpoint?.health === "degraded";
}

function healthyPercent(group: readonly Host[]): number {
  return (100 * group.filter((host) => isHealthy(host) || isDegraded(host)).length) / group.length;
}

/** In the order of the keys. */
function groupBy(hosts: readonly Host[], keyOf: (host: Host) => number): [number, Host[]][] {
  const groups = new Map<number, Host[]>();
  for (const host of hosts) {
    const key = keyOf(host);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [host]);
    else group.push(host);
  }
  return [...groups].sort(([one], [other]) => one - other);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
