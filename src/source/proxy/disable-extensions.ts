import { TaplineError } from "../../model/index.ts";
import type { TransportSocketConfig } from "../dial/transport-socket.ts";
import type { FilterChainConfig, NetworkFilterConfig, ProxyConfig } from "./config/config.ts";

/** Extensions that can be switched off: everything that records traffic. `tap` is both taps. */
const EXTENSIONS: Readonly<Record<string, readonly Extension[]>> = {
  "envoy.transport_sockets.tap": ["tap"],
  "envoy.transport_sockets.capture": ["capture"],
  "envoy.filters.http.tap": ["http-tap"],
  tap: ["tap", "http-tap"],
  capture: ["capture"],
  "envoy.filters.http.wasm": ["exporter"],
  "tapline.filters.http.trace_exporter": ["exporter"],
  exporter: ["exporter"],
};

/** The names that `--disable-extension` takes. */
export const DISABLED_NAMES: readonly string[] = Object.keys(EXTENSIONS);

type Extension = "tap" | "capture" | "http-tap" | "exporter";

/**
 * Takes the named extensions out of a configuration: their sockets and filters are left out and what they wrap stays, so that the traffic
 * goes on and nothing of it is recorded, whatever the configuration says.
 *
 * @param names full names (`envoy.transport_sockets.tap`) or short ones (`tap`)
 * @throws TaplineError `usage` for a name that is not known: a misspelt one would leave recording on
 */
export function disableExtensions(config: ProxyConfig, names: readonly string[]): ProxyConfig {
  const disabled = new Set(names.flatMap(extensionsOf));
  if (disabled.size === 0) return config;
  return {
    ...config,
    listeners: config.listeners.map((listener) => ({
      ...listener,
      filterChains: listener.filterChains.map((chain) => disableIn(chain, disabled)),
      ...(listener.defaultFilterChain !== undefined && {
        defaultFilterChain: disableIn(listener.defaultFilterChain, disabled),
      }),
    })),
    clusters: config.clusters.map((cluster) => ({
      ...cluster,
      transportSocket: unwrap(cluster.transportSocket, disabled),
    })),
  };
}

function disableIn(chain: FilterChainConfig, disabled: ReadonlySet<string>): FilterChainConfig {
  return {
    ...chain,
    transportSocket: unwrap(chain.transportSocket, disabled),
    networkFilter: removeHttpFilters(chain.networkFilter, disabled),
  };
}

function extensionsOf(name: string): readonly Extension[] {
  const extensions = EXTENSIONS[name];
  if (extensions !== undefined) return extensions;
  throw new TaplineError("usage", `--disable-extension ${name}: nothing of that name records`, {
    hint: `expected one of ${DISABLED_NAMES.join(", ")}`,
  });
}

function removeHttpFilters(filter: NetworkFilterConfig, disabled: ReadonlySet<string>): NetworkFilterConfig {
  if (filter.kind === "tcp-proxy") return filter;
  return {
    ...filter,
    ...(disabled.has("http-tap") && { httpTaps: [] }),
    ...(disabled.has("exporter") && { exporters: [] }),
  };
}

function unwrap<Tls>(socket: TransportSocketConfig<Tls>, disabled: ReadonlySet<string>): TransportSocketConfig<Tls> {
  if (socket.kind === "raw" || socket.kind === "tls") return socket;
  const inner = unwrap(socket.inner, disabled);
  return disabled.has(socket.kind) ? inner : { ...socket, inner };
}
