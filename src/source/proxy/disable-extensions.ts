import { TaplineError } from "../../model/index.ts";
import type { ProxyConfig, TransportSocketConfig } from "./config/config.ts";

/** What can be switched off: the transport sockets that record traffic. */
const EXTENSIONS: Readonly<Record<string, "tap" | "capture">> = {
  "envoy.transport_sockets.tap": "tap",
  "envoy.transport_sockets.capture": "capture",
  tap: "tap",
  capture: "capture",
};

/**
 * Takes the named extensions out of a configuration: their sockets are left out and what they wrap stays, so that the traffic
 * goes on and nothing of it is recorded, whatever the configuration says.
 *
 * @param names full names (`envoy.transport_sockets.tap`) or short ones (`tap`)
 * @throws TaplineError `usage` for a name that is not known: a misspelt one would leave recording on
 */
export function disableExtensions(config: ProxyConfig, names: readonly string[]): ProxyConfig {
  const disabled = new Set(names.map(kindOf));
  if (disabled.size === 0) return config;
  return {
    ...config,
    listeners: config.listeners.map((listener) => ({
      ...listener,
      filterChain: {
        ...listener.filterChain,
        transportSocket: unwrap(listener.filterChain.transportSocket, disabled),
      },
    })),
    clusters: config.clusters.map((cluster) => ({
      ...cluster,
      transportSocket: unwrap(cluster.transportSocket, disabled),
    })),
  };
}

function kindOf(name: string): "tap" | "capture" {
  const kind = EXTENSIONS[name];
  if (kind !== undefined) return kind;
  throw new TaplineError("usage", `there is no extension '${name}' that could be disabled`, {
    hint: `known are ${Object.keys(EXTENSIONS).join(", ")}`,
  });
}

function unwrap<Tls>(socket: TransportSocketConfig<Tls>, disabled: ReadonlySet<string>): TransportSocketConfig<Tls> {
  if (socket.kind === "raw" || socket.kind === "tls") return socket;
  const inner = unwrap(socket.inner, disabled);
  return disabled.has(socket.kind) ? inner : { ...socket, inner };
}
