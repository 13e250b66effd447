import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Connection, type Endpoint, formatEndpoint, type Logger, TaplineError } from "../../model/index.ts";
import type { ClusterConfig, HttpProtocol } from "../../source/dial/cluster-config.ts";
import { connectOptions } from "../../source/dial/connect-options.ts";
import { TlsConnector } from "../../source/dial/tls-connector.ts";
import { innermost } from "../../source/dial/transport-socket.ts";
import { SparseLog } from "../../source/sparse-log.ts";

/**
 * Connects to a cluster for calls of our own: to its endpoints in turn, one an attempt, with its TLS where it has any. What taps
 * the cluster does not see it. Names are resolved by the system.
 *
 * @param protocol by ALPN's name: it is offered, and must be picked where the peer picks at all
 * @throws TaplineError `configuration` when its TLS configuration is refused
 */
export function clusterDialler(cluster: ClusterConfig, logger: Logger, protocol: HttpProtocol): () => Promise<Duplex> {
  if (cluster.endpoints.length === 0)
    throw new TaplineError("configuration", `cluster '${cluster.name}' has no endpoints of its own`, {
      place: cluster.place,
      hint: "requests name those of a dynamic forward proxy: name another cluster",
    });
  const transport = innermost(cluster.transportSocket);
  const connector = transport.kind === "tls" ? new TlsConnector(transport.tls, new SparseLog(logger)) : undefined;
  let next = 0;
  return async () => {
    const { address } = cluster.endpoints[next++ % cluster.endpoints.length]!;
    const socket = await dialAddress(address, cluster.connectTimeoutMillis);
    if (connector === undefined) return socket;
    const connection: Connection = { id: 0n, transport: "tcp", local: undefined, remote: address, role: "client" };
    const timer = setTimeout(
      () => socket.destroy(new TaplineError("connection", `no TLS handshake with ${formatEndpoint(address)} in time`)),
      cluster.connectTimeoutMillis,
    );
    try {
      const secured = await connector.connect(socket, connection, [protocol]);
      if (secured.alpnProtocol === false || secured.alpnProtocol === protocol) return secured;
      secured.destroy();
      throw new TaplineError(
        "connection",
        `${formatEndpoint(address)} does not speak ${protocol} (ALPN ${secured.alpnProtocol})`,
      );
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Connects to an address; rejects with the reason. */
export function dialAddress(address: Endpoint, timeoutMillis: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...connectOptions(address), allowHalfOpen: false });
    const timer = setTimeout(
      () =>
        socket.destroy(
          new TaplineError("connection", `no connection to ${formatEndpoint(address)} within ${timeoutMillis} ms`),
        ),
      timeoutMillis,
    );
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** For targets that no cluster says it of. */
export const DEFAULT_CONNECT_TIMEOUT_MILLIS = 5000;
