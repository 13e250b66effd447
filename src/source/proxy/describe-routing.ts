import type { ProxyConfig } from "./config/config.ts";
import { listChains } from "./config/listener/list-chains.ts";

/** How a listener's HTTP is forwarded. */
export interface RoutingDescription {
  readonly listener: string;
  readonly mode: "verbatim" | "routed";
  /** Why it is routed, by the fields that ask for it. */
  readonly reasons: readonly string[];
  /** Clients that speak another HTTP than the cluster are routed all the same. */
  readonly bridges: boolean;
}

/** Lists the HTTP connection managers of a configuration: what is forwarded as it is, and what is made anew. */
export function describeRouting({ listeners }: Pick<ProxyConfig, "listeners">): RoutingDescription[] {
  return listeners
    .filter(({ additional }) => additional === undefined)
    .flatMap((listener) =>
      listChains(listener).flatMap(({ networkFilter }): RoutingDescription[] => {
        if (networkFilter.kind === "tcp-proxy") return [];
        const { routing } = networkFilter;
        return routing.mode === "routed"
          ? [{ listener: listener.name, mode: routing.mode, reasons: routing.reasons, bridges: false }]
          : [{ listener: listener.name, mode: routing.mode, reasons: [], bridges: routing.bridges }];
      }),
    );
}

/** `front: routed (2 routes), other: verbatim`. */
export function formatRouting(descriptions: readonly RoutingDescription[]): string {
  return descriptions
    .map(({ listener, mode, reasons, bridges }) => {
      if (mode === "routed") return `${listener}: routed (${[...new Set(reasons)].join(", ")})`;
      return `${listener}: verbatim${bridges ? ", routed for clients of another HTTP than the cluster's" : ""}`;
    })
    .join("; ");
}
