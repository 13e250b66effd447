import { connect as connectSocket, type Socket } from "node:net";
import {
  type Connection,
  type ConnectionTap,
  type Endpoint,
  formatEndpoint,
  TaplineError,
} from "../../../model/index.ts";
import { writeProxyHeader } from "../../../wire/proxy-protocol/write-proxy-header.ts";
import type { ClusterConfig, HttpProtocol } from "../../dial/cluster-config.ts";
import { connectOptions } from "../../dial/connect-options.ts";
import { TlsConnector } from "../../dial/tls-connector.ts";
import { innermost, type UpstreamTransportSocket } from "../../dial/transport-socket.ts";
import { readWallClock } from "../../wall-clock.ts";
import { dialSocket } from "../channel/socket-channel.ts";
import { StreamChannel } from "../channel/stream-channel.ts";
import type { Counter } from "../counters.ts";
import { localEndpoint } from "../endpoint-of.ts";
import type { ProxyRuntime } from "../runtime.ts";
import { nameClusterStatistic, OBSERVER_FAULTS } from "../statistic-names.ts";
import { TappedConnection } from "../tapped-connection.ts";
import { Cluster } from "./cluster.ts";
import type { Host } from "./resolve-endpoints.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

const NO_ENDPOINT = "no endpoint is known: no name could be resolved, or none is healthy";

/** A dial that a caller may abort: the socket that is being connected. */
export interface PendingDial {
  socket: Socket | undefined;
  /** In TLS, instead of the configuration's. */
  readonly serverName?: string;
}

/** Connects to a cluster's endpoints. */
export class Upstream {
  readonly config: ClusterConfig;
  readonly cluster: Cluster;
  readonly connector: TlsConnector | undefined;
  readonly #runtime: ProxyRuntime;
  readonly #taps: readonly ConnectionTap[];
  /** Which header of the PROXY protocol goes first. */
  readonly #proxyProtocol: 1 | 2 | undefined;
  #found: HttpProtocol | undefined;

  /** @throws TaplineError `configuration` */
  constructor(config: ClusterConfig, runtime: ProxyRuntime) {
    this.config = config;
    this.#runtime = runtime;
    this.cluster = new Cluster(config, runtime);
    const transport = innermost(config.transportSocket);
    this.connector = transport.kind === "tls" ? new TlsConnector(transport.tls, runtime.sparseLog) : undefined;
    this.#taps = runtime.createTaps(config.transportSocket);
    this.#proxyProtocol = findProxyProtocol(config.transportSocket);
  }

  /** Begins to resolve names. */
  start(): Promise<void> {
    return this.cluster.start();
  }

  stop(): void {
    this.cluster.stop();
  }

  /** Envoy's statistics under `cluster.NAME.`. */
  counter(name: string): Counter {
    return this.#runtime.counters.counter(nameClusterStatistic(this.config.name, name));
  }

  /**
   * Connects to up to `attempts` hosts, one after the other, and does the TLS handshake where there is one.
   *
   * @param offers the protocols to offer (ALPN), with TLS
   * @param client whose connection it is, for the PROXY protocol
   * @throws TaplineError (`connection`), or the socket's error: why the last attempt failed
   */
  async dial(
    offers: readonly string[],
    attempts: number,
    pending: PendingDial,
    client?: Connection,
  ): Promise<UpstreamConnection> {
    let failure: Error | undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const host = this.cluster.nextHost();
      if (host === undefined) {
        this.counter("upstream_cx_none_healthy").value++;
        break;
      }
      const over = this.cluster.begin(host);
      try {
        const dialled = await this.#dialHost(host, offers, pending, client);
        const release = () => {
          over();
          dialled.release();
        };
        return { ...dialled, release };
      } catch (error) {
        over();
        failure = error as Error;
      }
    }
    if (attempts > 1) this.counter("upstream_cx_connect_attempts_exceeded").value++;
    throw failure ?? new TaplineError("connection", NO_ENDPOINT);
  }

  /**
   * Connects to one host, for a request: it is not tried elsewhere.
   *
   * @param serverName in TLS, instead of the configuration's
   */
  dialHost(
    host: Host,
    offers: readonly string[],
    client: Connection,
    serverName: string | undefined,
  ): Promise<UpstreamConnection> {
    return this.#dialHost(host, offers, { socket: undefined, ...(serverName !== undefined && { serverName }) }, client);
  }

  /** The HTTP that its endpoints showed to speak, where the configuration does not say. */
  get foundHttp(): HttpProtocol | undefined {
    return this.#found;
  }

  noteHttp(found: HttpProtocol): void {
    this.#found = found;
  }

  /** Endpoints are told who the client is: a connection is one client's. */
  get isTold(): boolean {
    return this.#proxyProtocol !== undefined;
  }

  async #dialHost(
    host: Host,
    offers: readonly string[],
    pending: PendingDial,
    client: Connection | undefined,
  ): Promise<UpstreamConnection> {
    const deadline = performance.now() + this.config.connectTimeoutMillis;
    let failure: Error | undefined;
    for (const address of [host.address, ...host.alternatives]) {
      try {
        return await this.#dialAddress(address, host, offers, deadline - performance.now(), pending, client);
      } catch (error) {
        failure ??= error as Error;
        if (performance.now() >= deadline) break;
      }
    }
    throw failure!;
  }

  async #dialAddress(
    address: Endpoint,
    host: Host,
    offers: readonly string[],
    timeoutMillis: number,
    pending: PendingDial,
    client: Connection | undefined,
  ): Promise<UpstreamConnection> {
    if (this.#runtime.ownAddresses.includes(address)) {
      this.counter("upstream_cx_loop_refused").value++;
      throw new TaplineError("connection", `${formatEndpoint(address)} is an address of this proxy itself`);
    }
    const tapped = this.#beginConnection(address, host.endpoint?.namespace);
    const { socket, channel } =
      this.connector === undefined
        ? dialSocket(address, this.config.bufferLimitBytes, this.config.source)
        : dialPlain(address, this.config.source);
    pending.socket = socket;
    const findLocal = () => localEndpoint(socket, address.kind === "pipe" ? "" : undefined);
    // In a tick the kernel has been asked to connect and has chosen the port: a connection that is refused had one, too.
    process.nextTick(() => {
      tapped.connection.local ??= findLocal();
      socket.once("close", this.#runtime.ownSockets.add(tapped.connection.local, address));
    });
    const timer = setTimeout(() => {
      this.counter("upstream_cx_connect_timeout").value++;
      socket.destroy(
        new TaplineError(
          "connection",
          `no connection to ${formatEndpoint(address)} within ${this.config.connectTimeoutMillis} ms`,
          { cause: Object.assign(new Error("timed out"), { code: "ETIMEDOUT" }) },
        ),
      );
    }, timeoutMillis);
    try {
      await untilConnected(socket);
      tapped.connection.local = findLocal();
      if (this.#proxyProtocol !== undefined) socket.write(writeProxyHeader(this.#proxyProtocol, endsOf(client)));
      const ready =
        channel !== undefined
          ? { channel, protocol: undefined }
          : await this.#secure(this.connector!, socket, tapped, offers, pending.serverName);
      tapped.opened();
      return { tapped, ...ready, release: () => this.counter("upstream_cx_active").value-- };
    } catch (error) {
      socket.destroy();
      this.counter("upstream_cx_connect_fail").value++;
      this.counter("upstream_cx_active").value--;
      tapped.closed("unknown");
      throw error;
    } finally {
      clearTimeout(timer);
      pending.socket = undefined;
    }
  }

  #beginConnection(address: Endpoint, namespace: string | undefined): TappedConnection {
    this.counter("upstream_cx_total").value++;
    this.counter("upstream_cx_active").value++;
    const connection: Connection = {
      id: this.#runtime.nextConnectionId(),
      transport: address.kind === "pipe" ? "pipe" : "tcp",
      local: undefined,
      remote: address,
      role: "client",
      dialled: readWallClock(),
      source: this.config.name,
      seenAt: "cluster",
      ...(namespace !== undefined && { namespace }),
    };
    return new TappedConnection(connection, this.#taps, {
      faults: this.#runtime.counters.counter(OBSERVER_FAULTS),
      readBytes: this.counter("upstream_cx_rx_bytes_total"),
      writtenBytes: this.counter("upstream_cx_tx_bytes_total"),
    });
  }

  async #secure(
    connector: TlsConnector,
    socket: Socket,
    tapped: TappedConnection,
    offers: readonly string[],
    serverName: string | undefined,
  ): Promise<Pick<UpstreamConnection, "channel" | "protocol">> {
    const started = readWallClock();
    const secured = await connector.connect(
      socket,
      tapped.connection,
      offers,
      serverName,
      this.config.autoSni?.verified,
    );
    const protocol = secured.alpnProtocol || undefined;
    const sni = connector.sniFor(serverName);
    tapped.connection.tls = {
      version: secured.getProtocol() ?? "",
      cipher: secured.getCipher().standardName,
      ...(sni === undefined ? {} : { sni }),
      ...(protocol === undefined ? {} : { alpn: protocol }),
      ...(offers.length === 0 ? {} : { alpnOffered: offers }),
      started,
      finished: readWallClock(),
      decrypted: true,
    };
    return { channel: new StreamChannel(secured), protocol };
  }
}

function findProxyProtocol(socket: UpstreamTransportSocket): 1 | 2 | undefined {
  if (socket.kind === "proxy-protocol") return socket.version;
  return socket.kind === "raw" || socket.kind === "tls" ? undefined : findProxyProtocol(socket.inner);
}

function endsOf(client: Connection | undefined): Parameters<typeof writeProxyHeader>[1] {
  const { remote: source, local: destination } = client ?? {};
  return source?.kind === "ip" && destination?.kind === "ip" ? { source, destination } : undefined;
}

/** A socket for TLS, which reads it itself. */
function dialPlain(address: Endpoint, source: ClusterConfig["source"]): { socket: Socket; channel: undefined } {
  const socket = connectSocket(connectOptions(address, source));
  socket.on("error", () => {});
  return { socket, channel: undefined };
}

function untilConnected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new TaplineError("connection", "closed while connecting"));
    socket.once("connect", () => {
      socket.off("error", reject).off("close", onClose);
      resolve();
    });
    socket.once("error", reject).once("close", onClose);
  });
}
