import { TaplineError } from "../../model/index.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import { listTapsOnDemand } from "./taps-on-demand.ts";

/** @throws TaplineError (`configuration`) where several processes cannot run it */
export function refuseSharing(config: ProxyConfig): void {
  const shared = config.listeners.find(({ address }) => address.kind === "pipe" || address.port === 0);
  if (shared !== undefined)
    throw new TaplineError("configuration", "a Unix socket or port 0 cannot be shared by several processes", {
      place: shared.place,
      hint: "give the listener a port, or leave --concurrency out",
    });
  const [onDemand] = listTapsOnDemand(config);
  if (onDemand !== undefined)
    throw new TaplineError("configuration", "several processes cannot be tapped on demand (admin_config)", {
      place: onDemand.place,
      hint: "use static_config, or leave --concurrency out",
    });
}
