import { connect, isIP, type TcpNetConnectOpts } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { formatEndpoint, type Logger, TaplineError } from "../../model/index.ts";
import type { ClusterConfig } from "../../source/dial/cluster-config.ts";
import { KEEP_ALIVE_DELAY_MILLIS } from "../../source/dial/connect-options.ts";
import type { BackendConfig } from "../../tap/config/trace-exporter-config.ts";
import { clusterDialler } from "../grpc/dial-cluster.ts";

/** How connections to a backend are made. */
export interface BackendDial {
  /** Resolves with a connection whose bytes go to `received`, which borrows them; rejects with the reason that there is none. */
  readonly connect: (received: (bytes: Uint8Array) => void) => Promise<Duplex>;
}

/**
 * @param clusters those that a backend may name
 * @throws TaplineError `configuration` where its TLS configuration is refused
 */
export function dialBackend(backend: BackendConfig, clusters: readonly ClusterConfig[], logger: Logger): BackendDial {
  if (backend.kind === "url") return dialUrl(backend);
  const cluster = clusters.find(({ name }) => name === backend.name);
  if (cluster === undefined) throw new Error(`the configuration was read with a cluster '${backend.name}'`);
  const dial = clusterDialler(cluster, logger, "http/1.1");
  return { connect: async (received) => (await dial()).on("data", received).resume() };
}

/** Names a backend in messages. */
export function describeBackend(backend: BackendConfig, clusters: readonly ClusterConfig[]): string {
  if (backend.kind === "url") return backend.url;
  const endpoints = clusters.find(({ name }) => name === backend.name)?.endpoints ?? [];
  return `${backend.name} (${endpoints.map(({ address }) => formatEndpoint(address)).join(", ")})`;
}

function dialUrl({ url, tls }: BackendConfig & { kind: "url" }): BackendDial {
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const options = {
    host,
    port: Number(port || (isTls ? 443 : 80)),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MILLIS,
  };
  if (!isTls) return { connect: (received) => dialPlain(options, received) };
  const { ca, certificate, key } = tls ?? {};
  if ((certificate === undefined) !== (key === undefined))
    throw new TaplineError("configuration", "a client certificate needs its key, and a key its certificate");
  const secure = {
    ALPNProtocols: ["http/1.1"],
    // An address is no name (RFC 6066 section 3).
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca && { ca: Buffer.from(ca) }),
    ...(certificate && key && { cert: Buffer.from(certificate), key: Buffer.from(key) }),
  };
  return {
    connect: (received) =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ ...options, ...secure }, () => {
          socket.off("error", reject);
          resolve(socket.on("data", received));
        });
        socket.once("error", reject);
      }),
  };
}

/** Reads go past the streams: that is a sixth of what a report costs. */
function dialPlain(options: TcpNetConnectOpts, received: (bytes: Uint8Array) => void): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const onread = {
      buffer: READ_BUFFER,
      callback: (size: number) => {
        received(READ_BUFFER.subarray(0, size));
        return true;
      },
    };
    const socket = connect({ ...options, onread }, () => {
      socket.off("error", reject);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** Shared: what is received is borrowed. */
const READ_BUFFER = Buffer.alloc(16 * 1024);
