import type { Place } from "../../model/index.ts";
import type { TransportSocketConfig } from "../../source/dial/transport-socket.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import { listChains } from "../../source/proxy/config/listener/list-chains.ts";
import type { TapKind } from "../../tap/config/tap-site.ts";

/** A tap that waits for a request to `/tap` (`admin_config`). */
export interface TapOnDemand {
  readonly configId: string;
  readonly kind: TapKind;
  /** The listener or the cluster that it is in. */
  readonly place: Place;
}

export function listTapsOnDemand({ listeners, clusters }: ProxyConfig): TapOnDemand[] {
  const taps: TapOnDemand[] = [];
  for (const listener of listeners)
    for (const { transportSocket, networkFilter } of listChains(listener)) {
      const { place } = listener;
      taps.push(...ofSocket(transportSocket, place));
      if (networkFilter.kind !== "http-connection-manager") continue;
      for (const { common } of networkFilter.httpTaps)
        if (common.kind === "admin") taps.push({ configId: common.configId, kind: "http", place });
    }
  for (const { transportSocket, place } of clusters) taps.push(...ofSocket(transportSocket, place));
  return taps;
}

function ofSocket(socket: TransportSocketConfig<unknown>, place: Place): TapOnDemand[] {
  if (socket.kind === "raw" || socket.kind === "tls") return [];
  const inner = ofSocket(socket.inner, place);
  if (socket.kind !== "tap" || socket.config.common.kind !== "admin") return inner;
  return [{ configId: socket.config.common.configId, kind: "socket", place }, ...inner];
}
