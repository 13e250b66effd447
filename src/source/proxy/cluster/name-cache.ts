import { isIP } from "node:net";
import { type IpEndpoint, type Place, TaplineError, timerMillis } from "../../../model/index.ts";
import type { NameCacheConfig } from "../../dial/cluster-config.ts";
import { isHostName, isOfFamily, splitAuthority } from "./named-host.ts";
import { type Host, type Lookup, mergeHosts, resolveHosts } from "./resolve-endpoints.ts";

/** How the cache counts what it does, by the names of Envoy's statistics. */
export type CountName = (
  name:
    | "dns_query_attempt"
    | "dns_query_success"
    | "dns_query_failure"
    | "dns_query_timeout"
    | "host_added"
    | "host_removed"
    | "host_overflow"
    | "dns_rq_pending_overflow",
) => void;

export interface NameCacheOptions {
  /** Where the cluster stands in its configuration. */
  readonly place: Place;
  /** For hosts that name none. */
  readonly defaultPort: number;
  readonly lookup: Lookup;
  readonly count: CountName;
  /** Milliseconds; default the process's own. */
  readonly now?: () => number;
}

/** Why the host that a request names has no address. */
export class HostUnknown extends TaplineError {
  readonly why: "unresolved" | "overflow" | "pending-overflow";

  constructor(why: HostUnknown["why"], message: string, cause?: unknown) {
    super("connection", message, { cause });
    this.why = why;
  }
}

interface Entry {
  /** As it was last resolved; undefined: it could not be, or has not been yet. */
  host: Host | undefined;
  /** When `host` was last found out, or found to be unknown. */
  asked: number;
  used: number;
  pending: Promise<void> | undefined;
  failure: Error | undefined;
}

/**
 * The addresses of the hosts that requests name, as Envoy's DNS cache of a dynamic forward proxy has them: so many at most, each asked
 * for again while it is in use (the known address goes on serving meanwhile), and forgotten when nobody has asked for it for `host_ttl`.
 */
export class NameCache {
  readonly #config: NameCacheConfig;
  readonly #options: NameCacheOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  /** Requests that wait for a name. */
  #waiting = 0;
  #running = 0;
  /** Lookups that wait for their turn. */
  readonly #queue = new Set<() => void>();

  constructor(config: NameCacheConfig, options: NameCacheOptions) {
    this.#config = config;
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  get name(): string {
    return this.#config.name;
  }

  /** The hosts that are known now. */
  get hosts(): readonly Host[] {
    return [...this.#entries.values()].flatMap(({ host }) => host ?? []);
  }

  /** How many names are kept, known or not. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * The host that an authority (`name`, `name:port`, `[address]:port`) names: its own object as long as its addresses are the same.
   *
   * @throws HostUnknown
   */
  async find(authority: string): Promise<Host> {
    const named = splitAuthority(authority, this.#options.defaultPort);
    const key = named === undefined ? authority : `${named.address} ${named.port}`;
    const entry = this.#entries.get(key) ?? this.#add(key);
    const now = this.#now();
    entry.used = now;
    const age = now - entry.asked;
    if (entry.host !== undefined) {
      if (age >= this.#config.refreshRateMillis && this.#waiting < this.#config.maxPending)
        void this.#refresh(entry, named, authority);
      return entry.host;
    }
    if (entry.failure === undefined || age >= this.#config.failureRateMillis) await this.#wait(entry, named, authority);
    if (entry.host === undefined)
      throw new HostUnknown("unresolved", `${authority}: ${entry.failure?.message ?? "unknown"}`, entry.failure);
    return entry.host;
  }

  async #wait(entry: Entry, named: IpEndpoint | undefined, authority: string): Promise<void> {
    if (this.#waiting >= this.#config.maxPending) {
      this.#options.count("dns_rq_pending_overflow");
      throw new HostUnknown("pending-overflow", `${authority}: ${this.#waiting} requests wait for names already`);
    }
    this.#waiting++;
    try {
      await this.#refresh(entry, named, authority);
    } finally {
      this.#waiting--;
    }
  }

  #add(key: string): Entry {
    const { maxHosts, hostTtlMillis } = this.#config;
    const { count } = this.#options;
    const now = this.#now();
    if (this.#entries.size >= maxHosts)
      for (const [name, { used, pending }] of this.#entries)
        if (pending === undefined && now - used >= hostTtlMillis) {
          this.#entries.delete(name);
          count("host_removed");
        }
    if (this.#entries.size >= maxHosts) {
      count("host_overflow");
      throw new HostUnknown("overflow", `${maxHosts} hosts (max_hosts) are known already`);
    }
    const entry: Entry = { host: undefined, asked: now, used: now, pending: undefined, failure: undefined };
    this.#entries.set(key, entry);
    count("host_added");
    return entry;
  }

  /** Never rejects. */
  #refresh(entry: Entry, named: IpEndpoint | undefined, authority: string): Promise<void> {
    entry.pending ??= this.#ask(named, authority)
      .then(
        (host) => {
          // The same addresses keep their connections.
          if (JSON.stringify(host) !== JSON.stringify(entry.host)) entry.host = host;
          entry.failure = undefined;
        },
        (error) => {
          // A known address stays: a name server that is away for a while does not stop the traffic.
          entry.failure = error as Error;
        },
      )
      .finally(() => {
        entry.asked = this.#now();
        entry.pending = undefined;
      });
    return entry.pending;
  }

  async #ask(named: IpEndpoint | undefined, authority: string): Promise<Host> {
    const { lookupFamily } = this.#config;
    if (named === undefined) throw new Error("no host's name and port");
    const { address, port } = named;
    const hostname = `${authority.replace(/:\d+$/, "")}:${port}`;
    const endpoint = { address: named, hostname, place: this.#options.place };
    if (isIP(address) !== 0) {
      if (!isOfFamily(address, lookupFamily))
        throw new Error(`it is not of the family that is wanted (${lookupFamily})`);
      return { address: named, alternatives: [], endpoint };
    }
    // The system's resolver would take `127.1` and `0x7f000001` for addresses; Envoy's takes them for names that nobody has.
    if (!isHostName(address)) throw new Error("no host's name");
    const { count } = this.#options;
    count("dns_query_attempt");
    try {
      const found = await this.#lookUp(named);
      count("dns_query_success");
      return { ...mergeHosts(found), endpoint };
    } catch (error) {
      count("dns_query_failure");
      throw error;
    }
  }

  /**
   * Few at once: the system's resolver holds one of libuv's four threads for each, which files are written by, too, and clients choose
   * the names.
   */
  #lookUp(named: IpEndpoint): Promise<Host[]> {
    const { lookupFamily, queryTimeoutMillis } = this.#config;
    const { lookup, count } = this.#options;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const run = () => {
        resolveHosts(named, lookupFamily, lookup)
          .then(resolve, reject)
          .finally(() => {
            clearTimeout(timer);
            this.#runNext();
          });
      };
      if (queryTimeoutMillis > 0)
        timer = setTimeout(() => {
          this.#queue.delete(run);
          count("dns_query_timeout");
          reject(new Error(`no answer within ${queryTimeoutMillis} ms`));
        }, timerMillis(queryTimeoutMillis)).unref();
      if (this.#running < MAX_LOOKUPS) {
        this.#running++;
        run();
      } else this.#queue.add(run);
    });
  }

  #runNext(): void {
    const [next] = this.#queue;
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#queue.delete(next);
    next();
  }
}

const MAX_LOOKUPS = 2;
