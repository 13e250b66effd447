import type { Socket } from "node:net";
import { formatEndpoint, type Logger, TaplineError } from "../../model/index.ts";
import type { ClusterConfig } from "../../source/dial/cluster-config.ts";
import type { BackendConfig } from "../../tap/config/trace-exporter-config.ts";
import { clusterDialler } from "../grpc/dial-cluster.ts";

/** How connections to a backend are made. */
export interface BackendDial {
  readonly origin: string;
  /** Makes a connection, for a backend that is a cluster; absent: as the origin says. */
  readonly connect?: (options: unknown, done: (...result: [null, Socket] | [Error, null]) => void) => void;
  /** For `https:` origins. */
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
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
  return {
    origin: `http://${/^[\w.-]+$/.test(backend.name) ? backend.name.replaceAll("_", "-") : "backend"}`,
    connect: (_options, done) => {
      dial().then(
        (socket) => done(null, socket as Socket),
        (error) => done(error as Error, null),
      );
    },
  };
}

/** Names a backend in messages. */
export function describeBackend(backend: BackendConfig, clusters: readonly ClusterConfig[]): string {
  if (backend.kind === "url") return backend.url;
  const endpoints = clusters.find(({ name }) => name === backend.name)?.endpoints ?? [];
  return `${backend.name} (${endpoints.map(({ address }) => formatEndpoint(address)).join(", ")})`;
}

function dialUrl({ url, tls }: BackendConfig & { kind: "url" }): BackendDial {
  const { origin } = new URL(url);
  if (tls === undefined) return { origin };
  const { ca, certificate, key } = tls;
  if ((certificate === undefined) !== (key === undefined))
    throw new TaplineError("configuration", "a client certificate needs its key, and a key its certificate");
  return {
    origin,
    tls: {
      ...(ca && { ca: Buffer.from(ca) }),
      ...(certificate && key && { cert: Buffer.from(certificate), key: Buffer.from(key) }),
    },
  };
}
