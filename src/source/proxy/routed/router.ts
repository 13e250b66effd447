import type { Connection } from "../../../model/index.ts";
import type { ClusterConfig, HttpProtocol } from "../../dial/cluster-config.ts";
import type { Host } from "../cluster/resolve-endpoints.ts";
import type { Upstream } from "../cluster/upstream.ts";
import type { HttpConnectionManagerConfig } from "../config/config.ts";
import type { ProxyRuntime } from "../runtime.ts";
import { RELAYS_CLOSED_FOR_MEMORY } from "../statistic-names.ts";
import { ChannelDuplex } from "./channel-duplex.ts";
import { type DialledStream, EndpointPool } from "./endpoint-pool.ts";
import { RouteFinder } from "./find-route.ts";

/** The run-time form of a manager's routes, shared by the connections of its filter chain: where requests go, and the connections that are kept. */
export class Router {
  readonly manager: HttpConnectionManagerConfig;
  readonly finder: RouteFinder;
  readonly runtime: ProxyRuntime;
  readonly #upstreamNamed: (name: string) => Upstream | undefined;
  /** By cluster, then by endpoint, protocol and server name. */
  readonly #pools = new Map<Upstream, Map<string, EndpointPool>>();
  readonly #last = new WeakMap<Host, { spoken: HttpProtocol; upstream: Upstream; pool: EndpointPool }>();

  constructor(
    manager: HttpConnectionManagerConfig,
    runtime: ProxyRuntime,
    upstreamNamed: (name: string) => Upstream | undefined,
  ) {
    this.manager = manager;
    this.runtime = runtime;
    this.finder = new RouteFinder(manager.table);
    this.#upstreamNamed = upstreamNamed;
  }

  upstream(name: string): Upstream | undefined {
    return this.#upstreamNamed(name);
  }

  /**
   * The kept connections to a host.
   *
   * @param client whose request it is
   * @param spoken the HTTP that the client speaks
   * @param serverName for TLS, where it follows the request
   */
  pool(
    upstream: Upstream,
    host: Host,
    client: Connection,
    spoken: HttpProtocol,
    serverName: string | undefined,
  ): EndpointPool {
    const isPerClient = upstream.isTold;
    const name = upstream.cluster.names === undefined ? undefined : host.endpoint?.hostname;
    const isUsual = !isPerClient && serverName === undefined && name === undefined;
    const last = isUsual ? this.#last.get(host) : undefined;
    if (last?.spoken === spoken && last.upstream === upstream && this.#upstreamNamed(upstream.config.name) === upstream)
      return last.pool;
    const protocols = chooseProtocols(upstream, spoken);
    const { address } = host;
    const key = JSON.stringify([address, protocols, name ?? serverName ?? "", isPerClient ? String(client.id) : ""]);
    const pools = this.#poolsOf(upstream);
    const known = pools.get(key);
    const pool = known ?? this.#open(upstream, host, protocols, client, serverName);
    // The one that was asked for last stands last.
    if (!isUsual) pools.delete(key);
    pools.set(key, pool);
    if (known === undefined && pools.size > MAX_POOLS) closeIdle(pools, pool);
    // Most requests to a host ask for the same as the one before.
    if (isUsual) this.#last.set(host, { spoken, upstream, pool });
    return pool;
  }

  #open(
    upstream: Upstream,
    host: Host,
    protocols: readonly HttpProtocol[],
    client: Connection,
    serverName: string | undefined,
  ): EndpointPool {
    const { config } = upstream;
    const { idleTimeoutMillis = 3_600_000, maxRequestsPerConnection = 0, allowsTrailers = false } = config;
    const most = config.maxResponseHeaderBytes;
    return new EndpointPool({
      dial: (offers) => this.#dial(upstream, host, offers, client, serverName),
      protocols,
      idleMillis: idleTimeoutMillis,
      maxRequests: maxRequestsPerConnection,
      allowsTrailers,
      maxHeaders: config.maxResponseHeaders ?? MAX_HEADERS,
      maxHeadBytes: most === undefined ? MAX_HEAD_BYTES : { 1: most, 2: most },
    });
  }

  /** Opens a connection for the bytes of one tunnel. @throws why there is none */
  async dialTunnel(
    upstream: Upstream,
    host: Host,
    client: Connection,
    serverName: string | undefined,
  ): Promise<ChannelDuplex> {
    const { stream } = await this.#dial(upstream, host, [], client, serverName);
    stream.keepBytes();
    return stream;
  }

  /** Forgets what was dialled for one client only. */
  clientGone({ id }: Connection): void {
    const suffix = `${JSON.stringify(String(id))}]`;
    for (const pools of this.#pools.values())
      for (const [key, pool] of pools)
        if (key.endsWith(suffix)) {
          pool.stop();
          pools.delete(key);
        }
  }

  stop(): void {
    for (const pools of this.#pools.values()) for (const pool of pools.values()) pool.stop();
    this.#pools.clear();
  }

  #poolsOf(upstream: Upstream): Map<string, EndpointPool> {
    const known = this.#pools.get(upstream);
    if (known !== undefined) return known;
    // A cluster that was replaced has its connections no longer.
    for (const [other, pools] of this.#pools)
      if (this.#upstreamNamed(other.config.name) !== other) {
        for (const pool of pools.values()) pool.stop();
        this.#pools.delete(other);
      }
    const pools = new Map<string, EndpointPool>();
    this.#pools.set(upstream, pools);
    return pools;
  }

  async #dial(
    upstream: Upstream,
    host: Host,
    offers: readonly HttpProtocol[],
    client: Connection,
    serverName: string | undefined,
  ): Promise<DialledStream> {
    const { tapped, channel, protocol, release } = await upstream.dialHost(host, offers, client, serverName);
    const { budget, counters, ledger } = this.runtime;
    const stream = new ChannelDuplex(
      { tapped, channel, received: ledger.book("upstream-bytes") },
      { budget, overflows: counters.counter(RELAYS_CLOSED_FOR_MEMORY), onMoved: () => {}, onClosed: release },
    );
    stream.start();
    return { stream, protocol };
  }
}

function chooseProtocols({ config, connector }: Upstream, spoken: HttpProtocol): readonly HttpProtocol[] {
  const { httpProtocols, followsClient }: ClusterConfig = config;
  if (followsClient) return [spoken];
  if (httpProtocols !== undefined)
    return httpProtocols.length > 1 && connector === undefined ? [spoken] : httpProtocols;
  return ["http/1.1"];
}

/**
 * How many pools a cluster keeps where each name has its own (`auto_sni`, a dynamic forward proxy): clients choose the names. Beyond it those go that no
 * request uses, the oldest first.
 */
const MAX_POOLS = 1024;
/** As many of a response, and as large a head, as Envoy takes where the cluster does not say: of HTTP/1 and of HTTP/2. */
const MAX_HEADERS = 100;
const MAX_HEAD_BYTES = { 1: 80 * 1024, 2: 60 * 1024 } as const;
/** How many of the oldest are looked at, where all are used. */
const MAX_LOOKED = 64;

function closeIdle(pools: Map<string, EndpointPool>, wanted: EndpointPool): void {
  let looked = 0;
  for (const [key, pool] of pools) {
    if (pools.size <= MAX_POOLS || ++looked > MAX_LOOKED) return;
    if (pool === wanted || !pool.isIdle) continue;
    pool.stop();
    pools.delete(key);
  }
}
