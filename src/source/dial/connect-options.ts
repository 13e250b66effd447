import type { TcpSocketConnectOpts } from "node:net";
import type { Endpoint } from "../../model/index.ts";

/** Every socket that Tapline dials is made with these options. */
export function connectOptions(
  endpoint: Endpoint,
  source?: { readonly address: string; readonly port: number },
): TcpSocketConnectOpts {
  const common = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_DELAY_MILLIS,
  };
  if (endpoint.kind === "pipe") return { ...common, path: pipePath(endpoint.path) } as unknown as TcpSocketConnectOpts;
  return {
    ...common,
    host: endpoint.address,
    port: endpoint.port,
    ...(source !== undefined && { localAddress: source.address, ...(source.port !== 0 && { localPort: source.port }) }),
  };
}

/** `@name` is Linux's abstract socket `name`, which Node writes with a leading NUL. */
export function pipePath(path: string): string {
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}

/** Probes of a silent peer begin after this long. */
export const KEEP_ALIVE_DELAY_MILLIS = 60_000;
